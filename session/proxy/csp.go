package proxy

import "strings"

// scriptNonce finds out whether the policies (Content-Security-Policy headers,
// CSP Level 3) let a script of the page's own origin run and follow events, and
// the nonce that it must carry for that, if any.
func scriptNonce(policies []string) (nonce string, allowed bool) {
	for _, header := range policies {
		for text := range strings.SplitSeq(header, ",") {
			p := parsePolicy(text)
			n, ok := p.script()
			if !ok || !p.events() || n != "" && nonce != "" && n != nonce {
				return "", false
			}
			if n != "" {
				nonce = n
			}
		}
	}
	return nonce, true
}

// policy is one policy: directive → its sources.
type policy map[string][]string

func parsePolicy(text string) policy {
	p := policy{}
	for directive := range strings.SplitSeq(text, ";") {
		if words := strings.Fields(directive); len(words) > 0 {
			name := strings.ToLower(words[0])
			if _, seen := p[name]; !seen { // the first one counts
				p[name] = words[1:]
			}
		}
	}
	return p
}

// sources returns what the first of the directives says that there is; governed
// is false if there is none.
func (p policy) sources(names ...string) (list []string, governed bool) {
	for _, name := range names {
		if list, ok := p[name]; ok {
			return list, true
		}
	}
	return nil, false
}

// script reports whether a script element of the page's own origin may run, and
// with what nonce.
func (p policy) script() (nonce string, allowed bool) {
	if flags, sandboxed := p["sandbox"]; sandboxed && !contains(flags, "allow-scripts") {
		return "", false
	}
	list, governed := p.sources("script-src-elem", "script-src", "default-src")
	if !governed {
		return "", true
	}
	for _, source := range list {
		const mark = "'nonce-"
		if len(source) > len(mark) && strings.EqualFold(source[:len(mark)], mark) {
			return strings.TrimSuffix(source[len(mark):], "'"), true
		}
	}
	return "", own(list) && !contains(list, "'strict-dynamic'")
}

// events reports whether a script may connect to the page's own origin.
func (p policy) events() bool {
	list, governed := p.sources("connect-src", "default-src")
	return !governed || own(list)
}

// own reports whether the sources include the page's own origin.
func own(list []string) bool {
	return contains(list, "'self'") || contains(list, "*") || contains(list, "http:")
}

func contains(list []string, keyword string) bool {
	for _, word := range list {
		if strings.EqualFold(word, keyword) {
			return true
		}
	}
	return false
}
