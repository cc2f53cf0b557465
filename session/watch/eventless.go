package watch

// Eventless returns the name of dir's file system when changes that are made
// elsewhere (by the host of a container, by another machine) send no events
// here, so that files on it are polled; otherwise "".
func Eventless(dir string) string { return eventless(dir) }
