package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hotdev/hotdev/session/target"
)

const (
	readyTimeout = 30 * time.Second // where Readiness.Timeout is 0

	// listenSettle is how long after Ready further listeners are looked for.
	listenSettle = 2 * time.Second
	// strayGrace is how long an app that listens elsewhere than at its
	// configured address is given to listen there too.
	strayGrace = time.Second
	// movedPause is the least pause between polls where it is told when the app
	// listens, and furtherPause that between those for further listeners.
	movedPause   = 5 * time.Millisecond
	furtherPause = 50 * time.Millisecond
	// answerRest is the pause after an answer that is not good enough: the app
	// logs each request.
	answerRest = 100 * time.Millisecond
)

// watcher finds out when a process serves, and what it listens on.
//
// The system has no event for "this process listens", so it polls. The first polls
// follow each other closely, since a small app listens within 20 ms; later ones
// less so, and never so that polling takes more than a fifth of a core. Where ports
// are moved, that tells when the app listens; without it there is hardly anything to
// be seen, and the app has better use for the processors.
type watcher struct {
	p      *process
	how    target.Readiness
	port   uint16 // of how.Address; 0: any
	finder *finder
	client *http.Client // for ReadyHTTP

	strayed time.Time     // when only other ports than port were first seen
	rest    time.Duration // to leave the app alone after an answer
	last    error         // why the last try said no
}

