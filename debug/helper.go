package debug

// Helper runs this package's hidden command, the host, if args (without the
// program's name) ask for it, and returns the exit code. The main function of
// Options.Exe calls it before it does anything else.
func Helper(args []string) (handled bool, code int) { return false, 0 }
