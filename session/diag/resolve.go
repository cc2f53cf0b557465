package diag

import (
	"path"
	"path/filepath"
	"strings"
)

// Resolver makes a function for ScanOptions.Resolve. dirs maps the import paths
// of the app's own packages to their absolute directories, and "main" to that
// of the main package, which the runtime calls so in function names. files are
// the absolute paths of the app's own sources. A name that fits several files
// is resolved to none.
func Resolver(dirs map[string]string, files []string) func(name string) string {
	byBase := map[string][]string{}
	for _, file := range files {
		base := filepath.Base(file)
		byBase[base] = append(byBase[base], file)
	}
	return func(name string) string {
		dir, base := path.Split(name)
		if d, ok := dirs[strings.TrimSuffix(dir, "/")]; ok && dir != "" {
			return filepath.Join(d, base)
		}
		found := ""
		for _, file := range byBase[base] {
			if strings.HasSuffix(filepath.ToSlash(file), "/"+name) {
				if found != "" {
					return ""
				}
				found = file
			}
		}
		return found
	}
}
