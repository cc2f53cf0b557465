package session_test

import (
	"context"
	"errors"
	"testing"

	"github.com/hotdev/hotdev/session"
)

// chatty prints the lines 1 to 300,000 and waits for the end of its input.
const chatty = `
-- go.mod --
module example.com/chatty

go 1.26
-- main.go --
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	for i := range 300_000 {
		fmt.Fprintln(out, i+1)
	}
	out.Flush()
	fmt.Fprintln(os.Stderr, "done")
	io.Copy(io.Discard, os.Stdin)
}
`

func TestAFloodOfOutputIsBoundedAndNumbered(t *testing.T) {
	w := open(t, chatty)
	w.until("the end of the flood", func() bool { return w.said("done") })
	var last uint64
	for _, e := range w.log {
		if e.Seq <= last {
			t.Fatalf("entry %d comes after %d", e.Seq, last)
		}
		last = e.Seq
	}
	kept, _ := w.Logs(0, 0)
	if len(kept) == 0 || len(kept) > 20_000 {
		t.Errorf("%d entries are kept", len(kept))
	}
	_, missed := w.Logs(1, 0)
	if missed+uint64(len(kept)) != kept[len(kept)-1].Seq {
		t.Errorf("%d kept and %d missed do not add up to %d", len(kept), missed, kept[len(kept)-1].Seq)
	}
	if newest, _ := w.Logs(0, 3); len(newest) != 3 || newest[2].Seq != kept[len(kept)-1].Seq {
		t.Errorf("the newest three are %v", newest)
	}
}

func TestALateSubscriberMissesNothing(t *testing.T) {
	w := open(t, hello)
	w.reload(session.Swapped)
	w.edit("text/text.go", `"one"`, `1 + "one"`)
	w.reload(session.BuildFailed)
	snap, sub := w.Subscribe(0)
	defer sub.Close()
	if len(snap.Diagnostics) != 1 || snap.Status.State != session.Failed || snap.Status.Running == nil {
		t.Errorf("the snapshot is %+v", snap)
	}
	seen := map[uint64]bool{}
	for _, e := range snap.Logs {
		seen[e.Seq] = true
	}
	w.edit("text/text.go", `1 + "one"`, `"two"`)
	w.reload(session.Swapped)
	w.running()
	state := snap.Status
	for state.State != session.Running {
		notices, err := sub.Next(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range notices {
			switch n := n.(type) {
			case session.StatusChanged:
				state = n.Status
			case session.LogAppended:
				for _, e := range n.Entries {
					if seen[e.Seq] {
						t.Errorf("entry %d came twice", e.Seq)
					}
					seen[e.Seq] = true
				}
			}
		}
	}
}

func TestClosedSubscriptions(t *testing.T) {
	w := open(t, hello)
	_, sub := w.Subscribe(0)
	sub.Close()
	if _, err := sub.Next(context.Background()); !errors.Is(err, session.ErrClosed) {
		t.Errorf("Next after Close = %v", err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("enough"))
	_, waiting := w.Subscribe(1 << 40)
	defer waiting.Close()
	for {
		_, err := waiting.Next(ctx)
		if err != nil {
			if err.Error() != "enough" {
				t.Errorf("Next with an ended context = %v", err)
			}
			break
		}
	}
}
