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
  "Run hotdev's command NAME, such as \"start\", in this file's workspace.
It may take as long as a build: its outcome is told when it is there."
  (interactive
   (list (completing-read "hotdev: " '("start" "stop" "reload" "rollback" "status" "routes" "history") nil t)))
  (let ((params (list :command (concat "hotdev." name) :arguments []))
        (done (lambda (_) (message "hotdev: %s: done" name)))
        (failed (lambda (err) (message "hotdev: %s: %s" name (hotdev--reason err)))))
    (if (bound-and-true-p lsp-mode)
        (with-lsp-workspace (or (lsp-find-workspace 'hotdev) (user-error "hotdev does not serve this file"))
          (lsp-request-async "workspace/executeCommand" params done :mode 'detached :error-handler failed))
      (jsonrpc-async-request (or (eglot-current-server) (user-error "No server serves this file"))
                             :workspace/executeCommand params
                             :success-fn done :error-fn failed :timeout nil))))

(defun hotdev--reason (err)
  "What the error ERR of a request says, a plist of eglot's or a table of lsp-mode's."
  (if (hash-table-p err) (gethash "message" err) (plist-get err :message)))

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
