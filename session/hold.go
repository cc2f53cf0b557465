package session

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/hotdev/hotdev/session/graph"
	"github.com/hotdev/hotdev/session/watch"
)

// Hold withholds saves, once it has returned, until release is called: they are
// applied by Apply, by the next build that is asked for, or with the next save
// that is not withheld. Of several holds each alone suffices. Changes of the
// configuration are applied at once in any case.
func (s *Session) Hold(ctx context.Context) (release func(), err error) {
	release, inForce := s.BeginHold(ctx)
	if _, err := inForce(ctx); err != nil {
		release() // it may come into force after all
		return nil, err
	}
	return release, nil
}

// BeginHold begins what Hold does. release may be called at once.
func (s *Session) BeginHold(ctx context.Context) (release func(), inForce Answer[struct{}]) {
	done := make(chan struct{}, 1)
	if err := s.send(ctx, holdRequested{done}); err != nil {
		return func() {}, func(context.Context) (struct{}, error) { return struct{}{}, err }
	}
	release = sync.OnceFunc(func() { s.post(released{}) })
	return release, func(ctx context.Context) (struct{}, error) { return await(ctx, s, done) }
}

// Apply applies what is withheld, and the saves of files, which an editor has
// just written.
func (s *Session) Apply(files ...string) { s.post(applyRequested{files}) }

// HoldStatus says what becomes of saves.
type HoldStatus struct {
	Holds    int // saves are withheld while there is one
	Withheld int // files that were saved and not applied
}

// withheld are changes of files that wait to be applied, by path.
type withheld map[string]watch.Change

// sift returns what is to be applied now that a batch has come, with what was
// withheld before; the rest is withheld.
func (l *loop) sift(b watch.Batch) []watch.Change {
	if l.holds == 0 || b.Flushed {
		for _, c := range b.Changes {
			l.withheld[c.Path] = c
		}
		return l.takeWithheld()
	}
	var now []watch.Change
	for _, c := range b.Changes {
		if c.Class == graph.Config {
			now = append(now, c)
		} else {
			l.withheld[c.Path] = c
		}
	}
	return now
}

// takeWithheld returns what was withheld, by path, which from now on is not.
func (l *loop) takeWithheld() []watch.Change {
	var changes []watch.Change
	for _, path := range slices.Sorted(maps.Keys(l.withheld)) {
		changes = append(changes, l.withheld[path])
	}
	clear(l.withheld)
	return changes
}

// count is the number of files whose changes would be applied.
func (w withheld) count() int {
	n := 0
	for _, c := range w {
		if applies(c.Class) {
			n++
		}
	}
	return n
}

// sentence says what waits; "" for nothing.
func (s HoldStatus) sentence() string {
	switch s.Withheld {
	case 0:
		return ""
	case 1:
		return "1 saved file waits for a reload"
	default:
		return fmt.Sprintf("%d saved files wait for a reload", s.Withheld)
	}
}
