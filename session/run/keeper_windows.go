package run

// keeper is what makes sure that trees end with this process. On Windows their
// job objects do, so nothing is left to keep.
type keeper struct{}

func newKeeper(Options, string) (*keeper, error) { return &keeper{}, nil }

func (k *keeper) ensure() error      { return nil }
func (k *keeper) record(*tree) error { return nil }
func (k *keeper) close() error       { return nil }

// Helper runs one of this package's hidden commands if args (without the
// program's name) ask for it, and returns the exit code. There are none on
// Windows; elsewhere there is a guard.
func Helper([]string) (handled bool, code int) { return false, 0 }

// Reap kills what a killed process left. On Windows nothing is.
func Reap(string) (killed int, err error) { return 0, nil }
