package incremental

import (
	"maps"
	"os"
	"path/filepath"

	"github.com/hotdev/hotdev/session/build/archive"
)

// publications are the archives that builds ahead have published: the Build after
// the save, which would publish the same, takes them instead. The map's keys are
// all that an archive is made from.
type publications map[publicationKey]publication

type publicationKey struct {
	object archive.Hash // key of the compiler's
	before archive.Hash // export data that dependents know
	cutoff Cutoff
}

// publication is the state that it led to.
type publication struct {
	state
	joined bool
	info   os.FileInfo // of the archive, as it was made
}

// find returns the publication for a key, if its archive is as it was made.
func (p publications) find(key publicationKey) (found publication, ok bool) {
	if found, ok = p[key]; !ok {
		return found, false
	}
	info, err := os.Stat(found.archive)
	return found, err == nil && info.Size() == found.info.Size() && info.ModTime().Equal(found.info.ModTime())
}

// sweep removes the archives that neither the state of the program, as it is or
// was saved last, nor a debug twin needs.
func (b *Builder) sweep(keep []*Stripped) {
	needed := map[string]bool{}
	for _, p := range b.captured.own {
		needed[p.Archive] = true
	}
	for _, x := range b.executables.kept {
		keep = append(keep, x.stripped)
	}
	for _, s := range keep {
		if s != nil {
			for _, a := range s.program.Archives {
				needed[a.File] = true
			}
			for _, file := range s.report.Needs() {
				needed[file] = true
			}
		}
	}
	maps.DeleteFunc(b.publications, func(_ publicationKey, p publication) bool { return !needed[p.archive] })
	entries, _ := os.ReadDir(b.published(""))
	for _, e := range entries {
		if path := filepath.Join(b.published(""), e.Name()); !needed[path] && !b.isSaved(path) {
			_ = os.Remove(path) // the next sweep tries again
		}
	}
}
