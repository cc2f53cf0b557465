package build

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// slotCount bounds the executables of a workspace: those that run, that are
// kept for a rollback, that were made ahead, and the one being built.
const slotCount = 10

// slots are the places for executables: dir/N/NAME with N from 0 to
// slotCount-1, and the build ID of each in dir/N.id. Each version has a slot of
// its own, because a running executable cannot be overwritten everywhere, and
// an older one must stay for a rollback.
type slots struct {
	dir string
	// ids are the build IDs, by directory, of executables that are of no use to a
	// later Builder: it could not make their debug twins. They are in no file.
	ids map[string]string
	// ahead are the executables that were made ahead of the next build, the newest
	// last.
	ahead []string
}

// aheadCount bounds the executables that are made ahead of one build.
const aheadCount = 2

// claim empties the first slot that holds none of keep, one that was made ahead last
// of all, and returns the path of the executable name in it. It passes over slots
// that cannot be emptied: on Windows a running executable cannot be removed.
func (s *slots) claim(name string, keep []string) (string, error) {
	if err := makePrivate(s.dir); err != nil {
		return "", fmt.Errorf("cannot make the directory for executables: %w", err)
	}
	var refused error
	free := s.free(slices.Concat(keep, s.ahead))
	for _, path := range s.ahead {
		if !slices.Contains(keep, path) {
			free = append(free, filepath.Dir(path))
		}
	}
	for _, dir := range free {
		err := s.remove(dir)
		if err == nil {
			err = os.Mkdir(dir, 0o700)
		}
		if err == nil {
			return filepath.Join(dir, name), nil
		}
		refused = err
	}
	if refused != nil {
		return "", fmt.Errorf("no place for a new executable: %w", refused)
	}
	return "", fmt.Errorf("no place for a new executable: all %d slots in %s are kept", slotCount, s.dir)
}

// free are the slots that hold none of keep.
func (s *slots) free(keep []string) (dirs []string) {
	var kept []string
	for _, path := range keep {
		kept = append(kept, filepath.Dir(filepath.Clean(path)))
	}
	for i := range slotCount {
		if dir := filepath.Join(s.dir, strconv.Itoa(i)); !slices.Contains(kept, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// clear empties all slots that hold none of keep and were not made ahead, as far as
// it can, so that claim has less to do.
func (s *slots) clear(keep []string) {
	for _, dir := range s.free(slices.Concat(keep, s.ahead)) {
		_ = s.remove(dir)
	}
}

// await notes that the executable at path was made ahead of the next build, last.
func (s *slots) await(path string) {
	others := slices.DeleteFunc(s.ahead, func(other string) bool { return other == path })
	if s.ahead = append(others, path); len(s.ahead) > aheadCount {
		s.release(s.ahead[0])
	}
}

// met lets go of what was made ahead of a build that has made the executable at path.
func (s *slots) met(path string) {
	for _, other := range slices.Clone(s.ahead) {
		if other != path {
			s.release(other)
		}
	}
	s.ahead = nil
}

// release removes the slot of the executable at path, which did not come into
// being or is not wanted.
func (s *slots) release(path string) {
	_ = s.remove(filepath.Dir(path)) // claim tries again, and tells
}

// remove removes the slot dir.
func (s *slots) remove(dir string) error {
	delete(s.ids, dir)
	s.ahead = slices.DeleteFunc(s.ahead, func(path string) bool { return filepath.Dir(path) == dir })
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.RemoveAll(dir + idSuffix)
}

const idSuffix = ".id"

// buildID returns the build ID of the executable at path, "" when it is not
// known. It lies in a file, so that a new Builder knows it too.
func (s *slots) buildID(path string) string {
	if id, ok := s.ids[filepath.Dir(path)]; ok {
		return id
	}
	id, _ := os.ReadFile(filepath.Dir(path) + idSuffix)
	return string(id)
}

// setBuildID records the build ID of the executable at path, which has its debug
// information if it is whole.
func (s *slots) setBuildID(path, id string, whole bool) error {
	if !whole {
		s.ids[filepath.Dir(path)] = id
		return nil
	}
	if err := os.WriteFile(filepath.Dir(path)+idSuffix, []byte(id), 0o600); err != nil {
		return fmt.Errorf("cannot record the build ID of the new executable: %w", err)
	}
	return nil
}

// newest returns the executable name that was built last, and not ahead; "" for
// none.
func (s *slots) newest(name string) string {
	var newest string
	var at time.Time
	for i := range slotCount {
		path := filepath.Join(s.dir, strconv.Itoa(i), name)
		if info, err := os.Lstat(path); err == nil && !slices.Contains(s.ahead, path) && info.Mode().IsRegular() && info.ModTime().After(at) {
			newest, at = path, info.ModTime()
		}
	}
	return newest
}

// makePrivate makes a directory that only the user can look into.
func makePrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700)
}
