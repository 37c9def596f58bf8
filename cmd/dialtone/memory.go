package main

import (
	"runtime/debug"
	"time"
)

// Memory is bounded by what live calls need, half as much again, and what a burst of calls or registrations leaves as garbage.
const (
	garbageShare  = 50       // % of what is in use that garbage may come to before it is collected (GOGC)
	leastGarbage  = 64 << 20 // bytes that it may come to in any case, so that a small server does not collect all the time; given back after
	giveBackEvery = 2 * time.Second
	giveBackAgain = 20 // so many times giveBackEvery later again
	giveBackCalls = 50 // so many calls have to have come or gone for it to be worth the work
)

// weigh makes the collector wait for leastGarbage. It is given a weight that takes addresses, and no memory, as nobody
// writes into it; it has to be kept.
func weigh() []byte { return make([]byte, leastGarbage*100/garbageShare) }

// giveBack returns memory to the system, which Go itself does only after minutes: when many calls have come and no
// more follow, for setting one up leaves as much garbage as it then needs; when at least half of them have gone; and
// once more when signalling has let go of what it keeps of a call for 32 s, in case something is sent again. live is
// how many calls there are.
func giveBack(live func() int, stopped <-chan struct{}) {
	tick := time.NewTicker(giveBackEvery)
	defer tick.Stop()
	least, most, before, again := 0, 0, 0, 0
	for {
		select {
		case <-stopped:
			return
		case <-tick.C:
		}
		n := live()
		least, most = min(least, n), max(most, n)
		come := n-least >= max(giveBackCalls, least/4) && n-before <= giveBackCalls/10
		gone := most-n >= max(giveBackCalls, n)
		before = n
		if come || gone {
			least, most, again = n, n, giveBackAgain
			debug.FreeOSMemory()
		} else if again > 0 {
			if again--; again == 0 {
				debug.FreeOSMemory()
			}
		}
	}
}
