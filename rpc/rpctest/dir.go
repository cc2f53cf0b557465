package rpctest

import (
	"os"
	"testing"
)

// SocketDir returns a private directory whose path is short enough for sockets,
// which t.TempDir's may not be; it is removed when the test ends.
func SocketDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}
