//go:build !linux || !(amd64 || arm64)

package run

import (
	"fmt"
	"runtime"

	"github.com/hotdev/hotdev/session/target"
)

// ports are the moved ports of one process: there are none here.
type ports struct{}

func movePorts(to *target.Ports, _ func()) (ports, error) {
	if to == nil {
		return ports{}, nil
	}
	return ports{}, &target.NoPortsError{Err: fmt.Errorf("that needs Linux on amd64 or arm64, and this is %s/%s", runtime.GOOS, runtime.GOARCH)}
}

func (ports) moved(l target.Listener) target.Listener { return l }

func (ports) close() {}
