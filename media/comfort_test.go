package media

import (
	"math"
	"testing"
)

func rms(pcm []int16) float64 {
	sum := 0.0
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(len(pcm)))
}

// autocorrelation of pcm at lag, from -1 to 1.
func autocorrelation(pcm []int16, lag int) float64 {
	return float64(alike(pcm[lag:], pcm, 1))
}

// RFC 3389 §3.1: level in -dBov, whatever the spectrum is.
func TestComfortNoiseHasTheLevelThatIsSaid(t *testing.T) {
	for name, payload := range map[string][]byte{
		"level only":                 {40},
		"reserved bit set":           {0x80 | 40},
		"louder":                     {20},
		"with a spectrum":            {40, 60, 180, 127},
		"of a narrow filter":         {40, 10, 230, 100},
		"more coefficients than any": append([]byte{40}, make([]byte, 200)...),
	} {
		var c comfortNoise
		c.describe(payload)
		pcm := make([]int16, 80000)
		c.fill(pcm)
		got, want := 20*math.Log10(rms(pcm)/overload), -float64(payload[0]&0x7f)
		if name == "more coefficients than any" {
			if rms(pcm) > overload {
				t.Errorf("%s: RMS %.0f", name, rms(pcm))
			}
			continue
		}
		if math.Abs(got-want) > 0.6 {
			t.Errorf("%s: %.1f dBov, want %.0f", name, got, want)
		}
	}
	var c comfortNoise
	quiet := make([]int16, 1000)
	c.fill(quiet)
	c.describe(nil)
	c.fill(quiet)
	c.describe([]byte{127})
	c.fill(quiet)
	if rms(quiet) > 1 {
		t.Errorf("RMS %.1f of no noise", rms(quiet))
	}
}

// RFC 3389 §3.2: k = 258 (N-127) / 32768. A first-order filter with k gives samples whose correlation with the next
// is -k (a positive one hisses, a negative one rumbles); its second autocorrelation follows from the second k.
func TestComfortNoiseHasTheSpectrumThatIsSaid(t *testing.T) {
	for _, c := range []struct {
		n1, n2 byte
	}{{127, 127}, {26, 127}, {228, 127}, {77, 177}, {40, 60}} {
		k1, k2 := 258*(float64(c.n1)-127)/32768, 258*(float64(c.n2)-127)/32768
		var noise comfortNoise
		noise.describe([]byte{30, c.n1, c.n2})
		pcm := make([]int16, 200000)
		noise.fill(pcm)
		want1, want2 := -k1, -k2*(1-k1*k1)+k1*k1 // Levinson's recursion
		if got := autocorrelation(pcm, 1); math.Abs(got-want1) > 0.03 {
			t.Errorf("%d, %d: correlation with the next sample %.3f, want %.3f", c.n1, c.n2, got, want1)
		}
		if got := autocorrelation(pcm, 2); math.Abs(got-want2) > 0.03 {
			t.Errorf("%d, %d: correlation with the one after %.3f, want %.3f", c.n1, c.n2, got, want2)
		}
	}
}

// FuzzComfortNoise: no payload of a stranger makes noise louder than G.711, for ever or at all times the same.
func FuzzComfortNoise(f *testing.F) {
	f.Add([]byte{40})
	f.Add([]byte{0, 255, 255, 0, 0})
	f.Add([]byte{127, 127})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, payload []byte) {
		var c comfortNoise
		c.describe(payload)
		pcm := make([]int16, 1600)
		for range 5 {
			c.fill(pcm)
		}
		for _, b := range c.back {
			if math.IsNaN(float64(b)) || math.IsInf(float64(b), 0) || math.Abs(float64(b)) > 1e9 {
				t.Fatalf("the filter runs away: %v", c.back)
			}
		}
		c.describe([]byte{60})
		c.fill(pcm)
		if level := 20 * math.Log10(rms(pcm)/overload); math.Abs(level+60) > 2 {
			t.Errorf("%.1f dBov after it, want -60", level)
		}
	})
}

