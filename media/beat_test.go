package media

import "testing"

func TestBeat(t *testing.T) {
	for _, tt := range []struct {
		name  string
		ptime int
		at    func(i int64) int64 // ms in which packet i comes
		place int64               // -1: there is none
	}{
		{"even", 20, func(i int64) int64 { return 20*i + 7 }, 8},
		{"even, at the end of the slot", 20, func(i int64) int64 { return 20*i + 19 }, 0},
		{"even, at its beginning", 20, func(i int64) int64 { return 20 * i }, 1},
		{"somewhat uneven", 20, func(i int64) int64 { return 20*i + 3 + i%5 }, 8},
		{"around the end", 20, func(i int64) int64 { return 20*i + 17 + i%6 }, 3},
		{"two places", 20, func(i int64) int64 { return 20*i + 2 + i%2*5 }, 8},
		{"in every ms", 20, func(i int64) int64 { return 21 * i }, -1},
		{"with short pauses", 20, func(i int64) int64 { return 20*i + i%5*4 }, -1},
		{"slots of 10 ms", 10, func(i int64) int64 { return 10*i + 9 }, 0},
		{"slots of 60 ms", 60, func(i int64) int64 { return 60*i + 40 }, 41},
	} {
		var b beat
		for i := range int64(beatKnown - 1) {
			b.add(tt.at(i), tt.ptime)
		}
		if _, ok := b.place(tt.ptime); ok {
			t.Errorf("%s: known too early", tt.name)
		}
		b.add(tt.at(beatKnown-1), tt.ptime)
		got, ok := b.place(tt.ptime)
		if !ok {
			got = -1
		}
		if got != tt.place {
			t.Errorf("%s: at %d, want %d", tt.name, got, tt.place)
		}
		if b != (beat{}) {
			t.Errorf("%s: it is not looked for anew", tt.name)
		}
	}
}

// The slots of a bridged stream come to lie where its packets come; those of one that is not stay.
func TestSlotsFollowTheBeat(t *testing.T) {
	for shift := range int64(20) {
		p := newBridged(t, muParams(), muParams())
		p.step(shift)
		other := p.callee.due % 20
		at := p.now % 20
		p.say(2*beatKnown, 20)
		if after := (p.caller.due - at + 20) % 20; after < 1 || after > beatSlack+1 {
			t.Errorf("packets come at %d, slots are %d ms later", at, after)
		}
		if p.callee.due%20 != other {
			t.Errorf("the slots of who hears nothing have moved")
		}
		if late := p.streams.Stats().Delays; late.Beyond(1) != 0 {
			t.Errorf("slots were late: %v", late)
		}
	}
}
