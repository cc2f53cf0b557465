package doctor

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// port checks that the configured address can be listened on.
func port(o Options) []Finding {
	if o.Address == "" {
		return nil
	}
	ln, err := net.Listen("tcp", o.Address)
	switch {
	case err == nil:
		if err := ln.Close(); err != nil {
			return []Finding{{"port", Fail, err.Error(), ""}}
		}
		return []Finding{{"port", OK, o.Address + " is free", ""}}
	case o.Serving && errors.Is(err, syscall.EADDRINUSE):
		return []Finding{{"port", OK, o.Address + " is in use, by the app that hotdev runs", ""}}
	case errors.Is(err, syscall.EADDRINUSE):
		holder := holder(o.Address)
		if holder == "" {
			holder = "a process that this user can't see"
		}
		return []Finding{{"port", Fail, fmt.Sprintf("%s is in use, by %s", o.Address, holder), "stop that process, or set another [run] address in hotdev.toml"}}
	default:
		return []Finding{{"port", Fail, fmt.Sprintf("%s can't be listened on: %v", o.Address, err), "set another [run] address in hotdev.toml"}}
	}
}
