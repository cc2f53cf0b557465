package proxy

// Addr returns where the proxy really listens for public, such as 127.0.0.1:0.
func (p *Proxy) Addr(public string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fronts[public].listener.Addr().String()
}

// Held returns how many requests and connections wait.
func (p *Proxy) Held() int {
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	return p.gate.waiting.Len()
}

// Silence is how long a client may say nothing before the app is asked.
const Silence = silence
