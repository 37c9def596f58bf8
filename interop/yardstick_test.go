package interop

import (
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// A yardstick is a computation of always the same size, made each 5 ms by a thread that nothing of the server can
// delay: how much longer it takes than usual says how much the machine itself makes packets late.
type yardstick struct {
	stop chan struct{}
	took chan []time.Duration
}

const yardstickEvery = 5 * time.Millisecond

func startYardstick() yardstick {
	y := yardstick{make(chan struct{}), make(chan []time.Duration)}
	go func() {
		runtime.LockOSThread() // and never unlocked: its priority ends with it
		runFirst()
		var took []time.Duration
		tick := time.NewTicker(yardstickEvery)
		defer tick.Stop()
		for {
			select {
			case <-y.stop:
				y.took <- took
				return
			case <-tick.C:
				began := time.Now()
				compute()
				took = append(took, time.Since(began))
			}
		}
	}()
	return y
}

// end gives how much longer than half of the computations one in 1000 took.
func (y yardstick) end() (excess time.Duration) {
	close(y.stop)
	took := <-y.took
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[len(took)*999/1000] - took[len(took)/2]
}

var computed uint32

// compute takes about 0.15 ms, in the processor alone.
func compute() {
	x := computed | 1
	for range 60_000 {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
	}
	computed = x
}

// runFirst gives the calling thread a real-time priority above that of the server's threads, where the system lets it.
func runFirst() {
	_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 2, Flags: unix.SCHED_FLAG_RESET_ON_FORK}, 0)
}
