package main

import (
	"runtime/debug"
	"time"
)

// Memory is bounded by what live calls need, and half as much again.
const (
	garbageShare  = 50 // % of what is in use that garbage may come to before it is collected (GOGC)
	giveBackEvery = 10 * time.Second
	giveBackAgain = 4  // so many times giveBackEvery later again
	giveBackCalls = 50 // so many calls have to have gone for it to be worth the work
)

// giveBack returns memory to the system when at least half of the calls have gone since they were most, which Go
// itself does only after minutes; and once more when signalling has let go of what it keeps of a call for 32 s, in case
// something is sent again. live is how many calls there are.
func giveBack(live func() int, stopped <-chan struct{}) {
	tick := time.NewTicker(giveBackEvery)
	defer tick.Stop()
	most, again := 0, 0
	for {
		select {
		case <-stopped:
			return
		case <-tick.C:
		}
		n := live()
		if most = max(most, n); most-n >= max(giveBackCalls, n) {
			most, again = n, giveBackAgain
			debug.FreeOSMemory()
		} else if again > 0 {
			if again--; again == 0 {
				debug.FreeOSMemory()
			}
		}
	}
}
