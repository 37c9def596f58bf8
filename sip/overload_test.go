package sip

import (
	"testing"
	"time"
)

func TestOverload(t *testing.T) {
	const ms = time.Millisecond
	type call struct{ at, wait time.Duration }
	every := func(from, to, step, wait time.Duration) (calls []call) {
		for at := from; at < to; at += step {
			calls = append(calls, call{at, wait})
		}
		return calls
	}
	for name, tt := range map[string]struct {
		calls []call
		then  time.Duration
		want  bool
	}{
		"nothing":                       {nil, 0, false},
		"a few, slow":                   {every(0, 1000*ms, 20*ms, 500*ms), 1000 * ms, false},
		"quick":                         {every(0, 1000*ms, 2*ms, ms), 1000 * ms, false},
		"slow":                          {every(0, 1000*ms, 2*ms, 200*ms), 1000 * ms, true},
		"slow, with one quick in a row": {append(every(0, 1000*ms, 2*ms, 200*ms), append([]call{{1000 * ms, ms}}, every(1001*ms, 1060*ms, 2*ms, 200*ms)...)...), 1060 * ms, false},
		"one is slow":                   {append(append(every(0, 500*ms, 2*ms, ms), call{500 * ms, 400 * ms}), every(501*ms, 620*ms, 2*ms, ms)...), 620 * ms, false},
		"slow, then less so":            {append(every(0, 500*ms, 2*ms, 200*ms), every(500*ms, 1000*ms, 2*ms, 60*ms)...), 1000 * ms, true},
		"slow, then quick":              {append(every(0, 500*ms, 2*ms, 200*ms), every(500*ms, 1000*ms, 2*ms, 5*ms)...), 1000 * ms, false},
		"slow, then nothing":            {every(0, 500*ms, 2*ms, 200*ms), 3000 * ms, false},
	} {
		var o overload
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for _, c := range tt.calls {
			o.saw(func() time.Time { return start.Add(c.at) }, start.Add(c.at-c.wait))
		}
		if got := o.refuses(start.Add(tt.then)); got != tt.want {
			t.Errorf("%s: refuses %v, want %v", name, got, tt.want)
		}
	}
}
