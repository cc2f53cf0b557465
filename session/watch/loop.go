package watch

import "time"

// loop is the one goroutine that touches the tree. Its timers run only while
// something is pending or polled: at rest it sleeps without a deadline.
func (w *Watcher) loop(t *tree) {
	defer close(w.done)
	defer close(w.problems)
	defer close(w.batches)
	pumped := make(chan struct{})
	if t.notify != nil {
		go func() {
			defer close(pumped)
			pump(t.notify, w.inbox, t.log)
		}()
		defer func() {
			w.closeErr = t.notify.Close()
			<-pumped
		}()
	}

	var (
		burst    burst
		expected = &expectation{}
		written  expectation       // what Written told of, of what is pending
		met      map[string][]byte // what is pending, if that was expected
		poller   poller
		settle   = stoppedTimer()
		poll     = stoppedTimer()
	)
	defer settle.Stop()
	defer poll.Stop()

	// pend has what may have changed between first and last settle.
	pend := func(first, last time.Time, least time.Duration) {
		burst.event(first, last, least)
		if met = expected.met(t); met != nil || written.met(t) != nil {
			burst.over()
		}
		settle.Reset(time.Until(burst.due()))
	}
	// drain looks at what the inbox holds.
	drain := func() {
		m := w.inbox.take()
		if m.expected != nil {
			expected = m.expected
		}
		for _, files := range m.written.sets {
			written.add(files, m.written.more)
		}
		if !m.first.IsZero() && t.receive(m) {
			pend(m.first, m.last, quietMin)
		}
	}
	for {
		var (
			batches  chan<- Batch
			batch    Batch
			problems chan<- Problem
			problem  Problem
		)
		if t.hasBatch() {
			batches, batch = w.batches, t.batch()
		}
		if len(t.problems) > 0 {
			problems, problem = w.problems, t.problems[0]
		}
		poller.schedule(poll, t.polled)

		select {
		case <-w.inbox.signal:
			drain()
		case r := <-w.retarget:
			if now := time.Now(); t.retarget(r.graph) {
				pend(now, now, quietMin)
			}
			poller.changed()
			close(r.applied)
		case <-settle.C:
			drain() // what came while the timer fired belongs to this batch
			if wait := t.unsettled(&burst, time.Now()); wait > 0 {
				settle.Reset(wait)
				break
			}
			t.settle(burst.first, met)
			burst.flushed()
			written = expectation{}
		case <-poll.C:
			began := time.Now()
			if poller.sweep(t) {
				pend(began, time.Now(), quietPoll)
			}
		case batches <- batch:
			t.delivered()
		case problems <- problem:
			t.problems = t.problems[1:]
		case <-w.quit:
			return
		}
	}
}

// unsettled says how much longer to wait before the pending changes make a
// batch; 0 when they do now.
func (t *tree) unsettled(b *burst, now time.Time) time.Duration {
	if wait := b.due().Sub(now); wait > 0 {
		return wait
	}
	held := now.Sub(b.first)
	if wait := b.last.Add(halfSave).Sub(now); wait > 0 && held < maxHold && t.halfSaved() {
		return wait
	}
	waits := len(t.dirty) <= gitFew && now.Sub(b.last) >= gitIdle
	atWork := held < maxGitHold && !waits && gitAtWork(t.gitDirs, b.first.Add(-gitLockLead))
	if atWork || b.git { // once more after git has ended: its last events may be under way
		b.git = atWork
		return max(b.quiet, halfSave)
	}
	return 0
}

// stoppedTimer returns a timer that fires only after a Reset.
func stoppedTimer() *time.Timer {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return timer
}
