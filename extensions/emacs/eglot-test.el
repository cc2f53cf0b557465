;;; eglot-test.el --- drives eglot with hotdev  -*- lexical-binding: t -*-
;; emacs -Q --batch -l eglot-test.el, with FILE, a Go file of a workspace.
;; Prints "ok - …" lines; an error ends it.
(when (< emacs-major-version 29)
  (require 'package)
  (add-to-list 'package-directory-list "/usr/share/emacs/site-lisp/elpa")
  (package-initialize))
(define-derived-mode go-mode prog-mode "Go") ; as the package go-mode calls it
(add-to-list 'auto-mode-alist '("\\.go\\'" . go-mode))
(load (expand-file-name "hotdev.el" (file-name-directory load-file-name)))
(hotdev-eglot)
(require 'eglot)
(setq eglot-sync-connect 240 eglot-autoshutdown nil)

(defun within (what condition)
  "Wait until CONDITION holds, and say WHAT was there."
  (let ((end (+ (float-time) 240)))
    (while (not (funcall condition))
      (when (> (float-time) end) (error "not ok - %s" what))
      (accept-process-output nil 0.05)))
  (princ (format "ok - %s\n" what)))

(defun diagnostics (text)
  (seq-filter (lambda (d) (string-match-p (regexp-quote text) (flymake-diagnostic-text d))) (flymake-diagnostics)))

(defun change (old new)
  (goto-char (point-min))
  (search-forward old)
  (replace-match new t t)
  (let ((inhibit-message t)) (save-buffer)))

(find-file (getenv "FILE"))
(apply #'eglot--connect (eglot--guess-contact))
(flymake-mode 1)
(flymake-start nil)
(hotdev-command "start")
(within "a command of the server starts the app"
        (lambda () (zerop (call-process-shell-command "hotdev status --json | grep -q '\"state\":\"running\"'"))))
(change "greeting = \"hello\"" "greeting = nowhere")
(within "the error is a diagnostic" (lambda () (diagnostics "undefined: nowhere")))
(let ((d (car (diagnostics "undefined: nowhere"))))
  (goto-char (flymake-diagnostic-beg d))
  (unless (looking-at "nowhere") (error "not ok - it is at the wrong place")))
(change "greeting = nowhere" "greeting = \"good day\"")
(within "it goes with its cause" (lambda () (not (diagnostics "undefined: nowhere"))))
(eglot-shutdown (eglot-current-server))
