package incremental

import (
	"fmt"
	"path/filepath"
	"slices"
)

// Obstacles says which files can't change without a go build. It holds what
// was known when Builder.Obstacles returned it, and does not change.
type Obstacles struct {
	capture *capture // of which only what stays the same from one build to the next is read
	sources *sources
}

// Obstacles returns those of the program that was captured; nil when none is.
func (b *Builder) Obstacles() *Obstacles {
	if b.captured == nil {
		return nil
	}
	return &Obstacles{capture: b.captured, sources: b.captured.Sources}
}

// For says in one clause why a change of the file at path, whatever it is, is
// going to be built by go build; "" when that depends on the change. It agrees
// with plan.
func (o *Obstacles) For(path string) string {
	if o == nil {
		return ""
	}
	c := o.capture
	if slices.Contains(c.Controls, path) {
		return fmt.Sprintf("%s decides on what is built", c.name(path))
	}
	for _, p := range c.own {
		_, known := o.sources.Dirs[p.Dir][path]
		embeds := p.Embed != nil && slices.Contains(p.Embed.Files, path)
		switch {
		case !known && !embeds:
			if filepath.Dir(path) == p.Dir && isSource(filepath.Base(path)) {
				return fmt.Sprintf("%s is new", c.name(path))
			}
		case p.Why != "":
			return fmt.Sprintf("package %s cannot be compiled alone: %s", p.Path, p.Why)
		case known && filepath.Ext(path) != ".go":
			return fmt.Sprintf("%s is no Go file", c.name(path))
		}
	}
	return ""
}
