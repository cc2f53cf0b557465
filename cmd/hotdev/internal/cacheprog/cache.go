package cacheprog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"
	"time"
)

// Options configures a Cache.
type Options struct {
	Dir     string // absolute; made when it is missing
	MaxSize int64  // bytes that Dir may have, looked after once a day
	// Store is the shared one; nil: there is none.
	Store Store
	// Write puts what is built here into Store. Otherwise it is only read.
	Write bool
	// Wait is what waiting for Store may cost, beside 5 % of the time.
	Wait time.Duration
	// Flush is how long the end may wait for what is still to be written to
	// Store; 0: as long as the budget allows.
	Flush time.Duration
}

// Store is what a team shares: small files by key. Its methods may be called by
// several goroutines.
type Store interface {
	// Get returns the file of a key; an error that is fs.ErrNotExist if there is
	// none.
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	Put(ctx context.Context, key string, size int64, body io.Reader) error
}

const (
	uploads     = 4    // at once
	uploadQueue = 4096 // that wait; more are not written to the store
	getLimit    = 10 * time.Second
	putLimit    = time.Minute
)

// Cache is a local directory and, if there is one, a shared store behind it. Its
// goroutines, uploads and trim, end with Close.
type Cache struct {
	opt    Options
	local  local
	budget *budget // nil without a store

	ctx    context.Context
	cancel context.CancelFunc
	tasks  sync.WaitGroup
	queue  chan upload // nil when nothing is uploaded

	closing sync.Once
	written chan struct{} // closed when the queue is done
}

// upload is a file to be written to the store.
type upload struct {
	action ID
	entry  entry
}

// New opens a cache. Close must be called.
func New(o Options) (*Cache, error) {
	l, err := newLocal(o.Dir)
	if err != nil {
		return nil, err
	}
	c := &Cache{opt: o, local: l, written: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.tasks.Go(func() { l.trim(c.ctx, o.MaxSize) })
	if o.Store != nil {
		c.budget = newBudget(l.dir, o.Wait)
	}
	if o.Store == nil || !o.Write {
		close(c.written)
		return c, nil
	}
	c.queue = make(chan upload, uploadQueue)
	var workers sync.WaitGroup
	for range uploads {
		workers.Go(func() {
			for u := range c.queue {
				if c.ctx.Err() == nil {
					c.upload(u)
				}
			}
		})
	}
	c.tasks.Go(func() {
		workers.Wait()
		close(c.written)
	})
	return c, nil
}

// Close ends uploads, finished or not, and waits for the goroutines.
func (c *Cache) Close() {
	c.cancel()
	c.endQueue()
	c.tasks.Wait()
}

// flush waits for the uploads, for as long as it may.
func (c *Cache) flush() {
	if c.queue == nil {
		return
	}
	c.endQueue()
	limit := c.opt.Flush
	if limit == 0 {
		limit = c.budget.left()
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c.written:
	case <-timer.C:
	}
}

func (c *Cache) endQueue() {
	c.closing.Do(func() {
		if c.queue != nil {
			close(c.queue)
		}
	})
}

// get looks here, then in the store.
func (c *Cache) get(ctx context.Context, action ID) (entry, bool) {
	e, ok := c.local.get(action)
	if ok || c.budget == nil {
		return e, ok
	}
	ctx, spend, ok := c.budget.begin(ctx)
	if !ok {
		return entry{}, false
	}
	e, err := c.fetch(ctx, action)
	spend(e.size, err)
	return e, err == nil
}

// fetch takes what the store has for an action into the local directory.
func (c *Cache) fetch(ctx context.Context, action ID) (entry, error) {
	text, err := c.read(ctx, actionKey(action))
	if err != nil {
		return entry{}, err
	}
	output, size, err := parseRecord(text)
	if err != nil {
		return entry{}, fmt.Errorf("%w: %w", errBad, err)
	}
	e, ok := c.local.has(output, size)
	if !ok {
		body, err := c.opt.Store.Get(ctx, outputKey(output))
		if err != nil {
			return entry{}, err
		}
		defer body.Close()
		if e, err = c.local.add(output, size, body); errors.Is(err, errContent) {
			return entry{}, fmt.Errorf("%w: %w", errBad, err)
		} else if err != nil {
			return entry{}, err
		}
	}
	return e, c.local.record(action, e)
}

// errBad is that an entry of the store is not to be used. It is as good as none.
var errBad = errors.New("bad entry in the shared store")

// maxRecord bounds what is read of an action's record.
const maxRecord = 256

func (c *Cache) read(ctx context.Context, key string) ([]byte, error) {
	body, err := c.opt.Store.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(io.LimitReader(body, maxRecord))
}

// put takes in what the go command has built, and has it uploaded.
func (c *Cache) put(action, output ID, size int64, body io.Reader) (entry, error) {
	e, err := c.local.add(output, size, body)
	if err == nil {
		err = c.local.record(action, e)
	}
	if err != nil {
		return entry{}, fmt.Errorf("keeping %s in %s: %w", output, c.local.dir, err)
	}
	if c.queue != nil {
		select {
		case c.queue <- upload{action, e}:
		default: // the store is too slow for all of it
		}
	}
	return e, nil
}

// upload writes the content first, so that a record never stands for nothing.
func (c *Cache) upload(u upload) {
	ctx, cancel := context.WithTimeout(c.ctx, putLimit)
	defer cancel()
	f, err := os.Open(u.entry.path)
	if err != nil {
		return // trimmed
	}
	defer f.Close()
	err = c.opt.Store.Put(ctx, outputKey(u.entry.output), u.entry.size, f)
	if err == nil {
		text := record(u.entry)
		err = c.opt.Store.Put(ctx, actionKey(u.action), int64(len(text)), bytes.NewReader(text))
	}
	if err != nil && c.ctx.Err() == nil {
		c.budget.failed()
	}
}

// Where files are, in the directory and in a store, by their keys.
const (
	actionsDir = "actions"
	outputsDir = "outputs"
)

func actionKey(id ID) string { return path.Join(actionsDir, id.String()[:2], id.String()) }
func outputKey(id ID) string { return path.Join(outputsDir, id.String()[:2], id.String()) }

// isMiss reports whether an error of the store says that it works and has
// nothing.
func isMiss(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errBad) }
