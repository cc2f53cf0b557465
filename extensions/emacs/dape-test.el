;;; dape-test.el --- drives dape with hotdev  -*- lexical-binding: t -*-
;; emacs-dape -Q --batch -l dape-test.el, with FILE, the demo's api.go in a workspace;
;; URL, where the demo greets; and BASE, a folder for its answers.
(define-derived-mode go-mode prog-mode "Go") ; as the package go-mode calls it
(add-to-list 'auto-mode-alist '("\\.go\\'" . go-mode))
(load (expand-file-name "hotdev.el" (file-name-directory load-file-name)))
(require 'dape)
(setq dape-start-hook nil dape-stopped-hook nil dape-update-ui-hook nil dape-display-source-hook nil
      dape-inlay-hints nil dape-request-timeout 240)

(defun within (what condition)
  "Wait until CONDITION holds, and say WHAT was there."
  (let ((end (+ (float-time) 240)) value)
    (while (not (setq value (funcall condition)))
      (when (> (float-time) end) (error "not ok - %s" what))
      (accept-process-output nil 0.05))
    (princ (format "ok - %s\n" what))
    value))

(defun at (text)
  "Go to the first line that has TEXT, and return its number."
  (goto-char (point-min))
  (search-forward text)
  (beginning-of-line)
  (line-number-at-pos))

(defun swaps ()
  "How many versions have taken over so far."
  (string-to-number (shell-command-to-string "hotdev history --json | grep -c '\"outcome\":\"swapped\"'")))

(defun stopped () (dape--live-connection 'stopped t))

(defun stop-and-go (name)
  "Ask the app as NAME, wait for the stop at its breakpoint, and let it go on."
  (let ((answer (expand-file-name name (getenv "BASE"))))
    (start-process "ask" nil "curl" "-s" "-o" answer (format "%s?name=%s" (getenv "URL") name))
    (let ((line (at "c.JSON(http.StatusOK, gin.H{\"message\""))
          (frame (within (format "it stops for %s" name)
                         (lambda () (and (stopped) (dape--current-stack-frame (stopped)))))))
      (unless (= line (plist-get frame :line)) (error "not ok - it stands at line %s, not %s" (plist-get frame :line) line)))
    (dape-continue (stopped))
    (within (format "%s has its answer" name) (lambda () (file-exists-p answer)))))

(find-file (getenv "FILE"))
(at "c.JSON(http.StatusOK, gin.H{\"message\"")
(dape-breakpoint-toggle)
(dape (dape--config-eval 'hotdev '(:request "launch")))
(within "it starts the app, with the breakpoint in it"
        (lambda () (zerop (call-process-shell-command "hotdev break list --json | grep -q '\"verified\":true'"))))
(let ((session dape--connection) (before (swaps)))
  (stop-and-go "one")
  (at "const greeting")
  (insert "// One more line.\n")
  (let ((inhibit-message t)) (save-buffer))
  (within "a save is a new version" (lambda () (> (swaps) before)))
  (stop-and-go "two")
  (unless (eq session dape--connection) (error "not ok - the session is another one")))
(dape-disconnect-quit dape--connection)
(within "the session has ended" (lambda () (not (dape--live-connection 'parent t))))
