package session

import (
	"errors"
	"path/filepath"

	"github.com/hotdev/hotdev/session/config"
	"github.com/hotdev/hotdev/session/diag"
	"github.com/hotdev/hotdev/session/graph"
)

// configFindings makes diagnostics of what is wrong with the configuration.
// What has no place in a file (a flag, a variable) is put on hotdev.toml.
func configFindings(root string, err error) []diag.Diagnostic {
	var list []diag.Diagnostic
	var errs config.Errors
	if err != nil && !errors.As(err, &errs) {
		errs = config.Errors{{Message: err.Error()}}
	}
	for _, e := range errs {
		d := diag.Diagnostic{
			Span:     diag.Span{File: e.File, Line: e.Line, Col: e.Col, EndLine: e.Line, EndCol: e.EndCol},
			Severity: diag.Error,
			Owner:    diag.Config,
			Code:     "config",
			Message:  e.Message,
		}
		if d.File == "" {
			d.Span = diag.Span{File: filepath.Join(root, config.FileName), Line: 1}
		}
		list = append(list, d)
	}
	return list
}

// loadFindings makes diagnostics of why there is nothing to build. What has no
// place in a file is put on go.mod.
func loadFindings(root string, err error) []diag.Diagnostic {
	var list []diag.Diagnostic
	add := func(span diag.Span, code, message string) {
		if span.File == "" {
			span = diag.Span{File: filepath.Join(root, "go.mod"), Line: 1}
		}
		list = append(list, diag.Diagnostic{Span: span, Severity: diag.Error, Owner: diag.Build, Code: code, Message: message})
	}
	var several *graph.SeveralMainsError
	var none *graph.NoMainError
	var failed *graph.ListError
	switch {
	case errors.As(err, &several):
		add(diag.Span{}, "several-mains", err.Error())
	case errors.As(err, &none):
		add(diag.Span{}, "no-main", err.Error())
	case errors.As(err, &failed):
		for _, e := range failed.Errors {
			add(diag.Span{File: e.File, Line: e.Line, Col: e.Col}, "go-list", e.Msg)
		}
	default:
		add(diag.Span{}, "go-list", err.Error())
	}
	return list
}
