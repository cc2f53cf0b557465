package watch

import (
	"fmt"
	"os"
	"strings"
)

// watchesMend says how to get more inotify watches.
func watchesMend() string { return sysctlMend("max_user_watches", 524288) }

// instancesMend says how to get more inotify instances.
func instancesMend() string { return sysctlMend("max_user_instances", 1024) }

// sysctlMend says how to raise an inotify limit, now and for good.
func sysctlMend(name string, want int) string {
	now := ""
	if b, err := os.ReadFile("/proc/sys/fs/inotify/" + name); err == nil {
		now = fmt.Sprintf(" (now %s)", strings.TrimSpace(string(b)))
	}
	return fmt.Sprintf("raise fs.inotify.%[1]s%[3]s: sudo sysctl fs.inotify.%[1]s=%[2]d; to keep it over a restart of the machine: "+
		"echo fs.inotify.%[1]s=%[2]d | sudo tee /etc/sysctl.d/60-hotdev.conf", name, want, now)
}
