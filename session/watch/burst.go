package watch

import "time"

const (
	quietMin    = 10 * time.Millisecond  // a lone save waits this long
	quietMax    = 250 * time.Millisecond // a long burst has settled after this much quiet
	quietPoll   = 75 * time.Millisecond  // the least for what polling found: longer than pollMin, so that one more look comes first
	burstGap    = 200 * time.Millisecond // events closer than this belong to one burst
	halfSave    = 50 * time.Millisecond  // quiet wanted while a file is gone or empty, which is often half of a save
	maxHold     = 2 * time.Second        // a batch waits no longer than this, however busy the disk is
	maxGitHold  = 30 * time.Second       // the same while git is at work
	gitIdle     = 2 * time.Second        // git that has written few files, and none for so long, waits for something else, such as a person
	gitFew      = 10                     // so many files are few
	gitLockLead = 5 * time.Second        // how long before the first event git may have taken its lock
)

// burst finds the quiet moment after a row of events. The quiet that it asks
// for grows with the row, a quarter of its length: one save is passed on at
// once, a checkout as a whole.
type burst struct {
	start time.Time // first event of the row; a batch sent in between doesn't end the row
	last  time.Time // newest event
	first time.Time // first event that is not in a batch yet; zero: nothing is pending
	quiet time.Duration
	git   bool // git was at work when we last looked
}

// event notes events that came between first and last, of which the receiver
// must wait at least for the quiet period least.
func (b *burst) event(first, last time.Time, least time.Duration) {
	if first.Sub(b.last) > burstGap {
		b.start = first
	}
	if b.first.IsZero() {
		b.first = first
		b.quiet = 0
		b.git = false
	}
	b.last = last
	b.quiet = max(b.quiet, least, min(b.last.Sub(b.start)/4, quietMax))
}

// due is the moment at which the pending events are settled.
func (b *burst) due() time.Time {
	due := b.last.Add(b.quiet)
	if limit := b.first.Add(maxHold); limit.Before(due) {
		return limit
	}
	return due
}

// over says that nothing else comes with a lone save. What is pending in a longer
// row settles all the same.
func (b *burst) over() {
	if b.quiet == quietMin {
		b.quiet = 0
	}
}

// flushed says that everything pending went into a batch.
func (b *burst) flushed() { b.first = time.Time{} }
