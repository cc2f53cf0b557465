//go:build unix

package console

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// guardArg makes this program a guard: see Helper.
const guardArg = "hotdev-terminal-guard"

// guard is a child process that puts the terminal's mode back when this
// process ends without having done so: after kill -9, or a panic in any
// goroutine.
type guard struct {
	cmd  *exec.Cmd
	life io.Closer // the guard acts when it is closed, by the death of this process
}

// NewGuard remembers the mode of the terminal tty. While what start began is not
// released, the death of this process has the mode put back and reset written
// to tty.
func NewGuard(tty *os.File, reset string) (start func() (release func(), err error), err error) {
	m, err := newMode(tty)
	if err != nil {
		return nil, err
	}
	return func() (func(), error) {
		g, err := startGuard(tty, m, reset)
		if err != nil {
			return nil, err
		}
		return g.dismiss, nil
	}, nil
}

// startGuard starts the guard of the terminal tty, whose right mode is m and
// which reset puts right beyond that.
func startGuard(tty *os.File, m *mode, reset string) (*guard, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding hotdev's own program: %w", err)
	}
	var raw bytes.Buffer
	if err := binary.Write(&raw, binary.NativeEndian, m.saved); err != nil {
		return nil, fmt.Errorf("encoding the terminal's mode: %w", err)
	}
	cmd := exec.Command(exe, guardArg, hex.EncodeToString(raw.Bytes()), reset)
	cmd.Stdout = tty // as descriptor 1: the terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	life, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting the terminal's guard: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the terminal's guard: %w", err)
	}
	return &guard{cmd, life}, nil
}

// dismiss ends the guard: the mode has been put back.
func (g *guard) dismiss() {
	_ = g.cmd.Process.Kill() // fails only if the guard is gone already
	_ = g.cmd.Wait()
	g.life.Close()
}

// Helper runs one of this package's hidden commands if args (without the
// program's name) ask for it. main calls it first.
func Helper(args []string) (handled bool, code int) {
	if len(args) != 3 || args[0] != guardArg {
		return false, 0
	}
	// A process in the background may set the mode only if it ignores SIGTTOU.
	signal.Ignore(unix.SIGTTOU, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGTSTP)
	raw, err := hex.DecodeString(args[1])
	m := mode{fd: int(os.Stdout.Fd())}
	if err == nil {
		err = binary.Read(bytes.NewReader(raw), binary.NativeEndian, &m.saved)
	}
	if err != nil {
		return true, 2
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil || m.restore() != nil {
		return true, 1
	}
	if _, err := os.Stdout.WriteString(args[2]); err != nil {
		return true, 1
	}
	return true, 0
}
