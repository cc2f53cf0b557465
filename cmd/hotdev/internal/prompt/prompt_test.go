//go:build linux

package prompt_test

import (
	"fmt"
	"testing"
)

// TestCommands goes through the commands on a program that stands.
func TestCommands(t *testing.T) {
	a := newApp(t)
	a.start()
	c := a.prompt()
	sum, ret, call := a.line("SUM"), a.line("RETURN"), a.line("CALL")

	c.do("print 1", "Command failed: the program is running")
	c.do("nonsense", "Command failed: command not available: nonsense")
	c.do(fmt.Sprintf("break main.go:%d if rate > 1", sum), fmt.Sprintf(`^Breakpoint (\d+) set at ./main.go:%d\n`, sum))
	c.do(fmt.Sprintf("b main.go:%d", sum), "Command failed: breakpoint exists")
	a.say("ab")
	c.expect(fmt.Sprintf(`^> \[Breakpoint \d+\] main.total\(\) ./main.go:%d \(goroutine 1\) \(PC: 0x[0-9a-f]{1,12}\)\n(.*\n){5}=> +%d:\t\t.*SUM`, sum, sum))

	c.do("args", `^items = \[\]main.item len: 2, .*\nrate = 2\nsum = 0\n`)
	c.do("locals", `^it = main.item .*\ni = 0\n`)
	c.do("locals ^i$", `^i = 0\n`)
	c.do("vars served", `^served = 1\n`)
	c.do("p it.Name", `^"tea"\n`)
	c.do("print items[0].next.Price * 2", `^8\n`)
	c.do("p nothing", `^Command failed: .*could not find symbol value for nothing`)
	c.do("whatis items[0].next", `^\*main.item\n`)
	c.do("set rate = 5\nprint rate", `^5\n`)
	c.do("set items[1].next.Price = 1", `^Command failed: `) // next is nil
	c.do("set items[0].next.Price = 9\nprint items[1].Price", `^9\n`)
	c.do("set it.Price = 7\nprint it.Price", `^7\n`)
	c.do("display -a rate", `^0: rate = 5\n`)
	c.do("call total(items, 1)", `^Values returned:\n\t12\n`)

	c.do("stack", fmt.Sprintf(`^0  0x[0-9a-f]+ in main.total\n   at ./main.go:%d\n1  0x[0-9a-f]+ in main.main\n   at ./main.go:%d\n`, sum, call))
	c.do("bt 0", `^0  .*\n`)
	c.do("up", fmt.Sprintf(`^> \[frame 1\] main.main\(\) ./main.go:%d `, call))
	c.do("print list[1].Name", `^"cake"\n`)
	c.do("down", `^> \[frame 0\] main.total`)
	c.do("down", `^Command failed: invalid frame -1`)
	c.do("frame 1 print list[0].Name", `^"tea"\n`)
	c.do("print rate", `^5\n`)
	other := c.do("goroutines", `^\* Goroutine 1 - main.total \(thread \d+\)\n  Goroutine (\d+) - .*\n`)[0]
	c.expect(`^\[\d+ goroutines\]\n`)
	c.do("goroutine", fmt.Sprintf(`^Goroutine 1:\n\t./main.go:%d main.total`, sum))
	c.do("goroutine "+other, `^Switched from 1 to `+other+`\n`)
	c.do("goroutine 1 print rate", `^5\n`)
	c.do("goroutine 1", `^Switched from `+other+` to 1\n`)
	c.do("list", fmt.Sprintf(`^Showing ./main.go:%d \(PC: 0x[0-9a-f]+\)\n`, sum))
	c.do("list main.go:1", `^Showing ./main.go:1\n     1:\t// Command app`)
	c.do("sources /app.*main.go$|main.go$", `main.go`)
	c.do("examinemem -x &rate", `^0x[0-9a-f]+:`)
	c.do("config -list", `stackTraceDepth`)
	c.do("help", `The following commands are available:(?s:.*)continue \(alias: c\)`)
	c.do("help break", `locspec(?s:.*)Aliases: b\n`)

	c.do("next", fmt.Sprintf(`^> main.total\(\) ./main.go:%d `, sum+1))
	c.expect(`^0: rate = 5\n`)
	c.do("display -d 0", ``)
	c.do("clearall", `^Breakpoint \d+ cleared at ./main.go`)
	c.do(fmt.Sprintf("tbreak %d", ret), `^Command failed: command not available`)
	c.do(fmt.Sprintf("break ret %d", ret), fmt.Sprintf(`^Breakpoint ret set at ./main.go:%d`, ret))
	c.do("on ret print sum", "")
	c.do("c", `^> \[Breakpoint ret\] main.total\(\) (.*\n)+?\d+\n`)
	c.do("breakpoints", fmt.Sprintf(`^Breakpoint ret \(enabled\) at ./main.go:%d\n\tprint sum\n`, ret))
	c.do("condition ret sum >", `^Breakpoint ret at .* is not set yet: condition "sum >" does not compile`)
	c.do("condition -clear ret", "")
	c.do("condition -hitcount ret > 100\nbp", `^\tcond -hitcount > 100\n`)
	c.do("stepout", `^> main.main\(\) `)
	c.do("clear ret", `^Breakpoint ret cleared`)
	c.do("clear ret", `^Command failed: no breakpoint with name or id "ret"`)

	c.do("break main.total", `^Breakpoint (\d+) set at main.total\(\) ./main.go:\d+\n`)
	c.enter("continue")
	a.say("x")
	c.expect(`^> \[Breakpoint \d+\] main.total\(\) `)
	c.do("step", `^> main.total\(\) `)
	c.do("si", `^> main.total\(\) `)
	c.do("exit", "")
	c.end()
}

