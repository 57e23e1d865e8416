// SPDX-License-Identifier: GPL-2.0-or-later
// Goroutines that take a lock by a function of their own, while their stacks grow and are walked.
// Prints how often.
package main

import (
	"fmt"
	"runtime"
	"sync"
)

var mutex sync.Mutex
var taken int

//go:noinline
func take(depth int) {
	var room [256]byte

	room[depth%256] = 1
	if depth > 0 {
		take(depth - 1)
	} else {
		mutex.Lock()
		runtime.GC()
	}
	runtime.KeepAlive(room)
}

//go:noinline
func give() {
	mutex.Unlock()
}

func main() {
	var all sync.WaitGroup

	for i := 0; i < 4; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			for j := 0; j < 5; j++ {
				take(50)
				taken++
				give()
			}
		}()
	}
	all.Wait()
	fmt.Println("taken", taken)
}
