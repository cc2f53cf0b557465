;;; lspmode-test.el --- drives lsp-mode with gopls and hotdev  -*- lexical-binding: t -*-
;; emacs -Q --batch -l lspmode-test.el, with FILE, a Go file of a workspace, and
;; BASE, a folder for lsp-mode's own files.
(require 'package)
(add-to-list 'package-directory-list "/usr/share/emacs/site-lisp/elpa")
(package-initialize)
(define-derived-mode go-mode prog-mode "Go") ; as the package go-mode calls it
(add-to-list 'auto-mode-alist '("\\.go\\'" . go-mode))
(setq lsp-session-file (expand-file-name "lsp-session" (getenv "BASE"))
      lsp-auto-guess-root t lsp-enable-file-watchers nil lsp-enable-snippet nil
      lsp-warn-no-matched-clients nil lsp-diagnostics-provider :none lsp-restart 'ignore
      lsp-client-packages '(lsp-go))
(require 'lsp-mode)
(load (expand-file-name "hotdev.el" (file-name-directory load-file-name)))

(defun within (what condition)
  "Wait until CONDITION holds, and say WHAT was there."
  (let ((end (+ (float-time) 240)))
    (while (not (funcall condition))
      (when (> (float-time) end) (error "not ok - %s" what))
      (accept-process-output nil 0.05)))
  (princ (format "ok - %s\n" what)))

(defun sources (text)
  "The servers whose diagnostics of the file contain TEXT."
  (let (found)
    (maphash
     (lambda (_ list)
       (dolist (d list)
         (when (string-match-p (regexp-quote text) (lsp-get d :message))
           (push (lsp-get d :source) found))))
     (lsp-diagnostics t))
    found))

(find-file (getenv "FILE"))
(lsp-workspace-folders-add (locate-dominating-file buffer-file-name "go.mod"))
(lsp)
(within "gopls and hotdev serve the file side by side"
        (lambda () (and (= (length (lsp-workspaces)) 2)
                        (seq-every-p (lambda (w) (eq (lsp--workspace-status w) 'initialized)) (lsp-workspaces)))))
(hotdev-command "start")
(within "a command of hotdev's, not of gopls's, starts the app"
        (lambda () (zerop (call-process-shell-command "hotdev status --json | grep -q '\"state\":\"running\"'"))))
(goto-char (point-min))
(search-forward "greeting = \"hello\"")
(replace-match "greeting = nowhere" t t)
(let ((inhibit-message t)) (save-buffer))
(within "hotdev says what is wrong" (lambda () (member "hotdev" (sources "undefined: nowhere"))))
(within "so does gopls" (lambda () (member "compiler" (sources "undefined: nowhere"))))
(setq kill-emacs-hook nil)
