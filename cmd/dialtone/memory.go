package main

import (
	"runtime/debug"
	gometrics "runtime/metrics"
	"time"
)

// Memory is bounded by what live calls need, half as much again, and what a burst of calls or registrations leaves as garbage.
const (
	garbageShare  = 50       // % of what is in use that garbage may come to before it is collected (GOGC)
	leastGarbage  = 16 << 20 // bytes that it may come to in any case, so that a small server does not collect all the time; given back after
	giveBackEvery = 2 * time.Second
	giveBackAgain = 20      // so many times giveBackEvery later again
	giveBackCalls = 50      // so many calls have to have gone for it to be worth the work
	burst         = 8 << 20 // bytes allocated that are worth to be given back
	quiet         = 2 << 20 // bytes allocated in giveBackEvery that are no burst
)

// weigh makes the collector wait for leastGarbage. It is given a weight that takes addresses, and no memory, as nobody
// writes into it; it has to be kept.
func weigh() []byte { return make([]byte, leastGarbage*100/garbageShare) }

// giveBack returns memory to the system, which Go itself does only after minutes: when a burst of calls or registrations is
// over, for setting up a call leaves more garbage than it then needs; when at least half of the calls have gone; and once more when signalling has
// let go of what it keeps of a request for 32 s, in case it comes again. live is how many calls there are.
func giveBack(live func() int, stopped <-chan struct{}) {
	tick := time.NewTicker(giveBackEvery)
	defer tick.Stop()
	most, again := 0, 0
	since, before := allocated(), uint64(0)
	for {
		select {
		case <-stopped:
			return
		case <-tick.C:
		}
		n := live()
		most = max(most, n)
		gone := most-n >= max(giveBackCalls, n)
		now := allocated()
		over := now-since >= burst && now-before < quiet
		before = now
		if over || gone {
			most, since, again = n, now, giveBackAgain
			debug.FreeOSMemory()
		} else if again > 0 {
			if again--; again == 0 {
				debug.FreeOSMemory()
			}
		}
	}
}

// allocated is how many bytes the process has allocated since its start, those that were collected included.
func allocated() uint64 {
	sample := []gometrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	gometrics.Read(sample)
	return sample[0].Value.Uint64()
}
