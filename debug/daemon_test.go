//go:build linux && (386 || amd64 || arm64 || ppc64le)

package debug_test

func daemon(args []string) (bool, int) { return false, 0 }