func BenchmarkComfortNoise(b *testing.B) {
	var c comfortNoise
	c.describe([]byte{40, 60, 180, 127, 130, 120, 127, 127, 127, 127, 127})
	var pcm [160]int16
	b.ReportAllocs()
	for b.Loop() {
		c.fill(pcm[:])
	}
}

// noisePacket is a comfort noise packet (RFC 3389).
func noisePacket(seq uint16, timestamp uint32, level byte) []byte {
	return rtpPacket(header{payloadType: noisePayload, seq: seq, timestamp: timestamp, ssrc: 3}, []byte{level})
}

// A far end that stops sending in its pauses: comfort noise is heard, at its level, and is not marked as missing;
// without it there is silence; speech comes back whole.
func TestSilenceSuppression(t *testing.T) {
	for name, noise := range map[string]bool{"comfort noise": true, "nothing at all": false} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, Config{})
			p := muParams()
			st := l.stream(&p)
			var pause []int16
			missing, speaking := 0, true
			st.Tap(func(pcm []int16, gone bool) {
				if !speaking {
					pause = append(pause, pcm...)
				}
				if gone {
					missing += len(pcm)
				}
			})
			seq, loud := uint16(0), make([]byte, 160)
			for i := range loud {
				loud[i] = byte(0x10 + i%2*0x80) // the two signs in turn
			}
			talk := func(from, n int) {
				for i := range n {
					l.hear(st, there, rtpPacket(header{seq: seq, timestamp: uint32((from + i) * 160), ssrc: 3, marker: i == 0}, loud))
					seq++
					l.step(20)
				}
			}
			talk(0, 50)
			before := missing
			for at := 50; at < 200; at++ {
				if noise && at%25 == 0 {
					l.hear(st, there, noisePacket(seq, uint32(at*160), 45))
					seq++
				}
				speaking = at < 55 || at > 195
				l.step(20)
			}
			gone := missing - before
			level := 20 * math.Log10(rms(pause)/overload)
			if noise && (math.Abs(level+45) > 1 || gone > 0) {
				t.Errorf("%.1f dBov and %d samples missing, want -45 and none", level, gone)
			}
			if !noise && (rms(pause) > 0 || gone < 140*160) {
				t.Errorf("RMS %.1f and %d samples missing, want silence", rms(pause), gone)
			}
			var heard []int16
			st.Tap(func(pcm []int16, gone bool) {
				if !gone {
					heard = append(heard, pcm...)
				}
			})
			talk(200, 50)
			l.step(200)
			if n := len(heard); n < 50*160-320 || n > 50*160+320 && !noise { // the delay may shrink
				t.Errorf("%d samples of speech heard, want about 8000", n)
			}
			if s := st.Stats(); s.Lost != 0 || s.Late != 0 {
				t.Errorf("%d lost, %d late", s.Lost, s.Late)
			}
		})
	}
}

// The detector takes comfort noise for silence: a tone that it cuts off has ended, where a loss of 60 ms is bridged.
func TestComfortNoiseEndsATone(t *testing.T) {
	tones := func(noise bool) string {
		l := newLab(t, Config{})
		p := muParams()
		p.EventType = -1
		far, st := l.stream(&p), l.stream(&p)
		if err := far.SendDigit('5', 400, 1); err != nil {
			t.Fatal(err)
		}
		far.Play(clip(make([]byte, 0)))
		l.step(600)
		var audio []sentPacket
		for _, p := range l.take() {
			if p.st == far {
				audio = append(audio, p)
			}
		}
		for i, p := range audio[:24] {
			h := header{seq: uint16(i), timestamp: uint32(i * 160), ssrc: 3}
			switch {
			case i < 7 || i >= 11:
				l.hear(st, there, rtpPacket(h, p.payload))
			case noise && i == 7:
				l.hear(st, there, noisePacket(7, 7*160, 60))
			}
			l.step(20)
		}
		l.step(1000)
		return digitsOf(st)
	}
	if got := tones(false); got != "5" {
		t.Errorf("with a loss in it the tone is %q, want one 5", got)
	}
	if got := tones(true); got != "55" {
		t.Errorf("with comfort noise in it the tone is %q, want it twice", got)
	}
}
