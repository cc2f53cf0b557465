package proxy

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// guard refuses a request for the proxy's own endpoints that another site has
// caused. The Host must be one that no DNS server can point here (a rebinding
// attack): an IP address or localhost. The Origin and Sec-Fetch-Site, where a
// browser gives them, must be this very origin's (Fetch Metadata, W3C).
func guard(r *http.Request) error {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if _, err := netip.ParseAddr(host); err != nil && host != "localhost" && !strings.HasSuffix(host, ".localhost") {
		return errors.New("hotdev answers under localhost and IP addresses only, not as " + r.Host)
	}
	if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host {
		return errors.New("hotdev does not answer other sites")
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return nil
	}
	return errors.New("hotdev does not answer other sites")
}
