package cacheprog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
)

// Open returns the store at an address: a directory, an http or https URL below
// which files can be had by GET and written by PUT, or an s3 URL (see bucket).
// getenv tells what else is needed to get in: HOTDEV_CACHE_TOKEN, if it is there, is
// sent to an http or https URL as a bearer token.
func Open(address string, getenv func(string) string) (Store, error) {
	u, err := url.Parse(address)
	switch {
	case filepath.IsAbs(address):
		return directory(address), nil
	case err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "":
		return newWeb(u, bearer(getenv("HOTDEV_CACHE_TOKEN"))), nil
	case err == nil && u.Scheme == "s3" && u.Host != "":
		return bucket(u, getenv)
	default:
		return nil, fmt.Errorf("the store %q is neither an absolute path nor an http, https or s3 URL", address)
	}
}

// bearer returns what authorizes requests by a token; "" for none.
func bearer(token string) func(*http.Request) error {
	return func(r *http.Request) error {
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		return nil
	}
}

// directory is a store in a directory that several machines have in common. A
// network's file system may hang and can't be interrupted: what waits for it is
// then left behind, until this process ends.
type directory string

func (d directory) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	data, err := within(ctx, func() ([]byte, error) { return os.ReadFile(d.path(key)) })
	return io.NopCloser(bytes.NewReader(data)), err
}

func (d directory) Put(ctx context.Context, key string, _ int64, body io.Reader) error {
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	_, err = within(ctx, func() (none struct{}, err error) {
		return none, replace(d.path(key), 0o777, func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		})
	})
	return err
}

// within returns what f does, or the context's error when that ends first.
func within[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var zero T
		return zero, context.Cause(ctx)
	}
}

func (d directory) path(key string) string { return filepath.Join(string(d), filepath.FromSlash(key)) }

// web is a store behind HTTP.
type web struct {
	base      *url.URL
	authorize func(*http.Request) error
	client    *http.Client
}

func newWeb(base *url.URL, authorize func(*http.Request) error) *web {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64 // the go command asks for many files at once
	t.DisableCompression = true
	return &web{base: base, authorize: authorize, client: &http.Client{Transport: t}}
}

func (s *web) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	resp, err := s.do(ctx, http.MethodGet, key, 0, nil)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

func (s *web) Put(ctx context.Context, key string, size int64, body io.Reader) error {
	send := io.NopCloser(body)
	if size == 0 {
		send = http.NoBody // else the size would be taken for unknown
	}
	resp, err := s.do(ctx, http.MethodPut, key, size, send)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// do makes a request and returns the answer, if that is a good one.
func (s *web) do(ctx context.Context, method, key string, size int64, body io.ReadCloser) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.base.JoinPath(key).String(), body)
	if err != nil {
		return nil, err
	}
	req.ContentLength = size
	if err := s.authorize(req); err != nil {
		return nil, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return resp, nil
	}
	resp.Body.Close()
	err = fmt.Errorf("%s %s: %s", method, req.URL.Redacted(), resp.Status)
	if resp.StatusCode == http.StatusNotFound {
		err = errors.Join(err, fs.ErrNotExist)
	}
	return nil, err
}
