package dap

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/hotdev/hotdev/debug/breakpoint"
)

// loadLedger reads the ledger that save has written; "" and a file that is not
// there are an empty one, and of a damaged file there is what can be read.
// Editors know their own breakpoints, and send them when they connect, so that
// only those of `hotdev break` are kept.
func loadLedger(file string, log *slog.Logger) (*breakpoint.Ledger, error) {
	if file == "" {
		return breakpoint.New(), nil
	}
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return breakpoint.New(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("the breakpoints of earlier: %w", err)
	}
	ledger, err := breakpoint.Load(bytes.NewReader(content))
	if err != nil {
		log.Warn("breakpoints of earlier are lost", "file", file, "error", err)
	}
	return ledger, nil
}

// save keeps the breakpoints of `hotdev break` for the next daemon.
func (l *loop) save() {
	if l.opt.LedgerFile == "" {
		return
	}
	var b bytes.Buffer
	err := l.ledger.Save(&b, ownBreakpoints)
	if err == nil && bytes.Equal(b.Bytes(), l.saved) {
		return
	}
	if err == nil {
		err = replaceFile(l.opt.LedgerFile, b.Bytes())
	}
	if err != nil {
		l.opt.Logger.Warn("breakpoints can't be kept for the next start", "file", l.opt.LedgerFile, "error", err)
		return
	}
	l.saved = b.Bytes()
}

// replaceFile writes content to file, so that it is never there in part.
func replaceFile(file string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Close())
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
	}
	return err
}
