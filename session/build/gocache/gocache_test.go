package gocache

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMain is a cache program, too, which behaves as its first argument says.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || strings.HasPrefix(os.Args[1], "-test.") {
		os.Exit(m.Run())
	}
	if err := serve(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve keeps what it is told, in a directory.
func serve(how, dir string) error {
	in, out := bufio.NewReader(os.Stdin), json.NewEncoder(os.Stdout)
	switch how {
	case "ends":
		return errors.New("there is no cache")
	case "babbles":
		fmt.Println("welcome")
		_, err := in.ReadBytes(0) // never comes
		return err
	case "gets":
		return out.Encode(Response{KnownCommands: []string{Get}})
	}
	if err := out.Encode(Response{KnownCommands: []string{Get, Put, Close}}); err != nil {
		return err
	}
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return err
		}
		var q Request
		if err := json.Unmarshal(line, &q); err != nil {
			return err
		}
		r, path := Response{ID: q.ID}, filepath.Join(dir, fmt.Sprintf("%x", q.ActionID))
		switch {
		case how == "hangs":
			fmt.Fprintln(os.Stderr, "asked")
			_, err := in.ReadBytes(0)
			return err
		case how == "mixes":
			r.ID++
		case how == "fails":
			r.Err = "the disk is full"
		case q.Command == Get:
			data, err := os.ReadFile(path)
			sum := sha256.Sum256(data)
			r.Miss, r.OutputID, r.DiskPath = err != nil, sum[:], path
			if how == "lies" {
				r.OutputID = make([]byte, len(sum))
			}
		case q.Command == Put:
			body, err := in.ReadBytes('\n')
			if err != nil {
				return err
			}
			var data []byte
			if err := json.Unmarshal(body, &data); err != nil {
				return err
			}
			if sum := sha256.Sum256(data); !slices.Equal(sum[:], q.OutputID) || int64(len(data)) != q.BodySize {
				return errors.New("the body is another one")
			}
			if err := os.WriteFile(path, data, 0o600); err != nil {
				return err
			}
		case q.Command == Close:
			return errors.Join(os.WriteFile(filepath.Join(dir, "closed"), nil, 0o600), out.Encode(r))
		}
		if err := out.Encode(r); err != nil {
			return err
		}
	}
}

// program is the test executable as a cache program.
func program(how, dir string) *Program {
	return &Program{Command: fmt.Sprintf("'%s' \t%s \"%s\"", os.Args[0], how, dir), Run: (*exec.Cmd).Run}
}

// TestProgram holds that what was put can be had again, and nothing else.
func TestProgram(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a directory")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	p := program("works", dir)
	if _, err := p.Get(t.Context(), ID{1}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty cache: %v", err)
	}
	data := strings.Repeat("data\x00\xff", 100_000)
	if err := p.Put(t.Context(), ID{1}, []byte(data)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "closed")); err != nil {
		t.Errorf("it was not told of the end: %v", err)
	}
	if got, err := p.Get(t.Context(), ID{1}); err != nil || string(got) != data {
		t.Errorf("it has %d bytes, error %v", len(got), err)
	}
	if _, err := p.Get(t.Context(), ID{2}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("another action: %v", err)
	}
	if _, err := program("lies", dir).Get(t.Context(), ID{1}); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what has another hash: %v", err)
	}
}

// writerFunc is a Writer.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestBadPrograms holds that what does not work is told, and waited for no longer
// than the context lasts.
func TestBadPrograms(t *testing.T) {
	t.Parallel()
	for how, says := range map[string]string{
		"ends":    "exit status 1",
		"babbles": "invalid character",
		"gets":    "it does not know this command",
		"mixes":   "it answers request 2",
		"fails":   "the disk is full",
	} {
		if err := program(how, t.TempDir()).Put(t.Context(), ID{1}, []byte("data")); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("one that %s: %v", how, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	hanging := program("hangs", t.TempDir())
	hanging.Run = func(cmd *exec.Cmd) error {
		cmd.Stderr = writerFunc(func(p []byte) (int, error) {
			cancel()
			return len(p), nil
		})
		return cmd.Run()
	}
	if _, err := hanging.Get(ctx, ID{1}); err == nil {
		t.Error("one that hangs has answered")
	}
	for command, says := range map[string]string{
		"":                    "names no program",
		" ":                   "names no program",
		"'unclosed":           "is not closed",
		"/no/such/program -x": "/no/such/program",
	} {
		p := &Program{Command: command, Run: (*exec.Cmd).Run}
		if _, err := p.Get(t.Context(), ID{1}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", command, err)
		}
	}
}
