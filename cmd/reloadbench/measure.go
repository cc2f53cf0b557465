package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"time"
)

const (
	askEvery   = 2 * time.Millisecond
	giveUp     = 2 * time.Minute
	settleTime = 1500 * time.Millisecond // between saves, as a person would; air needs its delay
)

// measure lets tool develop a fresh copy of the named app and saves n times.
func measure(ctx context.Context, work, name, tool, bin string, n int) (result, error) {
	var r result
	dir := filepath.Join(work, tool+"-"+name)
	a, err := prepare(ctx, name, dir)
	if err != nil {
		return r, err
	}
	port, err := freePort()
	if err != nil {
		return r, err
	}
	d, err := start(ctx, tool, bin, a, port)
	if err != nil {
		return r, err
	}
	defer func() { d.stop() }()
	url := "http://localhost:" + port + a.path
	if _, err := served(ctx, url, "hello"); err != nil {
		return r, err
	}
	for i := -1; i < n; i++ { // the first save warms the caches and is not counted
		select {
		case <-time.After(settleTime):
		case <-ctx.Done():
			return r, ctx.Err()
		}
		greeting := fmt.Sprintf("hello-%d-", i+1)
		began := time.Now()
		if err := a.save(greeting); err != nil {
			return r, err
		}
		work := make(chan error, 1)
		go func() { work <- d.saved(ctx) }()
		asked, err := served(ctx, url, greeting)
		took := time.Since(began)
		if err := <-work; err != nil {
			return r, err
		}
		if err != nil {
			return r, err
		}
		if i >= 0 {
			r.times = append(r.times, took)
			r.failed += asked.failed
			r.longest = max(r.longest, asked.longest)
		}
	}
	return r, nil
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
