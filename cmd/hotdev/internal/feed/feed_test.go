package feed

import (
	"strings"
	"testing"

	"github.com/hotdev/hotdev/rpc/protocol"
)

// TestFeedIsBounded fills a feed that nobody reads: what it keeps is bounded,
// what it dropped is counted, and the newest state and reload are there.
func TestFeedIsBounded(t *testing.T) {
	f := New()
	const batches, perBatch = 300, 1000
	text := strings.Repeat("x", 100)
	for i := range batches {
		entries := make([]protocol.LogEntry, perBatch)
		for j := range entries {
			entries[j].Text = text
		}
		f.Logs(protocol.LogParams{Entries: entries, Missed: 1})
		f.Status(protocol.Status{Rev: i})
		f.Reloaded(protocol.Reload{Rev: i})
		if n := len(f.pending.Items); n > maxItems+perBatch || f.bytes > maxBytes+perBatch*len(text) {
			t.Fatalf("batch %d: %d items, %d bytes are kept", i, n, f.bytes)
		}
	}
	u := f.Take()
	var logs, missed uint64
	var last *protocol.Reload
	for _, it := range u.Items {
		missed += it.Missed
		if it.Reload == nil {
			logs++
		} else {
			last = it.Reload
		}
	}
	if want := uint64(batches * (perBatch + 1)); logs+missed != want {
		t.Errorf("%d shown and %d missed, want %d together", logs, missed, want)
	}
	if u.Status == nil || u.Status.Rev != batches-1 || last == nil || last.Rev != batches-1 {
		t.Errorf("newest status %+v, newest reload %+v, want rev %d", u.Status, last, batches-1)
	}
	if next := f.Take(); len(next.Items) != 0 || next.Status != nil || f.bytes != 0 {
		t.Error("a second take found something")
	}
}
