//go:build unix

package session_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/hotdev/hotdev/session"
)

// What a [run] before command has started ends with it when a newer save comes.
func TestANewerSaveEndsTheChildrenOfABeforeCommand(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	w := open(t, hello+`
-- hotdev.toml --
[run]
before = ["sh before.sh"]
-- before.sh --
sleep 600 <`+fifo+` &
wait
`)
	child, err := os.OpenFile(fifo, os.O_WRONLY, 0) // once the child reads
	if err != nil {
		t.Fatal(err)
	}
	defer child.Close()
	w.write("hotdev.toml", "")
	w.reload(session.Swapped)
	if _, err := child.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Fatalf("the child of the before command reads still: %v", err)
	}
}
