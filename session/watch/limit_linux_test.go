package watch

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// limitEnv, when set, makes TestRealLimits the child that lives in a user
// namespace of its own; its value is the name of the limit to lower and what
// to.
const limitEnv = "WATCH_TEST_LIMIT"

// TestRealLimits runs into the kernel's own limits, lowered for a user
// namespace (namespaces(7), /proc/sys/user).
func TestRealLimits(t *testing.T) {
	if limit := os.Getenv(limitEnv); limit != "" {
		underLimit(t, limit)
		return
	}
	for _, limit := range []string{"max_inotify_watches=3", "max_inotify_instances=0"} {
		t.Run(limit, func(t *testing.T) {
			exe, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(exe, "-test.run=^TestRealLimits$", "-test.v")
			cmd.Env = append(os.Environ(), limitEnv+"="+limit)
			cmd.SysProcAttr = &syscall.SysProcAttr{
				Cloneflags:  syscall.CLONE_NEWUSER,
				UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
				GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
			}
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Skipf("no user namespace to be had: %v", err)
			}
			switch err := cmd.Wait(); {
			case err != nil:
				t.Errorf("%v\n%s", err, out.Bytes())
			case strings.Contains(out.String(), "--- SKIP"):
				t.Skipf("in the namespace: %s", out.Bytes())
			}
		})
	}
}

// underLimit is the test itself, in the child.
func underLimit(t *testing.T, limit string) {
	name, value, _ := strings.Cut(limit, "=")
	if err := os.WriteFile("/proc/sys/user/"+name, []byte(value), 0); err != nil {
		t.Skipf("the limit can't be lowered: %v", err)
	}
	root := tempDir(t)
	dirs := []string{"."}
	for i := range 5 {
		dirs = append(dirs, fmt.Sprint("p", i))
		writeFile(t, filepath.Join(root, dirs[i+1], "x.go"), "package x")
	}
	w, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.SetGraph(newFakeGraph(root, dirs...))
	p := <-w.Problems()
	if !strings.Contains(p.Mend, "sysctl fs.inotify.max_user_") {
		t.Errorf("the mend names no sysctl: %+v", p)
	}
	if name == "max_inotify_watches" && !strings.HasPrefix(p.Message, "3 of 6 directories") {
		t.Errorf("Message = %q", p.Message)
	}
	for _, dir := range dirs[1:] {
		path := filepath.Join(root, dir, "x.go")
		writeFile(t, path, "package x // edited")
		if b := <-w.Batches(); len(b.Changes) != 1 || b.Changes[0].Path != path {
			t.Errorf("after a save of %s: %+v", path, b.Changes)
		}
	}
}

func TestEventlessMagic(t *testing.T) {
	// The numbers are those of statfs(2) and of the drivers' sources.
	for magic, want := range map[uint32]string{
		0x01021997: "9p", 0x53464846: "wslfs", 0x65735546: "fuse", 0x6969: "nfs",
		0xff534d42: "smb", 0xfe534d42: "smb", 0x517b: "smb", 0x786f4256: "vboxsf",
		0xef53: "", 0x01021994: "", 0x794c7630: "", 0x9123683e: "", 0x58465342: "",
	} {
		if got := eventlessMagic(magic); got != want {
			t.Errorf("eventlessMagic(%#x) = %q, want %q", magic, got, want)
		}
	}
	if got := eventless(t.TempDir() + "/missing"); got != "" {
		t.Errorf("eventless of a missing directory = %q", got)
	}
}
