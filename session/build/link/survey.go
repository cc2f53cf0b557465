package link

import (
	"context"
	"fmt"
	"slices"
)

// objects is what an archive has beside Go code, as Go's own linker sees it.
type objects struct {
	none     bool   // nothing
	prepared string // archive to take instead; "": the archive itself
	err      error  // why the linker can't have it
}

// survey finds out whether p has C objects that the go command would leave to
// the system's linker, and which archives Go's own linker must get instead of
// p's to link them, or why it can't.
func (l *Linker) survey(ctx context.Context, run Run, p Program) (substitutes map[string]string, hasC bool, err error) {
	substitutes = map[string]string{}
	current := map[string]*objects{}
	for _, a := range p.Archives {
		if slices.Contains(internalPackages, a.Package) {
			continue
		}
		o, err := l.objectsOf(ctx, run, p, a)
		if err != nil {
			return nil, false, err
		}
		current[a.File] = o
	}
	l.mu.Lock()
	l.objects = current
	l.mu.Unlock()
	for _, a := range p.Archives {
		o := current[a.File]
		if o == nil || o.none {
			continue
		}
		hasC = true
		if o.err != nil {
			return nil, true, fmt.Errorf("package %s cannot be linked by Go's linker: %w", a.Package, o.err)
		}
		if o.prepared != "" {
			substitutes[a.File] = o.prepared
		}
	}
	return substitutes, hasC, nil
}

// internalPackages are those whose C objects the go command leaves to Go's own
// linker (cmd/link/internal/ld/lib.go).
var internalPackages = []string{
	"crypto/internal/boring", "crypto/internal/boring/syso", "crypto/x509", "net", "os/user",
	"runtime/cgo", "runtime/race", "runtime/race/internal/amd64v1", "runtime/race/internal/amd64v3",
}

// objectsOf looks into an archive, unless that was done before.
func (l *Linker) objectsOf(ctx context.Context, run Run, p Program, a Archive) (*objects, error) {
	l.mu.Lock()
	o := l.objects[a.File]
	l.mu.Unlock()
	if o != nil {
		return o, nil
	}
	only, err := onlyGo(a.File)
	if err != nil || only {
		return &objects{none: true}, err
	}
	o = &objects{}
	o.prepared, o.err = l.prepare(ctx, run, p, a)
	return o, ctx.Err()
}
