package client

import (
	"fmt"

	"github.com/hotdev/hotdev/rpc/protocol"
)

// Build identifies a build of hotdev.
type Build struct {
	Version  string
	BuildID  string
	Protocol int // protocol.ProtocolVersion
}

// SkewError says that the daemon is another build of hotdev than its client.
type SkewError struct {
	Ours, Theirs Build
	PID          int  // of the daemon
	Unusable     bool // their protocols differ, so that they can't talk
}

func (e *SkewError) Error() string {
	text := fmt.Sprintf("this workspace is served by hotdev %s (build %.12s), but this is hotdev %s (build %.12s)",
		e.Theirs.Version, e.Theirs.BuildID, e.Ours.Version, e.Ours.BuildID)
	if e.Unusable {
		return fmt.Sprintf("%s, and they speak different protocols (%d and %d): end the daemon, process %d, and try again",
			text, e.Theirs.Protocol, e.Ours.Protocol, e.PID)
	}
	return fmt.Sprintf("%s: end the daemon, process %d, to use this one", text, e.PID)
}

// compare returns what is different between this hotdev and the daemon that
// said hello; nil if they are the same build.
func compare(o Options, hello protocol.InitializeResult) *SkewError {
	daemon := hello.Capabilities.Experimental.Hotdev
	if daemon.BuildID == o.BuildID && daemon.Protocol == protocol.ProtocolVersion {
		return nil
	}
	return &SkewError{
		Ours:     Build{o.Version, o.BuildID, protocol.ProtocolVersion},
		Theirs:   Build{hello.ServerInfo.Version, daemon.BuildID, daemon.Protocol},
		PID:      daemon.PID,
		Unusable: daemon.Protocol != protocol.ProtocolVersion,
	}
}
