package build

import (
	"path/filepath"

	"github.com/hotdev/hotdev/session/build/incremental"
)

// How says how a program was built, or is going to be.
type How struct {
	Method Method // "" when nothing was built, or nothing is known
	// Reason says, in one clause, why no quicker way was taken; "" when nothing
	// kept it from that.
	Reason string
	Link   string // how it was linked, with the method Incremental; "" when nothing is known
}

// Method is a way to build a program.
type Method string

// The ways to build a program.
const (
	Incremental Method = "incremental" // compilers and the linker, without the go command
	GoCommand   Method = "goBuild"     // go build
	OwnCommand  Method = "command"     // the developer's [build] command
)

// forecast is what the builds so far tell of the next one. It does not change.
type forecast struct {
	How
	obstacles *incremental.Obstacles // for the method Incremental
}

// Forecast says how a change of file is going to be built, as far as the builds
// so far tell. Other changes that wait to be built with it may change that. It
// may be called at any time.
func (b *Builder) Forecast(file string) How {
	known := b.next.Load()
	if known == nil {
		return How{}
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(file)); err == nil { // as the go command names it
		file = filepath.Join(dir, filepath.Base(file))
	}
	if why := known.obstacles.For(file); why != "" {
		return How{Method: GoCommand, Reason: why}
	}
	return known.How
}

// foresee notes how the next program is going to be built.
func (b *Builder) foresee(how How, obstacles *incremental.Obstacles) {
	b.next.Store(&forecast{how, obstacles})
}
