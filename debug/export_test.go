package debug

// ByParent makes r, which has started nothing yet, believe that only ancestors
// may attach to a process.
func (r *Runner) ByParent() { r.byParent = true }
