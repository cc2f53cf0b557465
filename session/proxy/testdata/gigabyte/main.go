// Command gigabyte streams 1 GB to an app behind the proxy and 1 GB back, and
// prints what arrived and how much memory all three sides allocated for it, in
// bytes. It is a program of its own because a test binary with the race detector
// takes ten times as long.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"runtime"

	"github.com/hotdev/hotdev/session/proxy"
)

const (
	size  = 1 << 30
	piece = 1 << 20
)

// zeros is n bytes that take up no memory.
type zeros struct{ n int64 }

func (z *zeros) Read(b []byte) (int, error) {
	if z.n == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(b)), z.n)
	z.n -= n
	return int(n), nil
}

// count reads everything and returns how much it was.
func count(r io.Reader) (n int64, err error) {
	buf := make([]byte, piece)
	for {
		m, err := r.Read(buf)
		n += int64(m)
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

func app(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		_, _ = io.CopyBuffer(struct{ io.Writer }{w}, &zeros{size}, make([]byte, piece))
		return
	}
	n, err := count(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprint(w, n)
}

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(http.Serve(l, http.HandlerFunc(app))) }()
	// The public address has to be known: one of the loopback network that
	// nobody else has.
	public := "127.0.0.1:0"
	free, err := net.Listen("tcp", public)
	if err != nil {
		log.Fatal(err)
	}
	public = free.Addr().String()
	free.Close()
	p := proxy.New(proxy.Options{})
	defer p.Close()
	if err := p.Claim("tcp", public); err != nil {
		log.Fatal(err)
	}
	v := proxy.NewVersion(1)
	v.Bind(public, l.Addr().String())
	p.Serve(v)

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	client := &http.Client{Transport: &http.Transport{WriteBufferSize: piece, ReadBufferSize: piece}}
	up, err := client.Post("http://"+public, "application/octet-stream", &zeros{size})
	if err != nil {
		log.Fatal(err)
	}
	arrived, err := io.ReadAll(up.Body)
	if err != nil {
		log.Fatal(err)
	}
	down, err := client.Get("http://" + public)
	if err != nil {
		log.Fatal(err)
	}
	got, err := count(down.Body)
	if err != nil {
		log.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	fmt.Println(string(arrived), got, after.TotalAlloc-before.TotalAlloc)
}
