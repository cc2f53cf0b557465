package watch

import (
	"errors"
	"fmt"
	"syscall"
)

// noNotifier tells that the system gave no event source at all.
func noNotifier(err error) Problem {
	p := Problem{
		Message: fmt.Sprintf("the system gives no source of file events (%v): files are polled instead, so saves are noticed later", err),
		Mend:    `set [watch] poll = "always" in hotdev.toml if this is to stay`,
	}
	if isLimit(err) {
		p.Mend = instancesMend()
	}
	return p
}

// noWatches tells that n of total directories can't be watched.
func noWatches(err error, dir string, n, total int, polled bool) Problem {
	instead := "polled instead, so saves in them are noticed later"
	if !polled {
		instead = `not watched at all, because [watch] poll = "never"`
	}
	p := Problem{
		Message: fmt.Sprintf("%d of %d directories can't be watched, and are %s; the first is %s: %v", n, total, instead, dir, err),
		Mend:    `mend the cause, or set [watch] poll = "always" in hotdev.toml`,
	}
	if isLimit(err) {
		p.Mend = watchesMend()
	}
	return p
}

// isLimit reports whether err is that of a system limit: ENOSPC is
// inotify_add_watch(2)'s for max_user_watches, EMFILE inotify_init(2)'s for
// max_user_instances and kqueue's for open files.
func isLimit(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}
