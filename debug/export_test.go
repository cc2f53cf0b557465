package debug

// ByParent makes r, which has started nothing yet, believe that only ancestors
// may attach to a process.
func (r *Runner) ByParent() { r.byParent = true }

// Spare returns the process ID of the host that waits for the next app; 0 if there is
// none yet.
func (r *Runner) Spare() (pid int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.spare.host == nil {
		return 0
	}
	return r.spare.host.proc.PID()
}
