// Command app adds up prices for each line of its standard input.
package main

import (
	"bufio"
	"fmt"
	"os"
)

type item struct {
	Name  string
	Price int
	next  *item
}

var served int

func total(items []item, rate int) (sum int) {
	for i, it := range items {
		sum += it.Price * rate // SUM
		_ = i
	}
	return sum // RETURN
}

func main() {
	list := []item{{Name: "tea", Price: 3}, {Name: "cake", Price: 4}}
	list[0].next = &list[1]
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		served++
		fmt.Println(total(list, len(in.Text()))) // CALL
	}
}
