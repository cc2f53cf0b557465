package build

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"strings"
	"time"
)

// actions is what the go command's action graph tells of a build.
type actions struct {
	linkStart, linkEnd time.Time // zero: there was nothing to link
	// contentID is the hash that the go command makes of the executable without
	// its build ID, the last part of that ID (cmd/go/internal/work/buildid.go).
	// It is the same for two programs whose code is the same. nil: not known.
	contentID []byte
	packages  map[string]string // build IDs of the packages, by import path
}

// readActions reads the file that -debug-actiongraph wrote. The format is not
// promised to stay: false says that it is not the known one, and then the times
// are not known, and executables are compared by a hash of our own.
func readActions(path string) (actions, bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return actions{}, false
	}
	var list []struct {
		Mode, Package, BuildID string
		TimeStart, TimeDone    time.Time
	}
	if json.Unmarshal(data, &list) != nil || len(list) == 0 {
		return actions{}, false
	}
	a := actions{packages: map[string]string{}}
	for _, action := range list {
		switch action.Mode {
		case "build":
			a.packages[action.Package] = action.BuildID
		case "link":
			a.linkStart, a.linkEnd = action.TimeStart, later(a.linkEnd, action.TimeDone)
			if parts := strings.Split(action.BuildID, "/"); len(parts) == 4 {
				a.contentID, _ = base64.RawURLEncoding.DecodeString(parts[3])
			}
		case "link-install": // moves the executable to its place
			a.linkEnd = later(a.linkEnd, action.TimeDone)
		}
	}
	return a, true
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// hashFile returns the SHA-256 of a file, in hexadecimal.
func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
