package server_test

import (
	"path/filepath"
	"testing"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/rpctest"
)

// A client has one hold at most, which ends with its connection.
func TestAHoldIsItsClients(t *testing.T) {
	f := newFake()
	e := rpctest.Connect(t, serve(t, f)(), rpctest.Options{Root: "/ws"})
	expect := func(events ...string) {
		t.Helper()
		for _, want := range events {
			if got := <-f.saves; got != want {
				t.Fatalf("the session is asked for %s, want %s", got, want)
			}
		}
	}
	hold := func(on bool) { e.MustCall(protocol.MethodHold, protocol.HoldParams{On: on}, nil) }
	hold(false)
	hold(true)
	expect("hold")
	hold(true)
	expect("hold", "release")
	hold(false)
	expect("release")
	hold(true)
	e.Close()
	expect("hold", "release")
}

// Saves of all clients are withheld while one wants it; it can let some through.
func TestSavesAreWithheld(t *testing.T) {
	dir, dial := develop(t, nil)
	main := filepath.Join(dir, "main.go")
	holder := rpctest.Connect(t, dial(), rpctest.Options{Root: dir})
	other := rpctest.Connect(t, dial(), rpctest.Options{Root: dir})
	var status protocol.Status
	holder.MustCall(protocol.MethodStart, nil, &status)
	answers := func(want string) {
		t.Helper()
		if got := get(t, status.Running.Address); got != want {
			t.Errorf("the app answers %q, want %q", got, want)
		}
	}
	swapped := func() { // told late to one of them, it would look as if a withheld save had been applied
		t.Helper()
		holder.ExpectReloaded(protocol.OutcomeSwapped)
		other.ExpectReloaded(protocol.OutcomeSwapped)
	}
	swapped()
	holder.Command("hotdev.hold", protocol.HoldParams{On: true}, nil)
	other.Replace(main, "version one", "version two")
	for _, e := range []*rpctest.Editor{other, holder} {
		if st := e.ExpectHold(protocol.Hold{Clients: 1, Withheld: 1}); st.Message != "1 saved file waits for a reload" {
			t.Errorf("the state is %+v", st)
		}
	}
	answers("version one")

	holder.Replace(main, "version two", "version three")
	holder.MustCall(protocol.MethodApply, protocol.ApplyParams{Files: []string{main}}, nil)
	swapped()
	answers("version three")

	other.Replace(main, "version three", "version four")
	other.ExpectHold(protocol.Hold{Clients: 1, Withheld: 1})
	holder.Close()
	other.ExpectHold(protocol.Hold{Withheld: 1})
	answers("version three")
	other.MustCall(protocol.MethodReload, protocol.ReloadParams{Wait: true}, nil)
	other.ExpectHold(protocol.Hold{})
	answers("version four")
}
