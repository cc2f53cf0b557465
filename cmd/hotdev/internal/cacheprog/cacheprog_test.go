package cacheprog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/build/gocache"
)

// TestBudget holds that a store that fails again and again is left alone, also by
// the next process, and that one that has nothing is not.
func TestBudget(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := newBudget(dir, time.Second)
	for range 10 * failuresAllowed {
		_, spend, ok := b.begin(t.Context())
		if !ok {
			t.Fatal("misses were taken for failures")
		}
		spend(0, fs.ErrNotExist)
	}
	fail := func(b *budget) {
		if _, spend, ok := b.begin(t.Context()); ok {
			spend(0, errors.New("no route to host"))
		}
	}
	for range failuresAllowed {
		fail(b)
	}
	if b.left() == 0 {
		t.Error("a few failures were too many")
	}
	fail(b)
	mute := t.TempDir()
	fail(newBudget(mute, time.Second))
	for _, b := range []*budget{b, newBudget(dir, time.Second), newBudget(mute, time.Second)} {
		if _, _, ok := b.begin(t.Context()); ok || b.left() != 0 {
			t.Error("a store that fails is asked")
		}
	}
	if _, _, ok := newBudget(t.TempDir(), time.Second).begin(t.Context()); !ok {
		t.Error("a store that has not failed is not asked")
	}
	spent := newBudget(t.TempDir(), time.Second)
	spent.spent = time.Hour
	if _, _, ok := spent.begin(t.Context()); ok {
		t.Error("a store is asked that has cost an hour")
	}
}

// TestTrim holds what is removed: what is old, then what is too much, and nothing
// that was used just now.
func TestTrim(t *testing.T) {
	t.Parallel()
	l, err := newLocal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]string{}
	for name, age := range map[string]time.Duration{"old": 6 * 24 * time.Hour, "older": 8 * 24 * time.Hour, "day": 24 * time.Hour, "two": 48 * time.Hour, "now": 0} {
		body := bytes.Repeat([]byte(name), 100)
		e, err := l.add(sha256.Sum256(body), int64(len(body)), bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(-age)
		if err := os.Chtimes(e.path, when, when); err != nil {
			t.Fatal(err)
		}
		paths[name] = e.path
	}
	there := func() string {
		var list []string
		for _, name := range []string{"older", "old", "two", "day", "now"} {
			if _, err := os.Stat(paths[name]); err == nil {
				list = append(list, name)
			}
		}
		return strings.Join(list, " ")
	}
	l.trim(t.Context(), 1<<20)
	if got := there(); got != "two day now" {
		t.Errorf("of age, there is %q", got)
	}
	l.trim(t.Context(), 0)
	if got := there(); got != "two day now" {
		t.Errorf("twice a day, there is %q", got)
	}
	if err := os.Remove(filepath.Join(l.dir, "trimmed")); err != nil {
		t.Fatal(err)
	}
	l.trim(t.Context(), 700)
	if got := there(); got != "day now" {
		t.Errorf("of size, there is %q", got)
	}
}

// TestServe holds the conversation to what the go command documents.
func TestServe(t *testing.T) {
	t.Parallel()
	c, err := New(Options{Dir: t.TempDir(), MaxSize: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	action := bytes.Repeat([]byte{7}, 32)
	var in bytes.Buffer
	say := func(id int, command string, body []byte, output []byte) {
		line, err := json.Marshal(gocache.Request{ID: int64(id), Command: command, ActionID: action, OutputID: output, BodySize: int64(len(body))})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&in, "%s\n\n", line)
		if len(body) > 0 {
			fmt.Fprintf(&in, "\"%s\"\n", base64.StdEncoding.EncodeToString(body))
		}
	}
	body := bytes.Repeat([]byte("body"), 50_000)
	sum := sha256.Sum256(body)
	none := sha256.Sum256(nil)
	say(1, "put", body, bytes.Repeat([]byte{1}, 32)) // is not the hash
	say(2, "put", nil, none[:])
	say(3, "put", body, sum[:])
	say(4, "close", nil, nil)
	var out bytes.Buffer
	if err := c.Serve(context.Background(), &in, &out); err != nil {
		t.Fatal(err)
	}
	answers := map[int64]gocache.Response{}
	for dec := json.NewDecoder(&out); dec.More(); {
		var r gocache.Response
		if err := dec.Decode(&r); err != nil {
			t.Fatal(err)
		}
		answers[r.ID] = r
	}
	if len(answers) != 5 || len(answers[0].KnownCommands) != 3 || answers[1].Err == "" || answers[2].Err != "" || answers[3].Err != "" {
		t.Errorf("it answers %+v", answers)
	}
	if data, err := os.ReadFile(answers[3].DiskPath); err != nil || !bytes.Equal(data, body) {
		t.Errorf("what was put is not there: %v", err)
	}
	out.Reset()
	say(5, "get", nil, nil)
	if err := c.Serve(t.Context(), &in, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"Size":200000`) {
		t.Errorf("it gets %s", out.String())
	}
	if err := c.Serve(t.Context(), strings.NewReader(`{"Command":"get","ActionID":"AAA="}`+"\n"), &out); err == nil {
		t.Error("an ID that is none is taken")
	}
}
