package doctor

import (
	"context"
	"os/exec"
	"strings"
)

// debugger checks that the system lets debuggers work without asking for a
// password each time.
func debugger(ctx context.Context, _ Options) []Finding {
	out, err := exec.CommandContext(ctx, "/usr/sbin/DevToolsSecurity", "-status").CombinedOutput()
	switch {
	case err != nil:
		return []Finding{{"debugger", Warn, "the developer tools are missing, so debugging will not work", "xcode-select --install"}}
	case strings.Contains(string(out), "disabled"):
		return []Finding{{"debugger", Warn, "the developer mode is off: debugging asks for a password", "sudo DevToolsSecurity -enable"}}
	default:
		return []Finding{{"debugger", OK, "the developer mode is on", ""}}
	}
}
