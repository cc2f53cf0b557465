package wire

import (
	"context"
	"errors"
	"fmt"

	"go.lsp.dev/jsonrpc2"
)

// Error codes of JSON-RPC 2.0 and LSP 3.17.
const (
	CodeParse          = -32700
	CodeInvalidRequest = -32600
	CodeMethodNotFound = -32601
	CodeInvalidParams  = -32602
	CodeNotInitialized = -32002
	CodeCancelled      = -32800
	CodeRequestFailed  = -32803 // the request was fine, and what it asked for did not work
)

// Error is an error answer.
type Error struct {
	Code    int
	Message string
}

// Errorf makes an Error.
func Errorf(code int, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func (e *Error) Error() string { return e.Message }

// Is makes the answer to a cancelled request match context.Canceled.
func (e *Error) Is(target error) bool {
	return e.Code == CodeCancelled && target == context.Canceled
}

// toAnswer makes what goes over the wire of a handler's error.
func toAnswer(ctx context.Context, err error) error {
	code := CodeRequestFailed
	var coded *Error
	switch {
	case errors.As(err, &coded):
		code = coded.Code
	case ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx))):
		code = CodeCancelled
	}
	return jsonrpc2.NewError(jsonrpc2.Code(code), err.Error())
}

// fromAnswer makes an Error of what came over the wire.
func fromAnswer(err error) error {
	var answer *jsonrpc2.Error
	if !errors.As(err, &answer) {
		return err
	}
	return &Error{Code: int(answer.Code), Message: answer.Message}
}
