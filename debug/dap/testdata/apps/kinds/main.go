// Command kinds has variables of every kind.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
)

type shape interface{ area() float64 }

type square struct{ side float64 }

func (s square) area() float64 { return s.side * s.side }

type node struct {
	name string
	next *node
	tags []string
	byID map[int]string
}

var global = 42

func double(n int) int {
	return n * 2 // DOUBLE
}

func deep(n int) int {
	if n == 0 {
		return 0 // DEEP
	}
	return 1 + deep(n-1)
}

func kinds(line string) int {
	flag, small, large := true, int8(-3), uint64(1<<63)
	ratio, imaginary, letter := 1.5, 2+3i, 'ä'
	bytes := []byte("hällo")
	long := make([]int, 200)
	matrix := [2][2]int{{1, 2}, {3, 4}}
	first := &node{name: "first", tags: []string{"a", "b"}, byID: map[int]string{7: "seven"}}
	first.next = &node{name: "second"}
	var none *node
	var shown shape = square{side: 2}
	var nothing shape
	failure := errors.New("broken")
	calls := func(n int) int { return n + small2(small) }
	results := make(chan int, 2)
	results <- 1
	anonymous := struct{ x, y int }{1, 2}
	sum := 0
	for i := range 3 {
		sum += i // LOOP
	}
	sum = double(sum) // KINDS
	sum += deep(60)   // CALL
	fmt.Println(flag, small, large, ratio, imaginary, letter, len(bytes), len(long), matrix, first.name, none == nil,
		shown.area(), nothing == nil, failure, calls(1), <-results, anonymous, line, sum)
	return sum
}

func small2(n int8) int { return int(n) }

func main() {
	wait := make(chan bool)
	for range 3 {
		go func() { <-wait }()
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		switch line := in.Text(); line {
		case "panic":
			panic(fmt.Sprintf("with %d", global))
		default:
			kinds(line)
		}
	}
}
