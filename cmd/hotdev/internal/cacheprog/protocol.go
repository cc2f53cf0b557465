// Package cacheprog is a cache for the go command, as GOCACHEPROG asks for it
// (go doc cmd/go/internal/cacheprog): a directory of this machine's, and behind
// it a store that a team shares. It knows nothing of sessions and daemons: the go
// command starts it, and it ends with it.
//
// A file is known by the SHA-256 of its content, which the go command calls output
// ID. What comes from the shared store is let in only if its content has that
// hash. What the hash can't tell is whether the content is the right one for the
// inputs: who may write to a store decides on what its readers run.
package cacheprog

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/hotdev/hotdev/session/build/gocache"
)

// ID is what the go command names inputs and content by.
type ID = gocache.ID

// Serve answers the go command until it says close, or in ends. Each get has a
// goroutine of its own, because one may wait for the shared store; all have ended
// when Serve returns.
func (c *Cache) Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &server{cache: c, out: json.NewEncoder(out)}
	defer s.gets.Wait()
	if err := s.send(gocache.Response{KnownCommands: []string{gocache.Get, gocache.Put, gocache.Close}}); err != nil {
		return err
	}
	r := bufio.NewReaderSize(in, 64<<10)
	for {
		var q gocache.Request
		switch err := readLine(r, &q); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("reading what the go command says: %w", err)
		}
		switch q.Command {
		case gocache.Get:
			s.gets.Go(func() { s.fail(s.get(ctx, q)) })
		case gocache.Put:
			if err := s.put(q, r); err != nil {
				return err
			}
		case gocache.Close:
			cancel()
			s.gets.Wait()
			c.flush()
			return s.send(gocache.Response{ID: q.ID})
		default:
			s.fail(s.send(gocache.Response{ID: q.ID, Err: "unknown command " + q.Command}))
		}
		if err := s.failed(); err != nil {
			return err
		}
	}
}

// server is one conversation with the go command.
type server struct {
	cache *Cache
	gets  sync.WaitGroup

	mu  sync.Mutex
	out *json.Encoder
	err error // the go command can't be answered
}

func (s *server) send(r gocache.Response) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Encode(r)
}

func (s *server) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = errors.Join(s.err, err)
}

func (s *server) failed() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *server) get(ctx context.Context, q gocache.Request) error {
	e, ok := s.cache.get(ctx, ID(q.ActionID))
	if !ok {
		return s.send(gocache.Response{ID: q.ID, Miss: true})
	}
	return s.send(gocache.Response{ID: q.ID, OutputID: e.output[:], Size: e.size, Time: &e.time, DiskPath: e.path})
}

// put takes the body from r in any case, so that the next message is found.
func (s *server) put(q gocache.Request, r *bufio.Reader) error {
	quoted := &quotedReader{r: r, ended: q.BodySize == 0}
	e, err := s.cache.put(ID(q.ActionID), ID(q.OutputID), q.BodySize, base64.NewDecoder(base64.StdEncoding, quoted))
	if _, err := io.Copy(io.Discard, quoted); err != nil {
		return fmt.Errorf("reading what the go command puts into the cache: %w", err)
	}
	if err != nil {
		return s.send(gocache.Response{ID: q.ID, Err: err.Error()})
	}
	return s.send(gocache.Response{ID: q.ID, DiskPath: e.path})
}

// readLine decodes the next line that is not empty.
func readLine(r *bufio.Reader, q *gocache.Request) error {
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 1 {
			if err := json.Unmarshal(line, q); err != nil {
				return err
			}
			if q.Command != gocache.Close && (len(q.ActionID) != len(ID{}) || q.Command == gocache.Put && len(q.OutputID) != len(ID{})) {
				return fmt.Errorf("%s with an ID that is no SHA-256", q.Command)
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// quotedReader reads what is between quotation marks, and ends after the second.
type quotedReader struct {
	r     *bufio.Reader
	begun bool
	ended bool
}

func (q *quotedReader) Read(p []byte) (int, error) {
	if q.ended || len(p) == 0 {
		return 0, io.EOF
	}
	for !q.begun {
		switch b, err := q.r.ReadByte(); {
		case err != nil:
			return 0, io.ErrUnexpectedEOF
		case b == '"':
			q.begun = true
		case b != '\n':
			return 0, errors.New("a body does not begin with a quotation mark")
		}
	}
	if _, err := q.r.Peek(1); err != nil {
		return 0, io.ErrUnexpectedEOF
	}
	n := min(len(p), q.r.Buffered())
	have, _ := q.r.Peek(n)
	for i, b := range have {
		if b == '"' {
			copy(p, have[:i])
			_, _ = q.r.Discard(i + 1)
			q.ended = true
			if i == 0 {
				return 0, io.EOF
			}
			return i, nil
		}
	}
	copy(p, have)
	_, _ = q.r.Discard(n)
	return n, nil
}
