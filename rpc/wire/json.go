package wire

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// lenient lets text pass that is not valid UTF-8, such as an app's output or a
// file name; invalid bytes become U+FFFD.
var lenient = json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))

// Marshal encodes v as the connections do: json/v2, so that a nil slice is [].
func Marshal(v any) ([]byte, error) { return json.Marshal(v, lenient) }

// Unmarshal decodes data into v as the connections do; members that v does not
// know are ignored.
func Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v, lenient) }

// codec is the jsonrpc2.Codec of all connections.
type codec struct{}

func (codec) Marshal(v any) ([]byte, error)      { return Marshal(v) }
func (codec) Unmarshal(data []byte, v any) error { return Unmarshal(data, v) }
