package dtmf

import (
	"flag"
	"math"
	"math/rand/v2"
	"testing"

	"dialtone/media/g711"
)

var talk = flag.Float64("talk", 20, "seconds of each kind of talk-off audio, per law")

// music gives chords of the tempered scale with overtones, struck and held.
func music(rng *rand.Rand, ms, level float64) sound {
	s := silence(ms)
	tuning := 1 + 0.02*(rng.Float64()-0.5)
	for at := 0; at < len(s); {
		n := min(800+rng.IntN(6400), len(s)-at)
		for range 1 + rng.IntN(4) {
			note := s[at : at+n]
			hz := 110 * math.Pow(2, float64(rng.IntN(44))/12) * tuning
			decay, bright, phase := 0.5+4*rng.Float64(), 0.2+0.7*rng.Float64(), rng.Float64()
			vibrato := 0.01 * rng.Float64() * float64(rng.IntN(2))
			for i := range note {
				along := float64(i) / 8000
				phase += hz * (1 + vibrato*math.Sin(2*math.Pi*5.5*along)) / 8000
				loud := math.Exp(-decay * along)
				for h := 1.0; h*hz < 3600 && h < 9; h++ {
					note[i] += loud * math.Sin(2*math.Pi*phase*h)
					loud *= bright
				}
			}
		}
		at += n
	}
	return s.scaled(level)
}

// whistle gives one pure tone that glides and holds about the keypad's
// frequencies, with a little of its octave.
func whistle(rng *rand.Rand, ms, level float64) sound {
	s := silence(ms)
	for at := 0; at < len(s); {
		n := min(400+rng.IntN(3200), len(s)-at)
		from := 600 + 1200*rng.Float64()
		to := from * (0.8 + 0.4*rng.Float64())
		s[at:at+n].glide(rng, from, to, -10)
		s[at:at+n].glide(rng, 2*from, 2*to, -10-20*rng.Float64())
		at += n
	}
	return s.scaled(level)
}

// murmur gives noise of speech's spectrum in bursts.
func murmur(rng *rand.Rand, ms, level float64) sound {
	s := silence(ms)
	for at := 0; at < len(s); {
		n := min(200+rng.IntN(2400), len(s)-at)
		var y float64
		loud := rng.Float64()
		for i := range n {
			y = 0.9*y + rng.NormFloat64()*loud
			s[at+i] = y
		}
		at += n
	}
	return s.scaled(level)
}

func TestNoDigitInTalkOrMusic(t *testing.T) {
	for name, make := range map[string]func(*rand.Rand, float64, float64) sound{
		"voice": voice, "music": music, "whistle": whistle, "murmur": murmur,
	} {
		rng := rand.New(rand.NewPCG(*seed, 77))
		for law := range 2 {
			for left := *talk; left > 0; left -= 20 {
				pcm := make(rng, 1000*min(left, 20), -14-10*rng.Float64()).through(g711.Law(law))
				var d Detector
				for _, digit := range d.Samples(nil, 0, pcm) {
					t.Errorf("%s: %c at %.3f s of %.0f", name, digit.Key, float64(digit.Start)/8000, left)
				}
			}
		}
	}
}

// That the way of the test above hears digits at all.
func TestDigitOverTalkIsHeard(t *testing.T) {
	rng := rand.New(rand.NewPCG(*seed, 78))
	s := voice(rng, 20_000, -30)
	for i, key := range []byte("0123456789*#ABCD") {
		s.add(8000*(i+1), pairOf(rng, key, 100, 0, 0, -10, -9), 1)
	}
	if got := heard(s.through(g711.A)); got != "0123456789*#ABCD" {
		t.Errorf("heard %q", got)
	}
}
