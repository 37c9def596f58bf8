package media

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// line drives a jitter buffer: packets sent every 20 ms by a far end whose
// first sample is 0 arrive when the test says; every 20 ms 160 samples are taken.
type line struct {
	j       JitterBuffer
	arrive  map[int64][]wirePacket // by ms
	taken   []byte                 // what was heard
	pattern strings.Builder        // per 20 ms: '#' heard, '.' missing, '+' some
}

type wirePacket struct {
	ssrc, ts uint32
	marker   bool
	data     []byte
}

func (l *line) at(ms int64, p wirePacket) {
	if l.arrive == nil {
		l.arrive = map[int64][]wirePacket{}
	}
	l.arrive[ms] = append(l.arrive[ms], p)
}

func (l *line) run(ms int64) {
	for now := range ms {
		for _, p := range l.arrive[now] {
			l.j.Put(now*samplesPerMs, p.ssrc, p.ts, p.marker, p.data)
		}
		if now%20 == 19 {
			l.j.Slot(now*samplesPerMs, 160)
			heard, by := 0, min(max(l.j.Wish(), -160), 160) // what the wish wants is done at once
			l.j.Shifted(by)
			for left := 160 + by; left > 0; {
				var b [160]byte
				n, ok := l.j.Take(b[:min(left, 160)])
				if ok {
					heard += n
					l.taken = append(l.taken, b[:n]...)
				}
				left -= n
			}
			l.pattern.WriteByte(map[bool]byte{true: '#', false: '+'}[heard == 160+by])
			if heard == 0 {
				s := l.pattern.String()
				l.pattern.Reset()
				l.pattern.WriteString(s[:len(s)-1] + ".")
			}
		}
	}
}

// audio is sample numbers, so that what is missing shows.
func audio(from, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte((from + i) / 160 * 31)
	}
	return b
}

func TestJitterBuffer(t *testing.T) {
	base := uint32(1<<32 - 1000) // timestamps wrap
	packet := func(i int) wirePacket {
		return wirePacket{1, base + uint32(i*160), i == 0, audio(i*160, 160)}
	}
	steady := func(l *line, from, to int, delay func(i int) int64) {
		for i := from; i < to; i++ {
			if d := delay(i); d >= 0 {
				l.at(int64(i)*20+5+d, packet(i))
			}
		}
	}
	none := func(int) int64 { return 0 }
	all := audio(0, 160*1000)
	for name, c := range map[string]struct {
		fill    func(l *line)
		ms      int64
		pattern string // of the first slots
		check   func(l *line) error
	}{
		"in order": {func(l *line) { steady(l, 0, 8, none) }, 200, "..########", nil},
		"one lost": {func(l *line) {
			steady(l, 0, 8, func(i int) int64 { return map[bool]int64{true: -1}[i == 3] })
		}, 200, "..###.####", nil},
		"neighbours swapped": {func(l *line) {
			steady(l, 0, 8, func(i int) int64 { return map[bool]int64{true: 21}[i == 3] })
		}, 200, "..########", nil},
		"twice the same": {func(l *line) { steady(l, 0, 8, none); steady(l, 0, 8, none) }, 200, "..#######",
			func(l *line) error { return same(l.taken, all[:8*160]) }},
		"once too late": {func(l *line) {
			steady(l, 0, 10, func(i int) int64 { return map[bool]int64{true: 70}[i == 3] })
		}, 220, "..###.#####", nil},
		"packets of 10 and 30 ms": {func(l *line) {
			l.at(5, wirePacket{1, base, true, audio(0, 80)})
			l.at(6, wirePacket{1, base + 80, false, audio(80, 240)})
			l.at(30, wirePacket{1, base + 320, false, audio(320, 80)})
		}, 100, "..##+", func(l *line) error { return same(l.taken, all[:400]) }},
		"silence not sent, counted by its timestamps": {func(l *line) { steady(l, 0, 3, none); steady(l, 10, 13, none) }, 300,
			"..###.......###", nil},
		"long silence": {func(l *line) { steady(l, 0, 3, none); steady(l, 500, 503, none) }, 10100,
			"..###....", func(l *line) error {
				if !strings.HasSuffix(l.pattern.String(), "..###") {
					return fmt.Errorf("ends with %q", l.pattern.String()[495:])
				}
				return nil
			}},
		"silence not counted: the talkspurt says so": {func(l *line) {
			steady(l, 0, 3, none)
			for i := 3; i < 6; i++ { // 600 ms later, timestamps as if it were not
				p := packet(i)
				p.marker = i == 3
				l.at(int64(i)*20+605, p)
			}
		}, 840, "..###...........................", func(l *line) error { return same(l.taken, all[:6*160]) }},
		"the line becomes slower for good": {func(l *line) {
			steady(l, 0, 20, none)
			steady(l, 20, 40, func(int) int64 { return 120 })
		}, 1000, "", func(l *line) error {
			if lost := 40*160 - len(l.taken); lost > 2*160 {
				return fmt.Errorf("%d samples lost, want at most two packets", lost)
			}
			return nil
		}},
		"a timestamp far away is not believed once": {func(l *line) {
			steady(l, 0, 8, none)
			l.at(70, wirePacket{1, base + 1<<31, false, audio(0, 160)})
		}, 200, "..########", nil},
		"the timestamps jump by 2^31": {func(l *line) {
			steady(l, 0, 4, none)
			for i := 4; i < 12; i++ {
				p := packet(i)
				p.ts += 1 << 31
				l.at(int64(i)*20+5, p)
			}
		}, 260, "..##", func(l *line) error {
			if got := strings.Count(l.pattern.String(), "#"); got < 9 {
				return fmt.Errorf("%d slots heard of 12: %s", got, l.pattern.String())
			}
			return nil
		}},
		"another SSRC starts anew": {func(l *line) {
			steady(l, 0, 4, none)
			for i := 4; i < 8; i++ {
				p := packet(i)
				p.ssrc, p.ts = 2, p.ts*7
				l.at(int64(i)*20+5, wirePacket{2, uint32(i * 160), false, p.data})
			}
		}, 200, "", func(l *line) error {
			if got := strings.Count(l.pattern.String(), "#"); got < 6 {
				return fmt.Errorf("%d slots heard of 8: %s", got, l.pattern.String())
			}
			return nil
		}},
		"empty and oversized packets": {func(l *line) {
			l.at(1, wirePacket{1, base, false, nil})
			l.at(2, wirePacket{1, base, false, make([]byte, 4000)})
			steady(l, 0, 4, none)
		}, 120, "..####", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var l line
			c.fill(&l)
			l.run(c.ms)
			if got := l.pattern.String(); !strings.HasPrefix(got, c.pattern) {
				t.Errorf("heard %s\nwant  %s", got, c.pattern)
			}
			if c.check != nil {
				if err := c.check(&l); err != nil {
					t.Error(err, l.pattern.String())
				}
			}
		})
	}
}

