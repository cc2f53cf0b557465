package cacheprog

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// entry is a file that the cache holds for an action.
type entry struct {
	output ID
	size   int64
	time   time.Time // when it was made here
	path   string
}

// local is a cache in a directory. Several processes may use it at once: files
// come into being under their names whole, and are never written to again. Under
// an action's key there is a file that holds its output ID; under an output's, the
// file itself.
type local struct{ dir string }

func newLocal(dir string) (local, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return local{}, fmt.Errorf("making the cache: %w", err)
	}
	return local{dir}, nil
}

func (l local) action(id ID) string { return filepath.Join(l.dir, filepath.FromSlash(actionKey(id))) }
func (l local) output(id ID) string { return filepath.Join(l.dir, filepath.FromSlash(outputKey(id))) }

// fresh is how long a file that is used keeps its time of modification, by which
// trim goes.
const fresh = time.Hour

// get returns what is held for an action.
func (l local) get(action ID) (entry, bool) {
	path := l.action(action)
	text, err := os.ReadFile(path)
	if err != nil {
		return entry{}, false
	}
	output, size, err := parseRecord(text)
	if err != nil {
		_ = os.Remove(path)
		return entry{}, false
	}
	e, ok := l.has(output, size)
	if !ok {
		return entry{}, false
	}
	use(path)
	return e, true
}

// has returns the file with a content, if it is held.
func (l local) has(output ID, size int64) (entry, bool) {
	e := entry{output: output, size: size, path: l.output(output)}
	info, err := os.Stat(e.path)
	if err != nil {
		return entry{}, false
	}
	if info.Size() != size {
		_ = os.Remove(e.path)
		return entry{}, false
	}
	e.time = info.ModTime()
	use(e.path)
	return e, true
}

// use notes that a file is of use.
func use(path string) {
	now := time.Now()
	if info, err := os.Stat(path); err == nil && now.Sub(info.ModTime()) > fresh {
		_ = os.Chtimes(path, now, now)
	}
}

// errContent says that a content is not what its name says.
var errContent = errors.New("the content does not have the hash that it is known by")

// add takes in a content, if it has its hash.
func (l local) add(output ID, size int64, body io.Reader) (entry, error) {
	if e, ok := l.has(output, size); ok {
		return e, nil
	}
	h := sha256.New()
	err := replace(l.output(output), 0o700, func(w io.Writer) error {
		n, err := io.Copy(io.MultiWriter(w, h), io.LimitReader(body, size+1))
		switch {
		case err != nil:
			return err
		case n != size || ID(h.Sum(nil)) != output:
			return errContent
		}
		return nil
	})
	return entry{output: output, size: size, time: time.Now(), path: l.output(output)}, err
}

// record notes the output of an action.
func (l local) record(action ID, e entry) error {
	return replace(l.action(action), 0o700, func(w io.Writer) error {
		_, err := w.Write(record(e))
		return err
	})
}

// replace makes the file at path, whole or not at all, and the directories above
// it, with the given mode, that are missing.
func replace(path string, dirs fs.FileMode, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), dirs); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// record is the text that stands for the output of an action, in the directory
// and in a shared store.
func record(e entry) []byte { return fmt.Appendf(nil, "%s %d\n", e.output, e.size) }

func parseRecord(text []byte) (output ID, size int64, err error) {
	var hex []byte
	if _, err := fmt.Sscanf(string(text), "%x %d\n", &hex, &size); err != nil {
		return ID{}, 0, err
	}
	if copy(output[:], hex) != len(output) || len(hex) != len(output) || size < 0 {
		return ID{}, 0, errors.New("no output ID and size")
	}
	return output, size, nil
}
