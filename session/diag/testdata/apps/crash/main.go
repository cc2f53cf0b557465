// Command crash ends, or complains, in the way that its argument names. The
// comment "// at NAME" marks the line where the diagnostic of NAME belongs.
package main

import (
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/debug"
	"sync"
)

type failure struct{ code int }

type numbers []int

func main() {
	ways := map[string]func(){
		"panic":       func() { panic("boom") },                         // at panic
		"lines":       func() { panic(errors.New("first\nsecond")) },    // at lines
		"value":       func() { panic(&failure{7}) },                    // at value
		"nil":         func() { fmt.Println((*failure)(nil).code) },     // at nil
		"index":       func() { fmt.Println(numbers{1}[len(os.Args)]) }, // at index
		"nested":      nested,
		"repanic":     repanic,
		"overflow":    func() { fmt.Println(overflow(0)) },
		"deadlock":    deadlock,
		"maps":        maps,
		"goroutine":   goroutine,
		"library":     library,
		"http":        func() { serve(nil) },
		"slog":        func() { serve(slog.NewLogLogger(slog.NewJSONHandler(os.Stderr, nil), slog.LevelError)) },
		"logfmt":      func() { serve(slog.NewLogLogger(slog.NewTextHandler(os.Stderr, nil), slog.LevelError)) },
		"recovered":   recovered,
		"dump":        debug.PrintStack,
		"superfluous": superfluous,
		"fatal":       func() { log.Fatal("no database\nat all") },
		"shortfile":   shortfile,
		"longfile":    longfile,
		"exit":        func() { os.Exit(3) },
		"fine":        func() { log.Print("error: only a line") },
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

func serve(l *log.Logger) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic("in a handler") // at http
	}))
	s.Config.ErrorLog = l
	s.Start()
	defer s.Close()
	for range 3 {
		http.Get(s.URL)
	}
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

func superfluous() {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(200)
		w.WriteHeader(500) // at superfluous
	}))
	defer s.Close()
	http.Get(s.URL)
}

func shortfile() {
	log.SetFlags(log.LstdFlags | log.Lshortfile)
	log.Fatal("no database") // at shortfile
}

func longfile() {
	log.SetFlags(log.Llongfile)
	log.Fatal("no database") // at longfile
}
