package build

import (
	"bytes"
	"context"
	"encoding/json"
	"go/version"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/hotdev/hotdev/session/build/quoted"
)

// toolchain is what go env says of the go command in a directory.
type toolchain struct {
	version string   // such as go1.26.8; "" when it is not known, as of a development version
	flags   []string // GOFLAGS, also when it was set by go env -w
}

// toolchains remembers them, because asking takes as long as a small compile.
type toolchains struct {
	mu    sync.Mutex // held while asking
	known map[string]toolchain
}

// find returns the toolchain for a command in dir. It asks again when one of
// the variables changed that decide on the answer. When the go command does not
// answer, the toolchain is zero: what is wrong, the build will tell.
func (t *toolchains) find(ctx context.Context, r *Request, dir string) toolchain {
	env := environ(r, dir)
	key := dir
	for _, name := range []string{"PATH", "GOROOT", "GOENV", "GOFLAGS", "GOTOOLCHAIN"} {
		key += "\x00" + lookupEnv(env, name)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if tc, ok := t.known[key]; ok {
		return tc
	}
	cmd := exec.CommandContext(ctx, "go", "env", "-json", "GOVERSION", "GOFLAGS")
	cmd.Dir, cmd.Env = dir, env
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	var values struct{ GOVERSION, GOFLAGS string }
	if RunTree(cmd) != nil || json.Unmarshal(stdout.Bytes(), &values) != nil {
		return toolchain{}
	}
	tc := toolchain{version: values.GOVERSION}
	tc.flags, _ = quoted.Split(values.GOFLAGS) // the go command will say what is wrong
	if !version.IsValid(tc.version) {
		tc.version = ""
	}
	if t.known == nil {
		t.known = map[string]toolchain{}
	}
	t.known[key] = tc
	return tc
}

// lookupEnv returns the value of key in env, where the last one counts.
func lookupEnv(env []string, key string) string {
	for _, kv := range slices.Backward(env) {
		k, v, _ := strings.Cut(kv, "=")
		if k == key || runtime.GOOS == "windows" && strings.EqualFold(k, key) {
			return v
		}
	}
	return ""
}

// environ returns the environment of a command in dir, with more added.
func environ(r *Request, dir string, more ...string) []string {
	env := r.Env
	if env == nil {
		env = os.Environ()
	}
	return slices.Concat(env, []string{"PWD=" + dir}, more)
}
