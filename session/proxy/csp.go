package proxy

import "strings"

// scriptNonce finds out whether the policies (Content-Security-Policy headers,
// CSP Level 3) let a script of the page's own origin run, and the nonce that it
// must carry for that, if any.
func scriptNonce(policies []string) (nonce string, allowed bool) {
	for _, header := range policies {
		for policy := range strings.SplitSeq(header, ",") {
			n, ok := policyNonce(policy)
			if !ok || n != "" && nonce != "" && n != nonce {
				return "", false
			}
			if n != "" {
				nonce = n
			}
		}
	}
	return nonce, true
}

// policyNonce is scriptNonce for one policy.
func policyNonce(policy string) (nonce string, allowed bool) {
	directives := map[string][]string{}
	for directive := range strings.SplitSeq(policy, ";") {
		if words := strings.Fields(directive); len(words) > 0 {
			name := strings.ToLower(words[0])
			if _, seen := directives[name]; !seen { // the first one counts
				directives[name] = words[1:]
			}
		}
	}
	var sources []string
	governed := false
	for _, name := range []string{"script-src-elem", "script-src", "default-src"} { // the most special one counts
		if sources, governed = directives[name]; governed {
			break
		}
	}
	if !governed {
		return "", true
	}
	self, strict := false, false
	for _, source := range sources {
		lower := strings.ToLower(source)
		switch {
		case strings.HasPrefix(lower, "'nonce-") && strings.HasSuffix(source, "'"):
			nonce = source[len("'nonce-") : len(source)-1]
		case lower == "'strict-dynamic'":
			strict = true
		case lower == "'self'", lower == "*", lower == "http:":
			self = true
		}
	}
	return nonce, nonce != "" || self && !strict
}
