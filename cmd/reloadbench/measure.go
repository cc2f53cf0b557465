package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	askEvery   = 2 * time.Millisecond
	giveUp     = 2 * time.Minute
	settleTime = 1500 * time.Millisecond // between saves of one tool, as a person would; air needs its delay
	quietTime  = 500 * time.Millisecond  // without work after which a tool is done with a save
	busyAtMost = 20 * time.Second        // that is waited for
)

// contestant is a tool at work on its own copy of an app.
type contestant struct {
	driver
	tool   string
	app    *app
	base   string // URL
	served time.Time
}

// enter lets a tool develop a fresh copy of the named app, and waits until it is
// served.
func enter(ctx context.Context, work, name, tool, bin string) (*contestant, error) {
	a, err := prepare(ctx, name, filepath.Join(work, tool+"-"+name))
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	d, err := start(ctx, tool, bin, a, port)
	if err != nil {
		return nil, err
	}
	c := &contestant{driver: d, tool: tool, app: a, base: "http://localhost:" + port}
	if _, err := served(ctx, c.base+a.edits[0].path, "hello"); err != nil {
		d.stop()
		return nil, err
	}
	return c, quiet(ctx, c.cpu)
}

// result is what was measured of one tool with one kind of edit.
type result struct {
	times []time.Duration // save → first response of the new version
	cpu   time.Duration   // from the saves on, in all
	ahead time.Duration   // CPU time before the saves, in all, where an editor shows what is typed
	ready int             // saves whose build was done before

	failed  int           // requests not answered with 200 meanwhile
	longest time.Duration // of all requests that were answered
}

func (r *result) median() time.Duration { return median(r.times) }

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

// measure saves n times with each tool, by turns. The first saves warm the
// caches and are not counted.
func measure(ctx context.Context, contestants []*contestant, name string, n int) ([]*result, error) {
	results := make([]*result, len(contestants))
	for i := -2; i < n; i++ {
		for k := range contestants {
			k = (k + i + len(contestants)) % len(contestants) // none is always the first
			r, err := contestants[k].reload(ctx, name, i+2)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", title(contestants[k].tool), err)
			}
			switch {
			case i < 0:
			case results[k] == nil:
				results[k] = r
			default:
				results[k].add(r)
			}
		}
	}
	return results, nil
}

func (r *result) add(s *result) {
	r.times = append(r.times, s.times...)
	r.cpu += s.cpu
	r.ahead += s.ahead
	r.ready += s.ready
	r.failed += s.failed
	r.longest = max(r.longest, s.longest)
}

// reload makes the i-th edit of its kind, waits until it is served, and then
// until the tool has nothing more to do.
func (c *contestant) reload(ctx context.Context, name string, i int) (*result, error) {
	select {
	case <-time.After(settleTime - time.Since(c.served)):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	e, err := c.app.edit(name)
	if err != nil {
		return nil, err
	}
	token := fmt.Sprintf("hello-%d-", i)
	text, err := e.text(i, token)
	if err != nil {
		return nil, err
	}
	before := c.cpu()
	if err := c.typed(ctx, e, text); err != nil {
		return nil, err
	}
	cpu := c.cpu()
	began := time.Now()
	if err := e.save(text); err != nil {
		return nil, err
	}
	work := make(chan error, 1)
	go func() { work <- c.saved(ctx) }()
	asked, err := served(ctx, c.base+e.path, token)
	c.served = time.Now()
	took := c.served.Sub(began)
	if err := <-work; err != nil {
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	if err := quiet(ctx, c.cpu); err != nil {
		return nil, err
	}
	r := &result{times: []time.Duration{took}, cpu: c.cpu() - cpu, failed: asked.failed, longest: asked.longest}
	if h, ok := c.driver.(*editedHotdev); ok {
		r.ahead = cpu - before
		ready, err := h.wasReady(ctx)
		if err != nil {
			return nil, err
		}
		if ready {
			r.ready = 1
		}
	}
	return r, nil
}

// quiet waits until a tool and its app use no more CPU time to speak of.
func quiet(ctx context.Context, cpu func() time.Duration) error {
	tick := time.NewTicker(quietTime)
	defer tick.Stop()
	last := cpu()
	for range int(busyAtMost / quietTime) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		now := cpu()
		if now-last <= clockTick {
			return nil
		}
		last = now
	}
	return nil
}

// asked is how requests fared.
type asked struct {
	failed  int           // not answered with 200
	longest time.Duration // that an answered one took
}

// served asks until the answer holds want and returns how the requests on the
// way fared. Every request has a connection of its own.
func served(ctx context.Context, url, want string) (a asked, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, giveUp, fmt.Errorf("%s did not answer with %q within %v", url, want, giveUp))
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		began := time.Now()
		body, ok := ask(ctx, client, url)
		if ok {
			a.longest = max(a.longest, time.Since(began))
		} else {
			a.failed++
		}
		if ok && strings.Contains(body, want) {
			return a, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return a, context.Cause(ctx)
		}
	}
}

// ask sends one request; ok tells that it was answered with 200.
func ask(ctx context.Context, client *http.Client, url string) (body string, ok bool) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", false
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", false
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return string(data), err == nil && resp.StatusCode == http.StatusOK
}
