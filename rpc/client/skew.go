package client

import "fmt"

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
