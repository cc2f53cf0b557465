;;; hotdev.el --- hotdev for lsp-mode, eglot and dape  -*- lexical-binding: t -*-

;; In the init file: (load "/path/to/hotdev/extensions/emacs/hotdev.el").
;; It needs `hotdev' in `exec-path', and loads none of the packages itself.

;;; Code:

;; lsp-mode: beside gopls, as an add-on.
(with-eval-after-load 'lsp-mode
  (lsp-register-client
   (make-lsp-client
    :new-connection (lsp-stdio-connection '("hotdev" "lsp"))
    :activation-fn (lsp-activate-on "go" "go.mod")
    :server-id 'hotdev
    :add-on? t)))

;; eglot: it has one server for a mode, so this takes the place of gopls.
(defun hotdev-eglot ()
  "Let eglot use hotdev for Go instead of gopls."
  (with-eval-after-load 'eglot
    (add-to-list 'eglot-server-programs '((go-mode go-ts-mode) "hotdev" "lsp"))))

(defun hotdev-command (name)
  "Run hotdev's command NAME, such as \"start\", in this file's workspace."
  (interactive
   (list (completing-read "hotdev: " '("start" "stop" "reload" "rollback" "status" "routes" "history") nil t)))
  (let ((command (concat "hotdev." name)))
    (if (bound-and-true-p lsp-mode)
        (lsp-send-execute-command command)
      (eglot-execute-command (eglot-current-server) (intern command) []))))

;; dape (Emacs 29): M-x dape, then hotdev.
(with-eval-after-load 'dape
  (add-to-list 'dape-configs
               '(hotdev
                 modes (go-mode go-ts-mode)
                 command "hotdev"
                 command-args ("dap")
                 command-cwd dape-command-cwd
                 :type "hotdev"
                 :request "attach")))

(provide 'hotdev)
;;; hotdev.el ends here
