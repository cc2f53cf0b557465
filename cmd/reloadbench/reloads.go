package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// reloads measures the tools with every app and kind of edit, and prints a row
// for each. The last tool is compared to the others.
func (b *bench) reloads(ctx context.Context, tools []string) error {
	binaries, err := installTools(ctx, b.work, tools)
	if err != nil {
		return err
	}
	b.heading("in ms from the save to the first response (fastest – slowest); CPU in s a save")
	last := title(tools[len(tools)-1])
	columns := []string{"app", "edit"}
	for _, tool := range tools {
		columns = append(columns, title(tool))
	}
	for _, tool := range tools[:len(tools)-1] {
		columns = append(columns, last+" to "+title(tool))
	}
	for _, tool := range tools {
		columns = append(columns, "CPU: "+title(tool))
	}
	row(append(columns, "failed requests a save: "+last)...)
	row(slices.Concat([]string{"---", "---"}, slices.Repeat([]string{"---:"}, len(columns)-1))...)
	for _, app := range b.apps {
		if err := b.app(ctx, app, tools, binaries); err != nil {
			return err
		}
	}
	return nil
}

// app measures the tools with one app.
func (b *bench) app(ctx context.Context, app string, tools []string, binaries map[string]string) error {
	var contestants []*contestant
	defer func() {
		for _, c := range contestants {
			c.stop()
		}
	}()
	for _, tool := range tools {
		c, err := enter(ctx, b.work, app, tool, binaries[tool])
		if err != nil {
			return fmt.Errorf("%s on %s: %w", tool, app, err)
		}
		contestants = append(contestants, c)
	}
	for _, e := range contestants[0].app.edits {
		if !b.wants(e) {
			continue
		}
		results, err := measure(ctx, contestants, e.name, b.n)
		if err != nil {
			return fmt.Errorf("%s on %s: %w", e.name, app, err)
		}
		row(append([]string{app, e.name}, cells(results)...)...)
	}
	return nil
}

// cells are the columns of what was measured of some tools.
func cells(results []*result) []string {
	var times, ratios, cpu []string
	last := results[len(results)-1]
	for i, r := range results {
		time := spread(r.times)
		if r.ready > 0 {
			time += fmt.Sprintf(", %d of %d were ready", r.ready, len(r.times))
		}
		times = append(times, time)
		if i < len(results)-1 {
			ratios = append(ratios, ratio(last.median(), r.median()))
		}
		used := fmt.Sprintf("%.2f", r.cpu.Seconds()/float64(len(r.times)))
		if r.ahead > 0 {
			used += fmt.Sprintf(" (before the save %.2f)", r.ahead.Seconds()/float64(len(r.times)))
		}
		cpu = append(cpu, used)
	}
	return slices.Concat(times, ratios, cpu, []string{fmt.Sprintf("%.1f", float64(last.failed)/float64(len(last.times)))})
}

// spread writes the median of times in ms, and how far they go.
func spread(times []time.Duration) string {
	digits := 0
	if median(times) < 100*time.Millisecond {
		digits = 1
	}
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 }
	return fmt.Sprintf("%.*f (%.*f – %.*f)", digits, ms(median(times)), digits, ms(slices.Min(times)), digits, ms(slices.Max(times)))
}

func ratio(a, b time.Duration) string { return fmt.Sprintf("%.2f", a.Seconds()/b.Seconds()) }

// row prints a row of a Markdown table.
func row(cells ...string) { fmt.Println("| " + strings.Join(cells, " | ") + " |") }
