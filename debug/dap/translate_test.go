package dap

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
)

// What goes out comes back as it was in the same generation, and is refused in
// any other, also when slots are used again.
func TestTranslator(t *testing.T) {
	const body = `{
		"stackFrames": [{"id": 1000, "instructionPointerReference": "0x47f2a0", "source": {"path": "/build/main.go"}}],
		"variables": [{"variablesReference": 1001, "memoryReference": "0xc000012345"}, {"variablesReference": 0, "memoryReference": ""}],
		"dataId": "1,0,x"
	}`
	tree := func(text string) object {
		v, err := decode(json.RawMessage(text))
		if err != nil {
			t.Fatal(err)
		}
		return v.(object)
	}
	rules := paths{{From: "/home/me", To: "/build"}}
	for _, slot := range []int{1, 2, 511, slots} {
		sent := tree(body)
		translator{slot, rules}.outbound(sent)
		frame := sent["stackFrames"].([]any)[0].(object)
		if path := frame["source"].(object)["path"]; path != "/home/me/main.go" {
			t.Errorf("the client sees %v", path)
		}
		variable := sent["variables"].([]any)[0].(object)
		for key, c := range map[string]struct{ sent, bare any }{
			"frameId":              {frame["id"], 1000},
			"variablesReference":   {variable["variablesReference"], 1001},
			"memoryReference":      {variable["memoryReference"], "0xc000012345"},
			"instructionReference": {frame["instructionPointerReference"], "0x47f2a0"},
			"dataId":               {sent["dataId"], "1,0,x"},
		} {
			text, err := json.Marshal(object{key: c.sent})
			if err != nil {
				t.Fatal(err)
			}
			back := tree(string(text))
			if err := (translator{slot, rules}).inbound(back); err != nil || !reflect.DeepEqual(back[key], c.bare) {
				t.Errorf("slot %d: %s %v comes back as %v, %v; want %v", slot, key, c.sent, back[key], err, c.bare)
			}
			if err := (translator{slot%slots + 1, rules}).inbound(tree(string(text))); !errors.Is(err, errStale) {
				t.Errorf("slot %d: %s %v in the next generation: %v", slot, key, c.sent, err)
			}
		}
	}
	if max := slots<<referenceBits | (1<<referenceBits - 1); max > 1<<31-1 {
		t.Errorf("references go up to %d", max)
	}
	large := tree(`{"variablesReference": 2097152}`)
	translator{1, nil}.outbound(large)
	if large["variablesReference"] != 0 {
		t.Errorf("a reference that can't carry its generation is %v", large)
	}
	typed := tree(`{"memoryReference": "0x47f2a0"}`)
	if err := (translator{3, nil}).inbound(typed); err != nil || typed["memoryReference"] != "0x47f2a0" {
		t.Errorf("an address that a person has typed: %v, %v", typed, err)
	}
}

func TestPaths(t *testing.T) {
	for _, c := range []struct{ from, to, client, build string }{
		{"/home/me", "/src", "/home/me/a/b.go", "/src/a/b.go"},
		{"/home/me/", "/src/", "/home/me/a.go", "/src/a.go"},
		{"/home/me/a.go", "/src/a.go", "/home/me/a.go", "/src/a.go"},
		{"/home/me", "/src", "/home/mean/a.go", "/home/mean/a.go"},
		{"/home/me", "example.com/app", "/home/me/a.go", "example.com/app/a.go"},
		{"/home/me", "", "/home/me/a.go", "a.go"},
		{`C:\me`, `/src`, `C:\me\a.go`, `/src/a.go`},
	} {
		p := paths{{From: c.from, To: c.to}}
		if got := p.toBuild(c.client); got != c.build {
			t.Errorf("%s with %v is %s in the build, want %s", c.client, p, got, c.build)
		}
		if got := p.toClient(c.build); got != c.client {
			t.Errorf("%s with %v is the client's %s, want %s", c.build, p, got, c.client)
		}
	}
}
