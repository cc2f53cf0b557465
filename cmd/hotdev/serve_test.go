//go:build unix

package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hotdev/hotdev/rpc/wire"
)

// TestServeWaitsForAnEndingDaemon has a workspace whose last daemon listens no
// more and has not ended yet, as when its app takes long to stop: the next one,
// which an editor starts at once, takes its place rather than give up.
func TestServeWaitsForAnEndingDaemon(t *testing.T) {
	t.Parallel()
	dir := unpack(t, "terminal.txtar")
	env := testEnviron(t, filepath.Join(dir, ".home"))
	var sockets string
	for _, v := range env {
		if value, ok := strings.CutPrefix(v, "XDG_RUNTIME_DIR="); ok {
			sockets = filepath.Join(value, "hotdev")
		}
	}
	place, err := wire.NewWorkspace(dir, sockets)
	if err != nil {
		t.Fatal(err)
	}
	ending, err := place.Claim()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(hotdev, "serve", "--detached")
	cmd.Dir, cmd.Env = dir, env
	next, err := startProcess(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(next.kill)
	expect := func(line string) {
		t.Helper()
		if _, err := next.expect(regexp.MustCompile(line)); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, next.transcript())
		}
	}
	expect("waiting for the hotdev that is just starting or ending")
	if err := ending.Release(); err != nil {
		t.Fatal(err)
	}
	expect(`^{"socket":`)
}
