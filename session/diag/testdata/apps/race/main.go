// Command race has a data race. The comments mark the lines of its accesses;
// which of them is found first is the scheduler's choice.
package main

import "fmt"

func main() {
	n := 0
	done := make(chan bool)
	go count(&n, done)
	n++ // at access
	<-done
	fmt.Println(n)
}

func count(n *int, done chan bool) {
	*n++ // at access
	done <- true
}
