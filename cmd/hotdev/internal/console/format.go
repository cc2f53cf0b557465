package console

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/hotdev/hotdev/rpc/protocol"
)

// Format renders the protocol's values as text for people. The zero Format
// writes plain text with absolute paths and no source lines.
type Format struct {
	Color    bool
	Width    int                          // columns for source lines; 0: unlimited
	Dir      string                       // files below it are shown relative to it
	ReadFile func(string) ([]byte, error) // reads sources to quote; nil: none are quoted
}

// Path returns file relative to f.Dir when it is below it, so that a terminal
// that runs there can open it; else as it is.
func (f Format) Path(file string) string {
	file = f.Clean(file)
	if f.Dir == "" {
		return file
	}
	rel, err := filepath.Rel(f.Dir, file)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return file
	}
	return rel
}

// Clock returns the time of day of an RFC 3339 time in the local zone; what is
// none comes back as it is.
func (f Format) Clock(stamp string) string {
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return f.Clean(stamp)
	}
	return t.Local().Format("15:04:05")
}

// URL returns the address of a browser page on an app that listens on address
// (host:port); "" when there is none.
func URL(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// AppURL returns where people reach the app: the front door, else the running
// version itself; "" when it does not listen.
func AppURL(st protocol.Status) string {
	if st.Proxy.Address != "" {
		return URL(st.Proxy.Address)
	}
	if st.Running != nil {
		return URL(st.Running.Address)
	}
	return ""
}

// total is the time of all phases in ms that follow one another up to readiness.
func total(p protocol.Phases) float64 { return p.Queue + p.Compile + p.Link + p.Launch + p.Ready }

// millis writes a duration given in milliseconds: "412 ms", "3.41 s", "2m5s".
func millis(ms float64) string {
	switch d := time.Duration(ms * float64(time.Millisecond)); {
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", ms)
	case d < time.Minute:
		return fmt.Sprintf("%.2f s", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}

// count writes "1 error", "3 errors".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// join writes the parts that are not empty with a dot between them.
func join(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " · ")
}
