package incremental

import (
	"sync"

	"github.com/hotdev/hotdev/session/build/archive"
)

// maxInterfaces bounds how many interfaces are remembered.
const maxInterfaces = 256

// interfaces remembers what archives' export data means to dependents: a build
// ahead of a save asks the same as that on the save.
type interfaces struct {
	mu    sync.Mutex
	known map[archive.Hash]archive.Hash // by the hash of the export data
}

// of returns a.Interface.
func (i *interfaces) of(a *archive.Archive) (archive.Hash, error) {
	export := a.Export()
	i.mu.Lock()
	is, ok := i.known[export]
	i.mu.Unlock()
	if ok {
		return is, nil
	}
	is, err := a.Interface()
	if err != nil {
		return is, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.known == nil || len(i.known) >= maxInterfaces {
		i.known = map[archive.Hash]archive.Hash{}
	}
	i.known[export] = is
	return is, nil
}
