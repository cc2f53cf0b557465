package dap_test

import (
	"testing"

	"github.com/hotdev/hotdev/debug/dap"
)

// Swaps while clients ask without a pause: every request is answered, once, and
// the breakpoint hits in each generation.
func TestSwapsUnderFire(t *testing.T) {
	t.Parallel()
	a := newApp(t, "loop")
	f := newFront(t, dap.Options{})
	one, two := f.attached(nil), f.attached(nil)
	one.setBreakpoints(a.file, a.line(t, "HELLO"))
	p := a.start(t)
	for range 5 {
		asked := map[*editor]map[int]bool{one: {}, two: {}}
		begun := make(chan error, 1)
		go func() { begun <- f.Begin(t.Context(), p.gen) }()
		for {
			for e, seqs := range asked {
				seqs[e.send("threads", nil)] = true
				seqs[e.send("evaluate", object{"expression": "boot"})] = true
				seqs[e.send("setFunctionBreakpoints", object{"breakpoints": []object{{"name": "main.twice"}}})] = true
			}
			select {
			case err := <-begun:
				if err != nil {
					t.Fatal(err)
				}
			default:
				continue
			}
			break
		}
		for e, seqs := range asked {
			for len(seqs) > 0 {
				m := e.next("the rest of the answers", func(m message) bool { return m.Type == "response" })
				if !seqs[m.RequestSeq] {
					t.Fatalf("%v was not asked for, or is answered twice", m)
				}
				delete(seqs, m.RequestSeq)
			}
		}
		p.say("x")
		one.stoppedAt(a.line(t, "HELLO"))
		two.stoppedAt(a.line(t, "HELLO")) // and it is left standing
		p = a.start(t)
	}
}
