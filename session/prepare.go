package session

import (
	"bytes"
	"context"
	"maps"

	"github.com/hotdev/hotdev/session/config"
	"github.com/hotdev/hotdev/session/target"
)

// prepare makes a process of a program that was built ahead, of files, wait for their
// save. It runs nothing of the program before.
func (l *loop) prepare(bin target.Binary, files map[string][]byte) {
	if l.door.mode == portFromEnv { // its port is chosen by the start
		return
	}
	ctx, cancel := context.WithCancel(l.ctx)
	l.ahead.unready = cancel
	c, debug, moved := l.config, l.debugging(&bin), l.door.mode == portsMoved
	l.tasks.Go(func() {
		env, err := config.Environ(c, l.s.opt.Environ)
		if err != nil {
			return // the start tells
		}
		spec := newSpec(c, bin, env)
		spec.Debug = debug
		spec.Stdin, spec.Stdout, spec.Stderr = new(bytes.Buffer), new(bytes.Buffer), new(bytes.Buffer)
		if moved {
			spec.Ports = &target.Ports{}
		}
		letGo, err := l.s.opt.Runner.Prepare(ctx, spec)
		if err != nil {
			l.s.opt.Logger.Debug("no process waits for the save", "err", err)
			return
		}
		l.s.post(prepared{ctx, files, letGo})
	})
}

// onPrepared takes a process that waits, unless it was given up since.
func (l *loop) onPrepared(e prepared) {
	if e.ctx.Err() == nil {
		l.ahead.prepared = e
		l.s.opt.Logger.Debug("a process waits for the save")
	}
}

// unprepare ends the process that waits, or was let go and is not to be started.
func (l *loop) unprepare() {
	if l.ahead.unready != nil {
		l.ahead.unready()
	}
	l.ahead.unready, l.ahead.prepared = nil, prepared{}
}

// letGo lets the process run that waits for the save of files, beside the build that
// finds out whether that is the program to be started, which is all but certain.
// Neither requests nor anybody else see it before. It has to wait for the build if
// something else comes first.
func (l *loop) letGo(files map[string][]byte) {
	p := l.ahead.prepared
	switch {
	case p.letGo == nil || !maps.EqualFunc(p.files, files, bytes.Equal):
	case !l.want || l.work != nil || l.moving != nil || l.starting != nil:
	case l.debugged(), l.debug.State == DebugPaused, len(l.config.Run.Before) > 0:
	case l.door.mode != portsMoved || l.exclusive() != "" || l.app != nil && !l.sideBySide(l.app):
	default:
		p.letGo()
		l.beQuiet()
	}
}
