package build_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hotdev/hotdev/session/build"
)

// linkedApp is a program with SQLite, which is C.
const linkedApp = `package main

import (
	"database/sql"

	_ "github.com/mattn/go-sqlite3"
)

func main() {
	if _, err := sql.Open("sqlite3", ":memory:"); err != nil {
		panic(err)
	}
	print(%d)
}
`

// BenchmarkLink measures the link step beside that of go build, after edits of
// the same program: without debug information, and with it.
func BenchmarkLink(b *testing.B) {
	for name, debugged := range map[string]bool{"stripped": false, "debugged": true} {
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			builder := build.New(build.Options{CacheDir: filepath.Join(dir, "cache"), Mode: build.Fast})
			defer builder.Close()
			root := filepath.Join(dir, "app")
			write := func(name, text string) {
				if err := os.MkdirAll(root, 0o700); err != nil {
					b.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
					b.Fatal(err)
				}
			}
			write("go.mod", "module example.com/lite\n\ngo 1.26\n\nrequire github.com/mattn/go-sqlite3 v1.14.32\n")
			edits := 0
			link := func(r build.Request) time.Duration {
				edits++
				write("main.go", fmt.Sprintf(linkedApp, edits))
				r.Root, r.Debug, r.Debugged, r.Flags = root, true, debugged, []string{"-mod=mod"}
				res := builder.Build(b.Context(), r)
				if res.Err != nil {
					b.Fatal(res.Err)
				}
				builder.Settle()
				if !r.GoBuild && edits > 3 && res.How.Method != build.Incremental {
					b.Fatalf("it was built by %+v", res.How)
				}
				return res.Link
			}
			link(build.Request{})
			link(build.Request{}) // go.sum was written by the first one
			var ours, gos []time.Duration
			for b.Loop() {
				ours, gos = append(ours, link(build.Request{})), append(gos, link(build.Request{GoBuild: true}))
			}
			slices.Sort(ours)
			slices.Sort(gos)
			our, its := ours[len(ours)/2], gos[len(gos)/2]
			b.ReportMetric(float64(our.Milliseconds()), "link-ms")
			b.ReportMetric(float64(its.Milliseconds()), "go-link-ms")
			b.ReportMetric(float64(our)/float64(its), "ratio")
		})
	}
}
