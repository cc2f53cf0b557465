package protocol

import (
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
)

// FileURI is the file URI (RFC 8089) of an absolute path of this system.
func FileURI(path string) string { return fileURI(path, runtime.GOOS == "windows") }

func fileURI(path string, windows bool) string {
	u := url.URL{Scheme: "file"}
	if windows {
		path = strings.ReplaceAll(path, `\`, "/")
		if share, found := strings.CutPrefix(path, "//"); found {
			u.Host, path, _ = strings.Cut(share, "/")
		}
		path = "/" + strings.TrimPrefix(path, "/")
	}
	u.Path = path
	return u.String()
}

// FilePath is the absolute path of this system that a file URI names. A path is
// returned cleaned, so that people may give either.
func FilePath(uri string) (string, error) { return filePath(uri, runtime.GOOS == "windows") }

func filePath(uri string, windows bool) (string, error) {
	if !strings.HasPrefix(uri, "file:") {
		if filepath.IsAbs(uri) {
			return filepath.Clean(uri), nil
		}
		return "", fmt.Errorf("%q is neither a file URI nor an absolute path", uri)
	}
	u, err := url.Parse(uri)
	if err != nil {
		return "", fmt.Errorf("file URI: %w", err)
	}
	path := u.Path
	switch {
	case path == "":
		return "", fmt.Errorf("file URI %q names no path", uri)
	case !windows:
		if u.Host != "" && u.Host != "localhost" {
			return "", fmt.Errorf("file URI %q names another machine", uri)
		}
		return filepath.Clean(path), nil
	case u.Host != "" && u.Host != "localhost":
		path = "//" + u.Host + path
	case len(path) >= 3 && path[2] == ':': // "/c:/…"; editors differ in the drive's case
		path = strings.ToUpper(path[1:2]) + path[2:]
	}
	return strings.ReplaceAll(path, "/", `\`), nil
}
