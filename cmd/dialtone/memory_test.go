package main

import (
	"runtime"
	gometrics "runtime/metrics"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestMemoryIsGivenBackWhenCallsHaveGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		stopped := make(chan struct{})
		defer close(stopped)
		go giveBack(func() int { return int(calls.Load()) }, stopped)
		calls.Store(1000)
		held := make([][]byte, 64)
		for i := range held {
			held[i] = make([]byte, 1<<20)
			for at := range held[i] {
				held[i][at] = 1
			}
		}
		time.Sleep(2 * giveBackEvery)
		before := released()
		runtime.KeepAlive(held)
		held = nil
		calls.Store(400)
		time.Sleep(2 * giveBackEvery)
		if got := released() - before; got < 48<<20 || got > 1<<40 {
			t.Errorf("%d MB given back of 64", int64(got)>>20)
		}
	})
}

// released is how much memory the system has back.
func released() uint64 {
	sample := []gometrics.Sample{{Name: "/memory/classes/heap/released:bytes"}}
	gometrics.Read(sample)
	return sample[0].Value.Uint64()
}

// Calls that are over within a second, and registrations, leave garbage and no calls to count.
func TestMemoryIsGivenBackAfterABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped := make(chan struct{})
		defer close(stopped)
		go giveBack(func() int { return 0 }, stopped)
		garbage := make([][]byte, 2*leastGarbage>>20)
		for i := range garbage {
			garbage[i] = make([]byte, 1<<20)
			for at := range garbage[i] {
				garbage[i][at] = 1
			}
		}
		before := released()
		runtime.KeepAlive(garbage)
		garbage = nil
		time.Sleep(3 * giveBackEvery)
		if got := released() - before; got < leastGarbage || got > 1<<40 {
			t.Errorf("%d MB given back of %d", int64(got)>>20, 2*leastGarbage>>20)
		}
	})
}
