package dtmf

import (
	"math"
	"math/rand/v2"
	"testing"

	"dialtone/media/g711"
)

// hearing gives what a detector reports of audio that begins at 0, with the length of each tone and its measures.
func hearing(pcm []int16) (digits []Digit, measures []Measure) {
	var d Detector
	for at := 0; at < len(pcm); at += 32 {
		digits = d.Samples(digits, int64(at), pcm[at:min(at+32, len(pcm))])
		measures = append(measures, make([]Measure, len(digits)-len(measures))...)
		if len(digits) > 0 {
			press, _ := d.Press()
			digits[len(digits)-1].Length = press.Length
			measures[len(digits)-1] = d.Measured()
		}
	}
	return digits, measures
}

func TestMeasuresOfKnownTones(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		why              string
		offLow, offHigh  float64
		low, high, noise float64
	}{
		{"as telephones send it", 0, 0, -9, -7, -99},
		{"quiet", 0, 0, -29, -29, -99},
		{"loud", 0, 0, -3, -3, -99},
		{"off frequency", 0.012, -0.012, -12, -12, -99},
		{"off frequency, both down", -0.015, -0.015, -12, -10, -99},
		{"twisted up", 0, 0, -16, -8, -99},
		{"twisted down", 0.005, 0, -8, -16, -99},
		{"in noise", 0, 0, -10, -10, -30},
	} {
		for law := range 2 {
			for _, key := range []byte(keypad) {
				s := append(append(silence(100+20*rng.Float64()), pairOf(rng, key, 100, c.offLow, c.offHigh, c.low, c.high)...), silence(100)...)
				s.noise(rng, c.noise)
				digits, measures := hearing(s.through(g711.Law(law)))
				if len(digits) != 1 || digits[0].Key != key {
					t.Errorf("%s, %c: %+v", c.why, key, digits)
					continue
				}
				m := measures[0]
				level, off := 0.2, 0.001
				if c.noise > -99 {
					level, off = 0.8, 0.004
				}
				if math.Abs(m.Level[0]-c.low) > level || math.Abs(m.Level[1]-c.high) > level {
					t.Errorf("%s, %c, law %d: levels %.2f, want %.0f and %.0f", c.why, key, law, m.Level, c.low, c.high)
				}
				if math.Abs(m.Off[0]-c.offLow) > off || math.Abs(m.Off[1]-c.offHigh) > off {
					t.Errorf("%s, %c, law %d: off by %.4f, want %.4f and %.4f", c.why, key, law, m.Off, c.offLow, c.offHigh)
				}
				if math.Abs(m.Twist()-(c.high-c.low)) > 2*level {
					t.Errorf("%s, %c, law %d: a twist of %.2f dB, want %.0f", c.why, key, law, m.Twist(), c.high-c.low)
				}
				if hertz := m.Hertz(key); math.Abs(hertz[1]-m.Off[1]*float64(frequencies[4+colOf(key)])) > 1e-9 {
					t.Errorf("%s, %c: %v Hz", c.why, key, hertz)
				}
				if c.noise > -99 {
					if snr := m.SNR; math.Abs(snr-23) > 3 {
						t.Errorf("%s, %c, law %d: %.1f dB over the noise, want 23", c.why, key, law, snr)
					}
				} else if snr := m.SNR; snr < 17 {
					t.Errorf("%s, %c, law %d: %.1f dB over the noise, want more", c.why, key, law, snr)
				}
			}
		}
	}
}

func TestLengthsOfKnownTones(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for ms := 40.0; ms <= 500; ms += 5 {
		for _, key := range []byte(keypad) {
			before := 100 + 20*rng.Float64()
			s := append(append(silence(before), pairOf(rng, key, ms, 0, 0, -9, -7)...), silence(200)...)
			digits, _ := hearing(s.through(0))
			if len(digits) != 1 || digits[0].Key != key {
				t.Errorf("%.0f ms of %c: %+v", ms, key, digits)
				continue
			}
			start, length := float64(digits[0].Start)/samplesPerMs, float64(digits[0].Length)/samplesPerMs
			if math.Abs(start-before) > 4 {
				t.Errorf("%.0f ms of %c begin at %.1f ms, want %.1f", ms, key, start, before)
			}
			if math.Abs(length-ms) > 5 {
				t.Errorf("%.0f ms of %c: %.1f ms long", ms, key, length)
			}
		}
	}
}

func colOf(key byte) int { _, c, _ := tonesOf(key); return c - 4 }
