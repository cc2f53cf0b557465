// Package gocache asks the build cache that GOCACHEPROG names, as the go command
// does (go doc cmd/go/internal/cacheprog).
package gocache

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/hotdev/hotdev/session/build/quoted"
)

// ID is a hash that inputs (action ID) or content (output ID, a SHA-256) are named
// by.
type ID [sha256.Size]byte

func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Request is a message to the program. A put with a BodySize is followed by a JSON
// string in base64.
type Request struct {
	ID       int64
	Command  string
	ActionID []byte `json:",omitempty"`
	OutputID []byte `json:",omitempty"`
	BodySize int64  `json:",omitempty"`
}

// The commands.
const (
	Get   = "get"
	Put   = "put"
	Close = "close"
)

// Response answers a Request with the same ID; the first one has none, and says
// which commands are known.
type Response struct {
	ID            int64
	Err           string     `json:",omitempty"`
	KnownCommands []string   `json:",omitempty"`
	Miss          bool       `json:",omitempty"`
	OutputID      []byte     `json:",omitempty"`
	Size          int64      `json:",omitempty"`
	Time          *time.Time `json:",omitempty"`
	DiskPath      string     `json:",omitempty"`
}

// Program is a cache program. Each call starts it, and returns when it has ended.
type Program struct {
	Command string                // the value of GOCACHEPROG
	Dir     string                // where it runs
	Env     []string              // whole environment, KEY=value
	Run     func(*exec.Cmd) error // starts a command and waits for its end
}

// Get returns what the cache has for an action; an error that is fs.ErrNotExist if
// it has nothing.
func (p *Program) Get(ctx context.Context, action ID) ([]byte, error) {
	var data []byte
	var unread error
	err := p.ask(ctx, Request{Command: Get, ActionID: action[:]}, nil, func(r Response) {
		data, unread = read(r)
	})
	return data, cmp.Or(err, unread)
}

// read returns the data that a response to a get tells of.
func read(r Response) ([]byte, error) {
	if r.Miss {
		return nil, fs.ErrNotExist
	}
	data, err := os.ReadFile(r.DiskPath)
	if err != nil {
		return nil, fmt.Errorf("GOCACHEPROG says where there is nothing: %v", err)
	}
	if sum := sha256.Sum256(data); !slices.Equal(sum[:], r.OutputID) {
		return nil, fmt.Errorf("GOCACHEPROG: %s does not have the hash that it is known by", r.DiskPath)
	}
	return data, nil
}

// Put has the cache keep data for an action. Data must not be empty.
func (p *Program) Put(ctx context.Context, action ID, data []byte) error {
	sum := sha256.Sum256(data)
	q := Request{Command: Put, ActionID: action[:], OutputID: sum[:], BodySize: int64(len(data))}
	return p.ask(ctx, q, data, func(Response) {})
}

// ask starts the program, lets take have its response to q, which body follows
// unless it is nil, and ends the program.
func (p *Program) ask(ctx context.Context, q Request, body []byte, take func(Response)) error {
	args, err := quoted.Split(p.Command)
	if err != nil {
		return fmt.Errorf("GOCACHEPROG: %w", err)
	}
	if len(args) == 0 {
		return errors.New("GOCACHEPROG names no program")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env = p.Dir, p.Env
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, end := io.Pipe()
	cmd.Stdout = end
	ended := make(chan error, 1)
	go func() {
		err := p.Run(cmd)
		end.Close()
		ended <- err
	}()
	err = converse(json.NewDecoder(out), in, q, body, take)
	in.Close()
	out.Close()
	endedFirst := errors.Is(err, io.EOF)
	if err != nil && !endedFirst {
		cancel() // what else it does is of no use
	}
	if failed := <-ended; endedFirst && failed != nil {
		err = failed
	}
	if err != nil {
		return fmt.Errorf("GOCACHEPROG (%s): %s: %w", args[0], q.Command, err)
	}
	return nil
}

// converse says q, and then good-bye.
func converse(from *json.Decoder, to io.Writer, q Request, body []byte, take func(Response)) error {
	var hello, answer, farewell Response
	if err := from.Decode(&hello); err != nil {
		return err
	}
	if !slices.Contains(hello.KnownCommands, q.Command) {
		return errors.New("it does not know this command")
	}
	say := json.NewEncoder(to)
	q.ID = 1
	err := say.Encode(q)
	if err == nil && body != nil {
		err = say.Encode(body)
	}
	if err == nil {
		err = from.Decode(&answer)
	}
	switch {
	case err != nil:
		return err
	case answer.ID != q.ID:
		return fmt.Errorf("it answers request %d, and was asked %d", answer.ID, q.ID)
	case answer.Err != "":
		return errors.New(answer.Err)
	}
	take(answer)
	if slices.Contains(hello.KnownCommands, Close) && say.Encode(Request{ID: 2, Command: Close}) == nil {
		_ = from.Decode(&farewell) // comes when all is written that was still to be
	}
	return nil
}
