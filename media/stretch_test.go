package media

import (
	"math"
	"math/rand/v2"
	"testing"
)

// wave is a voice of a steady pitch: its period in samples, its level 0 for silence.
func wave(n, period int, level float64) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		x := 2 * math.Pi * float64(i) / float64(period)
		pcm[i] = int16(level * (math.Sin(x) + 0.5*math.Sin(2*x+1) + 0.3*math.Sin(5*x)))
	}
	return pcm
}

func TestSeam(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	hiss := make([]int16, 480)
	for i := range hiss {
		hiss[i] = int16(r.IntN(16000) - 8000)
	}
	for name, c := range map[string]struct {
		pcm      []int16
		wish     int
		anywhere bool
		want     func(by int) bool
	}{
		"silence: all that is wished":         {wave(480, 60, 0), 160, false, func(by int) bool { return by == 160 }},
		"silence: longer too":                 {wave(480, 60, 20), -160, false, func(by int) bool { return by == -160 }},
		"a little, in silence":                {wave(480, 60, 20), 3, false, func(by int) bool { return by == 3 }},
		"a voice: whole periods, rather many": {wave(480, 61, 6000), 160, false, func(by int) bool { return by == 122 }},
		"a voice made longer":                 {wave(480, 70, 6000), -160, false, func(by int) bool { return by == -140 }},
		"not more than is wished":             {wave(480, 70, 6000), 100, false, func(by int) bool { return by == 70 }},
		"a voice and less than a period":      {wave(480, 70, 6000), 20, false, func(by int) bool { return by == 0 }},
		"a voice made a little longer":        {wave(320, 70, 6000), -20, false, func(by int) bool { return by == -70 }},
		"which can wait for long":             {wave(480, 70, 6000), 20, true, func(by int) bool { return by == 0 }},
		"hiss has no place":                   {hiss, 160, false, func(by int) bool { return by == 0 }},
		"hiss when there is no more time":     {hiss, 160, true, func(by int) bool { return by >= seamLeast && by <= 160 }},
		"hiss made longer when there is none": {hiss, -160, true, func(by int) bool { return by <= -seamLeast && by >= -160 }},
	} {
		if by := seam(c.pcm, 160, c.wish, c.anywhere); !c.want(by) {
			t.Errorf("%s: %d", name, by)
		}
	}
}

// A voice that is made shorter or longer by whole periods goes on as if nothing had been.
func TestSpliceIsNotHeard(t *testing.T) {
	voice := wave(2000, 61, 6000)
	for _, by := range []int{61, 122, -61, -122} {
		dst := make([]int16, 160)
		splice(dst, voice[:480], 160, by)
		for i, got := range dst {
			if want := voice[160+122+by+i]; math.Abs(float64(got)-float64(want)) > 2 {
				t.Fatalf("by %d: sample %d is %d, want %d", by, i, got, want)
			}
		}
	}
}

// A far end whose clock is off by 200 ppm speaks without a pause for 5 minutes: whoever listens hears the same
// voice, period for period, without a hole or a click, and as long as the time that passed.
func TestDriftIsNotHeard(t *testing.T) {
	const period = 61
	voice := wave(period, period, 6000)
	for _, ppm := range []float64{-200, 200} {
		l := newLab(t, Config{})
		p := muParams()
		st := l.stream(&p)
		gone, total, odd := 0, 0, 0
		var before [period]int16 // what was heard a period ago
		st.Tap(func(pcm []int16, missing bool) {
			if total > 8000 {
				if missing {
					gone += len(pcm)
				}
			}
			for i, s := range pcm {
				was := &before[(total+i)%period]
				if d := int(s) - int(*was); total > 8000 && max(d, -d) > 300 {
					odd++
				}
				*was = s
			}
			total += len(pcm)
		})
		coded, at := make([]byte, 160), 0
		next := 0.0
		shard := l.streams.shards[0]
		for l.now < 300_000 {
			for ; next <= float64(l.now); next += 20 * (1 + ppm/1e6) {
				for i := range coded {
					coded[i] = p.Law.Encode(voice[(at*160+i)%period])
				}
				l.hear(st, there, rtpPacket(header{seq: uint16(at), timestamp: uint32(at * 160), ssrc: 3}, coded))
				at++
			}
			l.now++
			if l.now%5 == 0 {
				shard.Tick(l.now)
				l.sent = nil
			}
		}
		if total < 299_900*8 || total > 300_000*8 {
			t.Errorf("%+.0f ppm: %d samples heard in 300 s", ppm, total)
		}
		if gone > 0 || odd > 0 {
			t.Errorf("%+.0f ppm: %d samples missing, %d are not what they were a period before", ppm, gone, odd)
		}
		if s := st.Stats(); s.Late > 0 {
			t.Errorf("%+.0f ppm: %d packets too late", ppm, s.Late)
		}
		if next, _ := st.receiver.jitter.Position(); uint32(at*160)-next > 60*samplesPerMs {
			t.Errorf("%+.0f ppm: the delay has become %d ms", ppm, (uint32(at*160)-next)/samplesPerMs)
		}
	}
}

func BenchmarkShift(b *testing.B) {
	var j JitterBuffer
	var r restorer
	payload := make([]byte, 160)
	for i, s := range wave(160, 40, 6000) {
		payload[i] = 0xff - byte(s>>9)
	}
	for i := range uint32(10) {
		j.Put(0, 1, i*160, false, payload)
	}
	for range 2 {
		var dst [160]byte
		j.Take(dst[:])
	}
	b.ReportAllocs()
	for b.Loop() {
		j.wish, r.waited = 160, 0
		r.shift(160, &j, 0)
	}
}
