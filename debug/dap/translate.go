package dap

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// References carry the generation that they belong to, as Delve counts from the
// same number in each: a stale one is refused and never means something else.
//
//   - frame ids and variable references, which are Delve's plus slot<<referenceBits
//   - memory references and addresses of instructions, which are hexadecimal
//     numbers with the slot above the 48 bits of an address, so that clients may
//     reckon with them; a number without a slot, which a person has typed, is of
//     the current generation
//   - data ids, which are Delve's after "slot:"
//
// A slot stands for a generation until 1023 have come after it.
const (
	slots         = 1<<10 - 1
	referenceBits = 21 // below the 31 that DAP allows
	addressBits   = 48
)

// errStale is the answer to a reference of another generation.
var errStale = errors.New("this reference is from before the app was started anew")

// translator translates between a client and a generation.
type translator struct {
	slot  int
	paths paths
}

// outbound rewrites a body on its way to the client, in place.
func (t translator) outbound(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			t.outbound(e)
		}
	case object:
		for key, e := range v {
			switch key {
			case "variablesReference", "frameId", "stackFrameId":
				v[key] = t.number(e)
			case "memoryReference", "instructionPointerReference", "instructionReference", "address":
				v[key] = t.address(e)
			case "dataId":
				if id, ok := e.(string); ok {
					v[key] = fmt.Sprintf("%d:%s", t.slot, id)
				}
			case "stackFrames":
				frames, _ := e.([]any)
				for _, f := range frames {
					if f, ok := f.(object); ok {
						f["id"] = t.number(f["id"])
					}
				}
				t.outbound(e)
			case "source", "location":
				if s, ok := e.(object); ok {
					if path, ok := s["path"].(string); ok {
						s["path"] = t.paths.toClient(path)
					}
				}
			default:
				t.outbound(e)
			}
		}
	}
}

// number gives a reference of Delve's its slot; one too large to carry it is
// no reference.
func (t translator) number(v any) any {
	n, ok := integer(v)
	switch {
	case !ok || n == 0:
		return v
	case n >= 1<<referenceBits:
		return 0
	}
	return t.slot<<referenceBits | n
}

func (t translator) address(v any) any {
	s, _ := v.(string)
	n, err := strconv.ParseUint(s, 0, 64)
	if err != nil || n == 0 || n>>addressBits != 0 { // Delve's "before" and "after everything" are 0 and -1
		return v
	}
	return fmt.Sprintf("%#x", uint64(t.slot)<<addressBits|n)
}

// inbound rewrites the arguments of a request for Delve, in place.
func (t translator) inbound(v any) error {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if err := t.inbound(e); err != nil {
				return err
			}
		}
	case object:
		for key, e := range v {
			var err error
			switch key {
			case "variablesReference", "frameId":
				v[key], err = t.bareNumber(e)
			case "memoryReference", "instructionReference":
				v[key], err = t.bareAddress(e)
			case "dataId":
				v[key], err = t.bareDataID(e)
			case "source":
				if s, ok := e.(object); ok {
					if path, ok := s["path"].(string); ok {
						s["path"] = t.paths.toBuild(path)
					}
				}
			default:
				err = t.inbound(e)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (t translator) bareNumber(v any) (any, error) {
	n, ok := integer(v)
	switch {
	case !ok || n == 0:
		return v, nil
	case n>>referenceBits != t.slot:
		return nil, errStale
	}
	return n & (1<<referenceBits - 1), nil
}

func (t translator) bareAddress(v any) (any, error) {
	s, _ := v.(string)
	n, err := strconv.ParseUint(s, 0, 64)
	if err != nil || n>>addressBits == 0 || n>>addressBits > slots {
		return v, nil // Delve says what is wrong with it, if anything is
	}
	if n>>addressBits != uint64(t.slot) {
		return nil, errStale
	}
	return fmt.Sprintf("%#x", n&(1<<addressBits-1)), nil
}

func (t translator) bareDataID(v any) (any, error) {
	s, _ := v.(string)
	slot, id, ok := strings.Cut(s, ":")
	if !ok || slot != strconv.Itoa(t.slot) {
		return nil, errStale
	}
	return id, nil
}

// integer returns the whole number that v is.
func integer(v any) (int, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(n.String())
	return i, err == nil
}