// TestReload keeps the prompt and its breakpoint while the app is built anew.
func TestReload(t *testing.T) {
	a := newApp(t)
	a.start()
	c := a.prompt()
	c.expect(`^Process 1001 runs\n`)
	c.do(fmt.Sprintf("break main.go:%d", a.line("SUM")), `^Breakpoint \d+ set`)
	c.enter("c")
	a.say("ab")
	c.expect(`^> \[Breakpoint \d+\] main.total`)

	a.edit("package main\n", "package main\n\n// One more line.\n")
	c.do("restart", `^Process 1002 runs\n`)
	c.do("print 1", `^Command failed: the program is running`)
	c.enter("c")
	a.say("abc")
	c.expect(fmt.Sprintf(`^> \[Breakpoint \d+\] main.total\(\) ./main.go:%d `, a.line("SUM")))
	c.do("print rate", `^3\n`)

	a.edit("		sum += it.Price * rate // SUM\n		_ = i\n", "		_, _ = i, it\n")
	c.do("restart", `breakpoint lost: its statement is no longer in main.go`)
	a.edit("package main\n", "package main\n!")
	c.do("restart", `^Command failed: .*exit status 1`)

	a.front.Announce("hotdev/buildFailed", map[string]any{
		"rev": 7, "outcome": "buildFailed", "message": "1 error", "total": 12.3,
		"diagnostics": []any{map[string]any{"file": a.file, "line": 2, "col": 1, "message": "syntax error"}},
	})
	c.expect(`^hotdev: rev 7: buildFailed: 1 error \(12 ms\)\n./main.go:2:1: syntax error\n`)
	c.input.Close() // the end of a script is as good as exit
	c.end()
}

// TestNoApp sets a breakpoint before there is any program.
func TestNoApp(t *testing.T) {
	a := newApp(t)
	c := a.prompt()
	c.do(fmt.Sprintf("break main.go:%d", a.line("CALL")), `^Breakpoint \d+ at ./main.go:\d+ is not set yet: .*the app is not running`)
	c.do("break nowhere.go:1", `^Command failed: there is no file `)
	c.do("break main.go:x", `^Command failed: .*the line is to be a number`)
	c.do("list", `^Command failed: the program is running`)
	a.start()
	c.expect(`^Breakpoint \d+ set at ./main.go`)
	c.enter("c")
	a.say("ab")
	c.expect(`^> \[Breakpoint \d+\] main.main`)
}

// TestHalt stops a program that waits, from a script.
func TestHalt(t *testing.T) {
	a := newApp(t)
	a.start()
	c := a.prompt()
	c.do("halt", `^> \[pause\] `)
	c.do("halt", `^Command failed: the program stands already`)
	c.enter("stack")
	c.expect(`^0  0x`)
}
