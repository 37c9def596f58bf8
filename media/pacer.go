//go:build !linux

package media

import "time"

// pacer sleeps until a phase begins; nothing else in this package sleeps.
type pacer struct{ clock clock }

func newPacer(c clock) *pacer { return &pacer{c} }

// sleepUntil returns when the phase has begun.
func (p *pacer) sleepUntil(phase int64) {
	time.Sleep(time.Duration(phase*1e6 - p.clock.ns()))
}
