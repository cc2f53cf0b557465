package doctor

import (
	"fmt"

	"github.com/hotdev/hotdev/session/watch"
)

// mount checks that changes of the sources are told by the file system.
func mount(o Options) Finding {
	if fs := watch.Eventless(o.Root); fs != "" {
		return Finding{"mount", Warn,
			fmt.Sprintf("%s is on %s, which does not tell of changes made elsewhere: files are polled, and saves noticed later", o.Root, fs),
			"move the project to a file system of this machine, or save with an editor that is attached to hotdev"}
	}
	return Finding{"mount", OK, o.Root + " tells of changes", ""}
}
