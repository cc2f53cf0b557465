package dap

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"

	"github.com/google/go-dap"
)

// point is a breakpoint on an instruction or on data. It is an address in one
// process, so that it ends with the generation that it was set in; the ledger
// knows nothing of it.
type point struct {
	id         int    // the front's
	name       string // what the client calls it, the same while it is the same
	spec       object // for Delve: its reference without the generation
	generation int    // that it is in; 0: none any more

	dap.Breakpoint // how it stands, as Delve has said
}

// pointsFrom is the first id of a point; those of the ledger count from 1.
const pointsFrom = 1 << 30

// pointKind is one of the two kinds of points.
type pointKind struct {
	command string   // that sets them, all of the kind at once
	name    []string // the members of a spec that make up its name
	key     string   // the member that Delve tells them apart by
}

var (
	instructionPoints = &pointKind{"setInstructionBreakpoints", []string{"instructionReference", "offset"}, "instructionReference"}
	dataPoints        = &pointKind{"setDataBreakpoints", []string{"dataId", "accessType"}, "dataId"}
)

// setPoints replaces the points of a kind that c has.
func (l *loop) setPoints(c *client, req message, kind *pointKind) error {
	var args struct {
		Breakpoints []json.RawMessage `json:"breakpoints"`
	}
	if err := req.arguments(&args); err != nil {
		return err
	}
	list := make([]*point, len(args.Breakpoints))
	for i, raw := range args.Breakpoints {
		v, err := decode(raw)
		if err != nil {
			return fmt.Errorf("the arguments of %s: %w", req.Command, err)
		}
		spec, ok := v.(object)
		if !ok {
			return fmt.Errorf("the arguments of %s: breakpoint %d is no object", req.Command, i+1)
		}
		list[i] = l.newPoint(c, kind, spec)
	}
	if c.points == nil {
		c.points = map[*pointKind][]*point{}
	}
	c.points[kind] = list
	answer := func(m message) {
		if !m.Success && m.Message != "" {
			c.fail(req, m.reason().Error())
			return
		}
		shown := make([]dap.Breakpoint, len(list))
		for i, p := range list {
			shown[i] = p.shown(c)
		}
		c.answer(req, dap.SetInstructionBreakpointsResponseBody{Breakpoints: shown})
	}
	if l.current == nil {
		answer(message{Success: true})
		return nil
	}
	l.armPoints(l.current, kind, c, answer)
	return nil
}

// newPoint returns the point that c means by spec.
func (l *loop) newPoint(c *client, kind *pointKind, spec object) *point {
	name := ""
	for _, member := range kind.name {
		name += fmt.Sprint(spec[member], " ")
	}
	p := &point{name: name, spec: spec}
	for _, old := range c.points[kind] {
		if old.name == name {
			p.id = old.id
		}
	}
	if p.id == 0 {
		p.id = pointsFrom + l.pointsSeen
		l.pointsSeen++
	}
	if l.current == nil {
		p.Message = "the app does not run"
		return p
	}
	if err := c.translator(l.current).inbound(spec); err != nil {
		p.Message = err.Error()
		return p
	}
	if kind == instructionPoints {
		addOffset(spec)
	}
	p.generation = l.current.number
	return p
}

// addOffset adds the offset of an instruction breakpoint to its reference, as
// Delve pays no attention to it.
func addOffset(spec object) {
	reference, _ := spec["instructionReference"].(string)
	address, err := strconv.ParseInt(reference, 0, 64)
	offset, ok := integer(spec["offset"])
	if err == nil && ok {
		spec["instructionReference"] = fmt.Sprintf("%#x", address+int64(offset))
		delete(spec, "offset")
	}
}

// armPoints gives Delve the points of a kind that all clients have in g; then
// gets its answer, or a failed one.
func (l *loop) armPoints(g *generation, kind *pointKind, c *client, then func(message)) {
	var specs []object
	var owners [][]*point // of each of specs
	at := map[any]int{}
	for _, other := range l.clients {
		for _, p := range other.points[kind] {
			if p.generation != g.number {
				continue
			}
			key := p.spec[kind.key]
			if i, ok := at[key]; ok { // Delve takes each once
				specs[i], owners[i] = unite(specs[i], p.spec), append(owners[i], p)
				continue
			}
			at[key] = len(specs)
			specs, owners = append(specs, maps.Clone(p.spec)), append(owners, []*point{p})
		}
	}
	g.points[kind] = g.points[kind] || len(specs) > 0
	if specs == nil {
		specs = []object{}
	}
	g.call(c, kind.command, object{"breakpoints": specs}, func(m message) {
		var body dap.SetInstructionBreakpointsResponseBody
		if m.Success {
			_ = json.Unmarshal(m.Body, &body) // one of another form says nothing of any point
		}
		for i, points := range owners {
			var b dap.Breakpoint
			if i < len(body.Breakpoints) {
				b = body.Breakpoints[i]
			}
			ids := make([]int, len(points))
			for j, p := range points {
				ids[j] = p.id
				p.Breakpoint = b
			}
			g.hits[b.Id] = ids
		}
		then(m)
	})
}

// unite returns what stops where a does and where b does.
func unite(a, b object) object {
	if a["accessType"] != b["accessType"] {
		a["accessType"] = "readWrite"
	}
	if a["hitCondition"] != b["hitCondition"] {
		delete(a, "hitCondition")
	}
	first, _ := a["condition"].(string)
	second, _ := b["condition"].(string)
	switch {
	case first == second:
	case first == "" || second == "":
		delete(a, "condition")
	default:
		a["condition"] = fmt.Sprintf("(%s) || (%s)", first, second)
	}
	return a
}

// forgetPoints says of all points that they are no more.
func (l *loop) forgetPoints() {
	for _, c := range l.clients {
		for _, list := range c.points {
			for _, p := range list {
				if p.generation == 0 {
					continue
				}
				const why = "the app was started anew, its addresses are other ones: set this breakpoint again"
				p.generation, p.Breakpoint = 0, dap.Breakpoint{Message: why}
				c.tell("breakpoint", dap.BreakpointEventBody{Reason: "changed", Breakpoint: p.shown(c)})
			}
		}
	}
}

// shown returns the point as c, whose it is, is to see it.
func (p *point) shown(c *client) dap.Breakpoint {
	b := p.Breakpoint
	b.Id = p.id
	if b.Source != nil {
		source := *b.Source
		source.Path = c.config.SubstitutePath.toClient(source.Path)
		b.Source = &source
	}
	return b
}
