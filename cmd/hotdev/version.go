package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/spf13/cobra"
)

// buildInfo identifies a build of hotdev.
type buildInfo struct {
	Version  string `json:"version"`            // of the module: v1.2.3, or (devel)
	Revision string `json:"revision,omitempty"` // of the version control system
	Modified bool   `json:"modified,omitempty"` // built from files that differ from Revision
	Go       string `json:"go"`
	Platform string `json:"platform"`
	BuildID  string `json:"buildID"` // equal for equal builds; names the daemon's socket
}

func (c *cli) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:         "version",
		Short:       "Say which hotdev this is",
		Args:        cobra.NoArgs,
		Annotations: map[string]string{jsonOutput: "yes"},
		RunE: func(*cobra.Command, []string) error {
			info, err := thisBuild()
			if err != nil {
				return err
			}
			if c.json {
				return c.printJSON(info)
			}
			c.printf("hotdev %s (build %.12s, %s, %s)\n", info.describe(), info.BuildID, info.Go, info.Platform)
			return nil
		},
	}
}

// describe is the version and, where that does not tell, the revision.
func (b buildInfo) describe() string {
	if b.Revision == "" {
		return b.Version
	}
	modified := ""
	if b.Modified {
		modified = ", modified"
	}
	return fmt.Sprintf("%s, revision %.12s%s", b.Version, b.Revision, modified)
}

// thisBuild identifies the running program.
var thisBuild = sync.OnceValues(func() (buildInfo, error) {
	b := buildInfo{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if ok {
		b.Version = info.Main.Version
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Revision = s.Value
			case "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
		if info.Main.Sum != "" { // a released module: its checksum and settings say all
			sum := sha256.Sum256([]byte(info.String()))
			b.BuildID = hex.EncodeToString(sum[:])
			return b, nil
		}
	}
	var err error
	b.BuildID, err = programHash()
	return b, err
})

// programHash is the SHA-256 of the program's file, in hexadecimal.
func programHash() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding hotdev's own program: %w", err)
	}
	f, err := os.Open(exe)
	if err != nil {
		return "", fmt.Errorf("identifying this build of hotdev: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("identifying this build of hotdev: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
