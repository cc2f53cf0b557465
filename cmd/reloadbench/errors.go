package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// errors measures, by turns, when go build and hotdev first tell of a type
// error, and prints a row for each app and file that has it.
func (b *bench) errors(ctx context.Context) error {
	binaries, err := installTools(ctx, b.work, []string{"hotdev+editor"})
	if err != nil {
		return err
	}
	b.heading("in ms from the save of a type error to what tells of it first (fastest – slowest)")
	row("app", "file", "go build", "hotdev", "hotdev to go build")
	row("---", "---", "---:", "---:", "---:")
	for _, app := range b.apps {
		c, err := enter(ctx, b.work, app, "hotdev+editor", binaries["hotdev+editor"])
		if err != nil {
			return fmt.Errorf("hotdev on %s: %w", app, err)
		}
		err = b.typeErrors(ctx, app, c)
		c.stop()
		if err != nil {
			return fmt.Errorf("%s: %w", app, err)
		}
	}
	return nil
}

// typeErrors measures with one app: an error in each file that has edits.
func (b *bench) typeErrors(ctx context.Context, app string, c *contestant) error {
	floor, err := prepare(ctx, app, filepath.Join(b.work, "floor-"+app))
	if err != nil {
		return err
	}
	if _, err := command(ctx, floor.dir, "go", "build", "-o", filepath.Join(floor.dir, "floor.bin"), "."); err != nil {
		return err
	}
	done := map[string]bool{}
	for k, e := range c.app.edits {
		if done[e.file] || !b.wants(e) {
			continue
		}
		done[e.file] = true
		var byGo, byHotdev []time.Duration
		for i := -1; i < b.n; i++ { // the first ones warm the caches and are not counted
			first, err := firstError(ctx, floor.dir, floor.edits[k], i+1)
			if err != nil {
				return err
			}
			shown, err := c.firstDiagnostic(ctx, e, i+1)
			if err != nil {
				return err
			}
			if i >= 0 {
				byGo, byHotdev = append(byGo, first), append(byHotdev, shown)
			}
		}
		file, err := filepath.Rel(c.app.dir, e.file)
		if err != nil {
			return err
		}
		row(app, file, spread(byGo), spread(byHotdev), ratio(median(byHotdev), median(byGo)))
	}
	return nil
}

// firstError makes a type error, and returns how long it takes go build to print
// the first line about it.
func firstError(ctx context.Context, dir string, e edit, i int) (took time.Duration, err error) {
	began := time.Now()
	if err := e.save(e.wrong(i)); err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, "floor.bin"), ".")
	cmd.Dir = dir
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if strings.Contains(lines.Text(), undefined) {
			took = time.Since(began)
			break
		}
	}
	_, _ = io.Copy(io.Discard, stderr)
	if err := cmd.Wait(); err == nil || took == 0 {
		return 0, fmt.Errorf("go build has not told of the type error in %s", e.file)
	}
	return took, e.save(e.base)
}

// firstDiagnostic makes a type error, and returns how long it takes from its save
// until the editor shows it. Then it mends the error.
func (c *contestant) firstDiagnostic(ctx context.Context, e edit, i int) (time.Duration, error) {
	took, err := c.shown(ctx, e, e.wrong(i), true)
	if err == nil {
		_, err = c.shown(ctx, e, e.base, false)
	}
	return took, err
}

// shown types a text and saves it at once, and returns how long it takes until the
// editor shows that it has errors, or none.
func (c *contestant) shown(ctx context.Context, e edit, text string, errors bool) (took time.Duration, err error) {
	h := c.driver.(*editedHotdev)
	if err := h.types(e, text); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := e.save(text); err != nil {
		return 0, err
	}
	if err := h.saved(ctx); err != nil {
		return 0, err
	}
	if err := h.findings(ctx, e.file, errors); err != nil {
		return 0, err
	}
	took = time.Since(began)
	return took, quiet(ctx, c.cpu)
}
