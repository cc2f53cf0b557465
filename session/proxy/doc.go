// Package proxy is the front door of an app under development: it owns the
// app's public addresses, forwards to the version that serves, holds requests
// while there is none, and moves on to the next version without failing one.
//
// It knows versions by what it is told (Serve, Hold, Down) and imports nothing
// of this module. HTTP/1.1 and cleartext HTTP/2 are forwarded by
// net/http/httputil.ReverseProxy; what does not begin as HTTP is spliced as
// plain TCP. A request goes to one version once: it is never sent again after
// a failure, because it may have reached the app (RFC 9110, section 9.2.2).
//
// Requests under /__hotdev/ it answers itself, for the script that it adds to
// HTML pages: the script, its events, and the links that open the editor.
package proxy
