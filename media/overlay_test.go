package media

import (
	"bytes"
	"slices"
	"testing"

	"dialtone/dtmf"
	"dialtone/media/g711"
)

// level is a clip of n samples of one level, in μ-law.
func level(s int16, n int) clip { return bytes.Repeat([]byte{g711.Mu.Encode(s)}, n) }

// sentLevels are the levels of what was sent, each once for as long as it lasts.
func sentLevels(packets []sentPacket) (levels []int16) {
	for _, p := range packets {
		if p.payloadType != 0 {
			continue
		}
		for _, b := range p.payload {
			levels = append(levels, g711.Mu.Decode(b))
		}
	}
	return slices.Compact(levels)
}

func TestOverlayIsHeardOverWhatPlays(t *testing.T) {
	a, b := g711.Mu.Decode(g711.Mu.Encode(1000)), g711.Mu.Decode(g711.Mu.Encode(2000))
	sum := g711.Mu.Decode(g711.Mu.Encode(a + b))
	for name, test := range map[string]struct {
		under, over clip
		omit        bool
		key         bool
		want        []int16
		packets     int // of 10 slots
	}{
		"both":                {level(1000, 1600), level(2000, 400), false, false, []int16{sum, a}, 10},
		"over silence":        {nil, level(2000, 400), false, false, []int16{b, 0}, 10},
		"silence is not sent": {nil, level(2000, 320), true, false, []int16{b}, 2},
		"beyond the end":      {level(1000, 160), level(2000, 320), false, false, []int16{sum, b, 0}, 10},
		"nothing over it":     {level(1000, 1600), nil, false, false, []int16{a}, 10},
		"silence over it":     {level(1000, 1600), level(0, 320), false, false, []int16{a}, 10},
		"a key meanwhile":     {level(1000, 3200), level(2000, 480), false, true, []int16{a}, 10},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, Config{OmitSilence: test.omit})
			p := muParams()
			st := l.stream(&p)
			st.Play(test.under)
			st.Overlay(test.over)
			if test.key {
				if err := st.SendDigit('1', 100, dtmf.Event); err != nil {
					t.Fatal(err)
				}
			}
			l.step(200)
			packets := l.take()
			if got := sentLevels(packets); !slices.Equal(got, test.want) || len(packets) != test.packets {
				t.Errorf("%d packets with levels %v, want %d with %v", len(packets), got, test.packets, test.want)
			}
		})
	}
}

func TestOverlayEndsWhenItIsToldTo(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	st.Overlay(level(2000, 8000))
	l.step(40)
	st.Overlay(level(1000, 160))
	l.step(40)
	st.Overlay(level(2000, 8000))
	l.step(20)
	st.Overlay(nil)
	l.step(40)
	a, b := g711.Mu.Decode(g711.Mu.Encode(1000)), g711.Mu.Decode(g711.Mu.Encode(2000))
	if got := sentLevels(l.take()); !slices.Equal(got, []int16{b, a, 0, b, 0}) {
		t.Errorf("levels %v", got)
	}
	l.streams.shards[0].send = func(*Stream, []byte, *target) {}
	l.streams.shards[0].report = func(*Stream, []byte, *target) {}
	st.Overlay(counting(1 << 22))
	l.step(30000)
	if n := testing.AllocsPerRun(1000, func() { l.step(20) }); n != 0 {
		t.Errorf("%v allocations per slot", n)
	}
}
