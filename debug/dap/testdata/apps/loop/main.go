// Command loop answers lines of its standard input.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sync"
	"time"
)

var (
	boot  string
	count int
)

func init() {
	boot = "v1" // INIT
}

func hello(name string) string {
	msg := boot + " " + name // HELLO
	count++                  // COUNT
	return msg               // RETURN
}

func block() int {
	fmt.Println("blocks")
	time.Sleep(time.Hour)
	return 0
}

func twice(name string) string {
	first := hello(name) // TWICE
	return first + first
}

func main() {
	fmt.Println("ready")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		switch line := in.Text(); line {
		case "panic":
			panic("boom") // PANIC
		case "throw":
			new(sync.Mutex).Unlock() // THROW
		case "exit":
			os.Exit(3)
		case "block":
			fmt.Println(block()) // BLOCK
		case "twice":
			fmt.Println(twice(line))
		default:
			fmt.Println(hello(line)) // CALL
		}
	}
}
