// Command crash ends, or complains, in the way that its argument names. The
// comment "// at NAME" marks the line where the diagnostic of NAME belongs. It
// imports no package that uses cgo: with C threads there is no deadlock found.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"sync"
)

type failure struct{ code int }

type numbers []int

func main() {
	ways := map[string]func(){
		"panic":     func() { panic("boom") },                         // at panic
		"lines":     func() { panic(errors.New("first\nsecond")) },    // at lines
		"value":     func() { panic(&failure{7}) },                    // at value
		"nil":       func() { fmt.Println((*failure)(nil).code) },     // at nil
		"index":     func() { fmt.Println(numbers{1}[len(os.Args)]) }, // at index
		"nested":    nested,
		"repanic":   repanic,
		"overflow":  func() { debug.SetMaxStack(1 << 20); fmt.Println(overflow(0)) },
		"deadlock":  deadlock,
		"maps":      maps,
		"goroutine": goroutine,
		"library":   library,
		"recovered": recovered,
		"dump":      debug.PrintStack,
		"fatal":     func() { log.Fatal("no database\nat all") },
		"shortfile": shortfile,
		"longfile":  longfile,
		"exit":      func() { os.Exit(3) },
		"fine":      func() { log.Print("error: only a line") },
	}
	ways[os.Args[1]]()
}

func nested() {
	defer func() { panic("second") }()
	panic("first") // at nested
}

func repanic() {
	defer func() { panic(recover()) }()
	panic("again") // at repanic
}

func overflow(n int) int { // at overflow
	return overflow(n+1) + 1
}

func deadlock() {
	wait := make(chan int)
	go func() { wait <- <-wait }()
	<-wait // at deadlock
	<-wait
}

func maps() {
	m := map[int]int{}
	for range 4 {
		go func() {
			for i := 0; ; i++ {
				m[i%8] = i // at maps
			}
		}()
	}
	select {}
}

func goroutine() {
	var g sync.WaitGroup
	g.Go(func() { panic("in a goroutine") }) // at goroutine
	g.Wait()
}

// library panics with none of its own code on the goroutine's stack but its
// creation.
func library() {
	var g sync.WaitGroup
	g.Add(1)
	go g.Add(-2) // at library
	select {}
}

func recovered() {
	defer func() {
		if r := recover(); r != nil {
			log.Printf("recovered: %v\n%s", r, debug.Stack())
			log.Print("and on")
		}
	}()
	panic("mended") // at recovered
}

func shortfile() {
	log.SetFlags(log.LstdFlags | log.Lshortfile)
	log.Fatal("no database") // at shortfile
}

func longfile() {
	log.SetFlags(log.Llongfile)
	log.Fatal("no database") // at longfile
}
