package main

import (
	"context"
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// concurrency is how many requests are under way all the time.
const concurrency = 64

// noTargets is what a worker of vegeta says that asked for a target after the
// last one: there was no request.
const noTargets = "no targets to attack"

// attack is a run of vegeta. One goroutine gives it its targets, as it asks for
// them, until stop.
type attack struct {
	bin     string
	results string // file
	cmd     *exec.Cmd
	targets *io.PipeWriter
}

// startAttack keeps requests under way: by turns a GET of page and a POST of an
// order of its own to orders.
func startAttack(ctx context.Context, bin, results, page, orders string) (*attack, error) {
	in, out := io.Pipe()
	a := &attack{bin: bin, results: results, targets: out}
	workers := strconv.Itoa(concurrency)
	a.cmd = exec.CommandContext(ctx, bin, "attack", "-format=json", "-lazy", "-rate=0", "-workers="+workers, "-max-workers="+workers,
		"-duration=0", "-timeout=120s", "-max-body=0", "-output="+results)
	a.cmd.Stdin = in
	a.cmd.Stderr = os.Stderr
	if err := a.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		for i := 0; ; i++ {
			body := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"item": "%d"}`, i))
			if _, err := fmt.Fprintf(out, "{\"method\": \"GET\", \"url\": %q}\n{\"method\": \"POST\", \"url\": %q, \"body\": %q, \"header\": {\"Content-Type\": [\"application/json\"]}}\n",
				page, orders, body); err != nil {
				return // stopped
			}
		}
	}()
	return a, nil
}

// stop ends the attack after the requests that are under way.
func (a *attack) stop() error {
	a.targets.Close()
	if err := a.cmd.Wait(); err != nil {
		return fmt.Errorf("vegeta attack: %w", err)
	}
	return nil
}

// outcome is what became of the requests.
type outcome struct {
	saves            int // that were served
	requests, failed int
	orders           int // sent
	counted          int // by the app, each once
	twice            int // counted more than once
	longest          time.Duration
	reasons          map[string]int // of failures, by what vegeta says
}

// outcome reads the results (columns of vegeta encode -to csv: time, status,
// latency in ns, bytes out, bytes in, error, body, attack, number, method, …).
func (a *attack) outcome(ctx context.Context) (r outcome, err error) {
	r.reasons = map[string]int{}
	cmd := exec.CommandContext(ctx, a.bin, "encode", "-to", "csv", a.results)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return r, err
	}
	if err := cmd.Start(); err != nil {
		return r, err
	}
	rows := csv.NewReader(out)
	rows.FieldsPerRecord, rows.ReuseRecord = -1, true
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && len(row) < 10 {
			err = fmt.Errorf("a row of %d columns", len(row))
		}
		if err == nil {
			err = r.add(row)
		}
		if err != nil {
			return r, errors.Join(fmt.Errorf("the results of vegeta: %w", err), cmd.Process.Kill(), cmd.Wait())
		}
	}
	return r, cmd.Wait()
}

// add counts one request.
func (r *outcome) add(row []string) error {
	status, why, method := row[1], row[5], row[9]
	if why == noTargets {
		return nil
	}
	took, err := strconv.ParseInt(row[2], 10, 64)
	if err != nil {
		return err
	}
	r.requests++
	r.longest = max(r.longest, time.Duration(took))
	if method == "POST" {
		r.orders++
	}
	if want := map[string]string{"GET": "200", "POST": "201"}[method]; status != want {
		r.failed++
		r.reasons[reason(why)]++
	}
	return nil
}

// reason leaves out of an error what differs from request to request.
func reason(why string) string {
	fields := strings.Split(why, ": ")
	return fields[len(fields)-1]
}

// compare counts what the app has written down.
func (r *outcome) compare(ledger string) error {
	data, err := os.ReadFile(ledger)
	if err != nil {
		return err
	}
	times := map[string]int{}
	for _, order := range strings.Fields(string(data)) {
		times[order]++
		if times[order] == 2 {
			r.twice++
		}
	}
	r.counted = len(times)
	return nil
}

// writeDownOrders makes the demo, whose API e edits, append each order that it
// gets to a file.
func writeDownOrders(e *edit, ledger string) error {
	if !strings.Contains(e.base, armed) {
		return fmt.Errorf("%s has no %s", e.file, armed)
	}
	e.base = strings.Replace(e.base, armed, "writeDown(body.Item)", 1)
	file := filepath.Join(filepath.Dir(e.file), "ledger.go")
	if err := os.WriteFile(file, fmt.Appendf(nil, ledgerSource, ledger), 0o644); err != nil {
		return err
	}
	return e.save(e.base)
}

const ledgerSource = `package api

import (
	"fmt"
	"os"
)

// ledger is shared by all versions that run: one write is one line.
var ledger = func() *os.File {
	f, err := os.OpenFile(%q, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	return f
}()

func writeDown(item string) int64 {
	if _, err := fmt.Fprintln(ledger, item); err != nil {
		panic(err)
	}
	return orders.Add(1)
}
`
