package protocol

import "testing"

func TestFileURIs(t *testing.T) {
	for _, c := range []struct {
		windows   bool
		path, uri string
	}{
		{false, "/ws/a.go", "file:///ws/a.go"},
		{false, "/ws/with space/ü%#?.go", "file:///ws/with%20space/%C3%BC%25%23%3F.go"},
		{true, `C:\ws\a b.go`, "file:///C:/ws/a%20b.go"},
		{true, `\\server\share\a.go`, "file://server/share/a.go"},
	} {
		if got := fileURI(c.path, c.windows); got != c.uri {
			t.Errorf("URI of %s: %s, want %s", c.path, got, c.uri)
		}
		if got, err := filePath(c.uri, c.windows); err != nil || got != c.path {
			t.Errorf("path of %s: %s, %v, want %s", c.uri, got, err, c.path)
		}
	}
}

func TestPathsOfOtherSpellings(t *testing.T) {
	for _, c := range []struct {
		windows   bool
		uri, path string
	}{
		{true, "file:///c%3A/ws/a.go", `C:\ws\a.go`}, // VS Code
		{true, "file:///c:/ws/a.go", `C:\ws\a.go`},
		{false, "file://localhost/ws/a.go", "/ws/a.go"},
		{false, "file:/ws/a.go", "/ws/a.go"},
		{false, "/ws/../a.go", "/a.go"},
	} {
		if got, err := filePath(c.uri, c.windows); err != nil || got != c.path {
			t.Errorf("path of %s: %s, %v, want %s", c.uri, got, err, c.path)
		}
	}
	for _, uri := range []string{"", "a.go", "untitled:Untitled-1", "http://x/a.go", "file:", "file://other/a.go", "file:///%zz"} {
		if got, err := filePath(uri, false); err == nil {
			t.Errorf("path of %q: %s, want an error", uri, got)
		}
	}
}
