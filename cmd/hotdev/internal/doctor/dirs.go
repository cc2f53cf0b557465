package doctor

import (
	"errors"
	"fmt"
	"os"
)

// sockets checks the directory that daemons listen in.
func sockets(o Options) Finding {
	if o.SocketErr != nil {
		return Finding{"sockets", Fail, "daemons can't listen: " + o.SocketErr.Error(), "mend the directory, or set XDG_RUNTIME_DIR to another"}
	}
	return Finding{"sockets", OK, o.SocketDir + " is private", ""}
}

// cache checks that builds can be written, and be run from where they are.
func cache(o Options) Finding {
	if err := tryCache(o.CacheDir); err != nil {
		return Finding{"cache", Fail, "builds can't be kept: " + err.Error(), "make the directory writable, or set XDG_CACHE_HOME to another"}
	}
	return Finding{"cache", OK, o.CacheDir + " is writable", ""}
}

func tryCache(dir string) error {
	if dir == "" {
		return errors.New("the user has no cache directory")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "doctor-*")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, "hotdev doctor wrote this and may be gone")
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}
