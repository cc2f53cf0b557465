package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// untilSignal returns a context that ends at the first SIGINT, SIGTERM or
// SIGHUP, unless that signal was ignored when hotdev was started (nohup). The
// second one ends the process at once, and with it the app. stop releases what
// it holds.
func untilSignal(ctx context.Context) (_ context.Context, stop func()) {
	var wanted []os.Signal
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			wanted = append(wanted, s)
		}
	}
	if len(wanted) == 0 { // Notify would take no signals for all
		return ctx, func() {}
	}
	ctx, stop = signal.NotifyContext(ctx, wanted...)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

// survivePipes makes a write to a closed standard stream an error instead of
// the end of the process (os/signal, SIGPIPE), so that the app is stopped in
// order.
func survivePipes() (stop func()) {
	pipes := make(chan os.Signal, 1)
	signal.Notify(pipes, syscall.SIGPIPE)
	return func() { signal.Stop(pipes) }
}
