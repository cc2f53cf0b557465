package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/hotdev/hotdev/rpc/protocol"
	"github.com/hotdev/hotdev/rpc/wire"
)

// Bridge connects an editor that speaks LSP over in and out to the daemon of
// its workspace: the one that initialize names, else o.Root. A daemon that is
// lost is told to the editor, connected to or started again, and brought to the
// state that the editor has seen, so that the editor keeps working. Bridge
// returns nil when the editor has sent exit or closed in.
//
// Its goroutines: the caller's, which owns all state and talks to the daemon's
// writing side; one that reads the editor and ends with it, for which Bridge
// does not wait if ctx ends first, as a read of standard input can't be
// interrupted; one that reads the daemon, waited for when a daemon is left.
func Bridge(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	b := &bridge{
		opt:     o,
		editor:  make(chan frame),
		daemon:  make(chan frame),
		out:     out,
		replay:  newReplay(),
		stopped: make(chan struct{}),
	}
	defer b.leave()
	defer close(b.stopped)
	go b.read(in, b.editor)
	return b.run(ctx)
}

// frame is a message's body, or why there are no more.
type frame struct {
	body []byte
	err  error
}

type bridge struct {
	opt     Options
	editor  chan frame
	daemon  chan frame // of conn; replaced with it
	out     io.Writer
	replay  *replay
	stopped chan struct{} // closed when Bridge returns

	conn   net.Conn       // nil: no daemon
	reader sync.WaitGroup // of conn
	acted  bool           // the editor has sent something since conn was made
	mute   bool           // the daemon was there before conn, and has said nothing on it yet
	spare  bool           // a mute daemon that is lost may be looked past: once for each act
}

// read hands the frames of r to to until r or the bridge ends.
func (b *bridge) read(r io.Reader, to chan<- frame) {
	frames := wire.NewFrameReader(r, 0)
	for {
		body, err := frames.Read()
		select {
		case to <- frame{append([]byte(nil), body...), err}:
		case <-b.stopped:
			return
		}
		if err != nil {
			return
		}
	}
}

func (b *bridge) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case f := <-b.editor:
			if errors.Is(f.err, io.EOF) {
				return nil
			}
			if f.err != nil {
				return fmt.Errorf("reading from the editor: %w", f.err)
			}
			exit, err := b.fromEditor(ctx, f.body)
			if err != nil || exit {
				return err
			}
		case f := <-b.daemon:
			if f.err != nil {
				if err := b.lost(ctx); err != nil {
					return err
				}
				continue
			}
			b.mute = false
			if err := b.fromDaemon(f.body); err != nil {
				return err
			}
		}
	}
}

// fromEditor passes one message on, and connects first if that is needed.
func (b *bridge) fromEditor(ctx context.Context, body []byte) (exit bool, err error) {
	m := peek(body)
	if b.replay.initialize == nil {
		switch {
		case m.Method == protocol.MethodExit:
			return true, nil
		case m.Method != protocol.MethodInitialize:
			return false, b.refuse(m, wire.CodeNotInitialized, "the first message must be initialize")
		}
		b.opt.Root = rootOf(body, b.opt.Root)
		if b.opt.FindRoot != nil {
			root, err := b.opt.FindRoot(b.opt.Root)
			if err != nil {
				return false, b.refuse(m, wire.CodeRequestFailed, err.Error())
			}
			b.opt.Root = root
		}
	}
	// A daemon that was lost gets this message after the replay of those before.
	if b.conn == nil {
		if m.Method == protocol.MethodExit {
			return true, nil
		}
		if err := b.connect(ctx); err != nil {
			if err := b.tell(err.Error()); err != nil {
				return false, err
			}
			b.replay.fromEditor(m, body)
			b.replay.done(m)
			return false, b.refuse(m, wire.CodeRequestFailed, err.Error())
		}
	}
	b.replay.fromEditor(m, body)
	b.acted, b.spare = true, true
	_, _ = b.conn.Write(wire.AppendFrame(nil, body)) // if it fails, the reader tells
	return m.Method == protocol.MethodExit, nil
}

// fromDaemon passes one message on, and tells of a daemon of another build.
func (b *bridge) fromDaemon(body []byte) error {
	hello, forEditor := b.replay.fromDaemon(body)
	if forEditor {
		if err := b.toEditor(body); err != nil {
			return err
		}
	}
	if hello != nil {
		if skew := compare(b.opt, *hello); skew != nil {
			return b.tell(skew.Error())
		}
	}
	return nil
}

// connect connects to the daemon and brings it up to date.
func (b *bridge) connect(ctx context.Context) error {
	conn, started, err := connect(ctx, b.opt)
	if err != nil {
		return err
	}
	for _, body := range b.replay.messages() {
		_, _ = conn.Write(wire.AppendFrame(nil, body)) // if it fails, the reader tells
	}
	b.conn, b.acted, b.mute, b.daemon = conn, false, !started, make(chan frame)
	daemon := b.daemon
	b.reader.Go(func() { b.read(conn, daemon) })
	return nil
}

// lost deals with a daemon that has ended: what it owed the editor is settled,
// and another is connected to. Each act of the editor allows that once, so that
// a daemon that can't live is not started without end. One that was there before
// and is lost without a word was ending already, as the system may close a
// process's connections before its socket: it does not use up that chance.
func (b *bridge) lost(ctx context.Context) error {
	again, ending := b.acted, b.mute && b.spare
	b.leave()
	for _, body := range b.replay.settle() {
		if err := b.toEditor(body); err != nil {
			return err
		}
	}
	switch {
	case again:
		if err := b.tell("The hotdev daemon has ended; starting it again."); err != nil {
			return err
		}
	case ending:
		b.spare = false
	default:
		return b.tell("The hotdev daemon has ended again; the next save or command starts it.")
	}
	if err := b.connect(ctx); err != nil {
		return b.tell(err.Error())
	}
	return nil
}

// leave closes the connection to the daemon.
func (b *bridge) leave() {
	if b.conn == nil {
		return
	}
	_ = b.conn.Close()
	b.reader.Wait()
	b.conn, b.daemon = nil, nil
}

// tell shows a message in the editor.
func (b *bridge) tell(text string) error {
	return b.toEditor(notification(protocol.MethodShowMessage, protocol.MessageParams{Type: protocol.MessageWarning, Message: text}))
}

// refuse answers m with an error if it is a request.
func (b *bridge) refuse(m envelope, code int, text string) error {
	if !m.isRequest() {
		return nil
	}
	return b.toEditor(refusal(m.ID, code, text))
}

func (b *bridge) toEditor(body []byte) error {
	if _, err := b.out.Write(wire.AppendFrame(nil, body)); err != nil {
		return fmt.Errorf("writing to the editor: %w", err)
	}
	return nil
}
