//go:build !race

package main

// raceFlag builds the program under test as this test is built.
const raceFlag = "-race=false"
