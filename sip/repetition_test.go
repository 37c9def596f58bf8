package sip

import (
	"slices"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

func TestRepetition(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		reliable bool
		most     time.Duration
		want     []float64 // s after the first; the last is the end
	}{
		"INVITE, RFC 3261 §17.1.1.2": {false, 64 * gosip.T1, []float64{0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 32}},
		"others, RFC 3261 §17.1.2.2": {false, gosip.T2, []float64{0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5, 32}},
		"on a connection":            {true, gosip.T2, []float64{32}},
	} {
		r := repeated(start, tt.reliable, tt.most)
		now := start
		var got []float64
		for {
			wait, more := r.next(now)
			if !more {
				break
			}
			now = now.Add(wait)
			got = append(got, now.Sub(start).Seconds())
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: after %v s, want %v", name, got, tt.want)
		}
	}
}
