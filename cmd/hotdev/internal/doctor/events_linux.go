package doctor

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Limits below these are too low for an editor and hotdev together (inotify(7)).
const (
	fewWatches   = 8192
	fewInstances = 128
)

// events checks that a directory can be watched, and the limits of inotify.
func events(o Options) []Finding {
	if err := tryWatch(o.Root); err != nil {
		return []Finding{{"inotify", Fail, fmt.Sprintf("%s can't be watched: %v", o.Root, err), watchMend(err)}}
	}
	watches, instances := limit("max_user_watches"), limit("max_user_instances")
	found := Finding{"inotify", OK, fmt.Sprintf("max_user_watches %d, max_user_instances %d", watches, instances), ""}
	switch {
	case watches > 0 && watches < fewWatches:
		found.Level, found.Mend = Warn, raise("max_user_watches", 524288)
	case instances > 0 && instances < fewInstances:
		found.Level, found.Mend = Warn, raise("max_user_instances", 1024)
	}
	return []Finding{found}
}

func tryWatch(dir string) error {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("inotify_init1", err)
	}
	_, err = unix.InotifyAddWatch(fd, dir, unix.IN_CREATE)
	return errors.Join(os.NewSyscallError("inotify_add_watch", err), unix.Close(fd))
}

func watchMend(err error) string {
	switch {
	case errors.Is(err, unix.ENOSPC):
		return raise("max_user_watches", 524288)
	case errors.Is(err, unix.EMFILE):
		return raise("max_user_instances", 1024)
	default:
		return `until it is mended, set [watch] poll = "always" in hotdev.toml`
	}
}

func raise(name string, to int) string {
	return fmt.Sprintf("sudo sysctl fs.inotify.%s=%d", name, to)
}

// limit reads a limit of inotify; 0 when it is unknown.
func limit(name string) int {
	data, err := os.ReadFile("/proc/sys/fs/inotify/" + name)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(data))) // 0 if it is no number
	return n
}
