// Command app is the debuggee of the tests: it does what the lines of its
// standard input say, and answers each with a line.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

var started = "init" // INIT

func init() {
	started += "ialised" // IN INIT
}

func main() {
	switch strings.Join(os.Args[1:], " ") {
	case "graceful":
		term := make(chan os.Signal, 1)
		signal.Notify(term, syscall.SIGTERM)
		go func() {
			<-term
			os.Exit(7)
		}()
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
	}
	fmt.Println("up", os.Getpid(), started)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		command, arg, _ := strings.Cut(lines.Text(), " ")
		do(command, arg)
	}
	select {}
}

func do(command, arg string) {
	switch command {
	case "work":
		fmt.Println("worked", work(len(arg)))
	case "surroundings":
		dir, _ := os.Getwd()
		fmt.Printf("%q\n", append(append(os.Args, dir), os.Environ()...))
	case "listen":
		l, err := net.Listen("tcp", arg)
		fmt.Println("listening", err)
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				c.Close()
			}
		}()
	case "hammer":
		for range 4 {
			go func() {
				for {
					work(1)
				}
			}()
		}
		fmt.Println("hammering")
	case "watch":
		go watch()
		fmt.Println("watching")
	case "freeze":
		<-watched // what has happened up to now
		<-watched
		fmt.Println("frozen", time.Duration(longest.Swap(0)).Microseconds())
	case "print-err":
		fmt.Fprintln(os.Stderr, arg)
	case "exit":
		var code int
		fmt.Sscan(arg, &code)
		os.Exit(code)
	case "kill":
		var sig int
		fmt.Sscan(arg, &sig)
		syscall.Kill(os.Getpid(), syscall.Signal(sig))
		select {}
	}
}

func work(n int) int {
	n *= 2 // WORK
	return n
}

var (
	longest atomic.Int64 // ns
	watched = make(chan struct{})
)

// watch notes the longest time for which this process did not run.
func watch() {
	last := time.Now()
	for {
		time.Sleep(200 * time.Microsecond)
		now := time.Now()
		if d := int64(now.Sub(last)); d > longest.Load() {
			longest.Store(d)
		}
		last = now
		select {
		case watched <- struct{}{}:
		default:
		}
	}
}
