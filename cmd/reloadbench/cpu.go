package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of the times in /proc/PID/stat on Linux (proc(5)).
const clockTick = 10 * time.Millisecond

// treeCPU returns the CPU time that a process and its descendants have used,
// those included that have ended and were waited for; 0 without /proc.
func treeCPU(pid int) time.Duration {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	children, ticks := map[int][]int{}, map[int]int{}
	for _, file := range files {
		if pid, parent, used, err := readStat(file); err == nil {
			children[parent] = append(children[parent], pid)
			ticks[pid] = used
		}
	}
	sum := 0
	for list := []int{pid}; len(list) > 0; list = list[1:] {
		sum += ticks[list[0]]
		list = append(list, children[list[0]]...)
	}
	return time.Duration(sum) * clockTick
}

// readStat reads what a process has used, with its children that have ended.
func readStat(file string) (pid, parent, ticks int, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, 0, err // it has ended
	}
	end := bytes.LastIndexByte(data, ')') // the name before it may hold anything
	fields := strings.Fields(string(data[end+1:]))
	if end < 0 || len(fields) < 15 {
		return 0, 0, 0, fmt.Errorf("%s has too few fields", file)
	}
	if pid, err = strconv.Atoi(filepath.Base(filepath.Dir(file))); err != nil {
		return 0, 0, 0, err
	}
	if parent, err = strconv.Atoi(fields[1]); err != nil {
		return 0, 0, 0, err
	}
	for _, field := range fields[11:15] { // utime, stime, cutime, cstime
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, 0, 0, err
		}
		ticks += n
	}
	return pid, parent, ticks, nil
}