func same(got, want []byte) error {
	if !bytes.Equal(got, want) {
		return fmt.Errorf("heard %d samples, want %d, or others", len(got), len(want))
	}
	return nil
}

func TestJitterBufferFollowsTheFarEndsClock(t *testing.T) {
	for _, ppm := range []int64{-500, 500} {
		var l line
		const packets = 15000 // 5 minutes: 150 ms of drift
		for i := range int64(packets) {
			l.at(5+i*20+i*20*ppm/1e6, wirePacket{1, uint32(i * 160), false, audio(int(i)*160, 160)})
		}
		l.run(packets * 20)
		if lost := packets*160 - len(l.taken); lost > packets*160/200 {
			t.Errorf("%d ppm: %.2f %% lost", ppm, 100*float64(lost)/packets/160)
		}
		if ahead := int(int32(l.j.end - l.j.play)); ahead > 800 {
			t.Errorf("%d ppm: the delay has grown to %d ms", ppm, ahead/8)
		}
	}
}

func TestJitterBufferDelayFollowsTheLine(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var l line
	bad := func(i int) int64 {
		if i < 1000 {
			return int64(r.IntN(100)) // 20 s of up to 100 ms
		}
		return 0
	}
	for i := range 4000 {
		l.at(int64(i)*20+5+bad(i), wirePacket{1, uint32(i * 160), false, audio(i*160, 160)})
	}
	l.run(80000)
	if lost := 4000*160 - len(l.taken); lost > 4000*160/50 {
		t.Errorf("%.1f %% lost, want at most 2", 100*float64(lost)/4000/160)
	}
	if ahead := int(int32(l.j.end - l.j.play)); ahead > 480 {
		t.Errorf("delay is still %d ms, a minute after the line became good", ahead/8)
	}
}

func TestJitterBufferIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var j JitterBuffer
	var b [160]byte
	for i := range 200000 {
		j.Put(int64(i)*160/7, uint32(r.IntN(2)), r.Uint32(), r.IntN(9) == 0, make([]byte, r.IntN(2000)))
		if i%7 == 0 {
			for left := 160; left > 0; {
				n, _ := j.Take(b[:left])
				if n <= 0 || n > left {
					t.Fatalf("took %d of %d", n, left)
				}
				left -= n
			}
		}
		if ones := countPresent(&j); ones != j.held {
			t.Fatalf("%d samples present, %d counted", ones, j.held)
		}
	}
}

func countPresent(j *JitterBuffer) (n int) {
	for _, w := range j.audio.present {
		for ; w != 0; w &= w - 1 {
			n++
		}
	}
	return n
}