// newWatcher makes the watcher of p, which does not run yet, unless before, which may
// be nil, was made when it did not.
func newWatcher(p *process, before *watcher) (*watcher, error) {
	w := &watcher{p: p, how: p.spec.Ready, client: &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	switch w.how.Mode {
	case "":
		w.how.Mode = target.ReadyAuto
	case target.ReadyAuto, target.ReadyTCP, target.ReadyHTTP:
	default:
		return nil, fmt.Errorf("%q is no way to find out that an app serves: use auto, tcp or http", w.how.Mode)
	}
	if w.how.Timeout == 0 {
		w.how.Timeout = readyTimeout
	}
	if w.how.Address != "" {
		_, port, err := net.SplitHostPort(w.how.Address)
		if err != nil {
			return nil, fmt.Errorf("the address to wait for is not host:port: %w", err)
		}
		n, err := net.LookupPort("tcp", port)
		if err != nil {
			return nil, fmt.Errorf("the address to wait for: %w", err)
		}
		w.port = uint16(n)
	}
	if w.port == 0 {
		w.how.Address = ""
	}
	if before != nil {
		w.finder = before.finder
	} else {
		w.finder = newFinder(p, w.how.Address)
	}
	return w, nil
}

// run closes p.ready once the process serves, or sends to p.notReady; then it
// looks for further listeners. It returns when ended does at the latest.
func (w *watcher) run(ended context.Context) {
	ctx, cancel := context.WithTimeout(ended, w.how.Timeout)
	defer cancel()
	least := time.Duration(0)
	if w.p.spec.Ports != nil {
		least = movedPause
	}
	w.poll(ctx, least, func() bool { return w.serves(ctx) })
	switch {
	case ended.Err() != nil:
		return
	case ctx.Err() != nil && w.how.Mode != target.ReadyAuto:
		w.p.notReady <- fmt.Errorf("not ready within %v: %w", w.how.Timeout, w.last)
		return
	}
	close(w.p.ready)
	ctx, cancel = context.WithTimeout(ended, listenSettle)
	defer cancel()
	w.poll(ctx, furtherPause, func() bool { w.look(ctx); return false })
}

// poll calls done until it reports true or ctx ends. Before each call it pauses,
// for the time least if not longer, unless it hears that the app listens.
func (w *watcher) poll(ctx context.Context, least time.Duration, done func() bool) {
	began := time.Now()
	wait, heard := max(pause(0, 0), least), w.p.listens
	for {
		select {
		case <-ctx.Done():
			return
		case <-heard:
		case <-time.After(wait):
		}
		start := time.Now()
		if done() {
			return
		}
		wait, heard = max(pause(start.Sub(began), time.Since(start)), least), w.p.listens
		if w.rest > 0 {
			wait, heard = max(wait, w.rest), nil
		}
	}
}

// pause returns the time until the next poll after one that took cost, when
// elapsed has passed since the first: 1 ms at first, 5 ms from half a second
// on, 20 ms after ten seconds, and 200 ms after the default time-out, which
// those go past whose own patience is longer.
func pause(elapsed, cost time.Duration) time.Duration {
	longest := 5 * time.Millisecond
	switch {
	case elapsed > readyTimeout:
		return max(200*time.Millisecond, 4*cost)
	case elapsed > 10*time.Second:
		longest = 20 * time.Millisecond
	}
	return max(min(max(elapsed/100, time.Millisecond), longest), 4*cost)
}

// look publishes what the tree listens on.
func (w *watcher) look(ctx context.Context) []target.Listener {
	list := w.finder.find(ctx)
	for i := range list {
		list[i] = w.p.ports.moved(list[i])
	}
	slices.SortFunc(list, func(a, b target.Listener) int {
		pa, pb := portOf(a.Asked), portOf(b.Asked)
		return cmp.Or(cmp.Compare(w.rank(pa), w.rank(pb)), cmp.Compare(pa, pb), strings.Compare(a.Asked, b.Asked))
	})
	if len(list) > 0 {
		w.p.setListeners(list)
	}
	return list
}

// rank orders ports by how likely HTTP for people is served there: the
// configured one, then PORT, then the lower one, since metrics and RPC use high
// ports.
func (w *watcher) rank(port uint16) int {
	switch {
	case port == w.port:
		return 0
	case strconv.Itoa(int(port)) == envPort(w.p.spec.Env):
		return 1
	}
	return 2
}

// serves reports whether the process serves now.
func (w *watcher) serves(ctx context.Context) bool {
	list := w.look(ctx)
	if w.how.Mode == target.ReadyAuto {
		return w.listens(list)
	}
	address := w.how.Address
	switch {
	case len(list) > 0 && (address == "" || portOf(list[0].Asked) == w.port):
		address = reachable(list[0].Actual)
	case address != "":
		address = reachable(address)
	default:
		w.last = errors.New("the app does not listen on any TCP port")
		return false
	}
	if err := w.probe(ctx, address); err != nil {
		var timedOut net.Error
		if w.last == nil || ctx.Err() == nil && !(errors.As(err, &timedOut) && timedOut.Timeout()) {
			w.last = err // the end of the time would explain nothing
		}
		return false
	}
	if len(list) == 0 { // it is served by a process whose sockets can't be seen
		w.p.setListeners([]target.Listener{{Asked: w.how.Address, Actual: address}})
	}
	return true
}

// listens reports whether the listeners in list make the process ready: the
// port waited for is among them or, since an address that is fixed in the app's
// code wins over a configured one, strayGrace has passed since others were seen.
func (w *watcher) listens(list []target.Listener) bool {
	if len(list) == 0 {
		return false
	}
	if w.port == 0 || portOf(list[0].Asked) == w.port {
		return true
	}
	if w.strayed.IsZero() {
		w.strayed = time.Now()
	}
	return time.Since(w.strayed) >= strayGrace
}

// probe says why address is not served, or nil.
func (w *watcher) probe(ctx context.Context, address string) error {
	if w.how.Mode != target.ReadyHTTP {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", address)
		if err == nil {
			conn.Close()
		}
		return err
	}
	url := "http://" + address + "/" + strings.TrimPrefix(w.how.Path, "/")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	w.rest = 0
	resp, err := w.client.Do(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode >= 500 {
		w.rest = answerRest
		return fmt.Errorf("GET %s: status %s", url, resp.Status)
	}
	return nil
}

// envPort returns the value of PORT in env, "" if there is none.
func envPort(env []string) string {
	for _, e := range slices.Backward(env) {
		if port, ok := strings.CutPrefix(e, "PORT="); ok {
			return port
		}
	}
	return ""
}

// portOf returns the port of host:port; 0 if it has none.
func portOf(address string) uint16 {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0
	}
	n, err := net.LookupPort("tcp", port)
	if err != nil {
		return 0
	}
	return uint16(n)
}

// reachable turns an address to listen on into one to connect to: the
// unspecified addresses become 127.0.0.1, which a listener on [::] accepts too,
// unless it asked for IPv6 only.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
