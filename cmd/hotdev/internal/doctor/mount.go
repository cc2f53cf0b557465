package doctor

import "fmt"

// mount checks that changes of the sources are told by the file system.
func mount(o Options) Finding {
	if o.Eventless != "" {
		return Finding{"mount", Warn,
			fmt.Sprintf("%s is on %s, which does not tell of changes made elsewhere: files are polled, and saves noticed later", o.Root, o.Eventless),
			"move the project to a file system of this machine, or save with an editor that is attached to hotdev"}
	}
	return Finding{"mount", OK, o.Root + " tells of changes", ""}
}
