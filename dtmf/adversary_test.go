package dtmf

import (
	"math"
	"math/rand/v2"
)

// What sounds most like keys without being one, made to be hard on the detector.

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

// organ gives chords of two and three held notes whose overtones are weak, so
// that two strong lines stand near a pair of tones now and then.
func organ(rng *rand.Rand, ms, level float64) sound {
	s := silence(ms)
	for at := 0; at < len(s); {
		n := min(1200+rng.IntN(6400), len(s)-at)
		chord := s[at : at+n]
		notes := 2 + rng.IntN(2)
		for range notes {
			hz := 220 * math.Pow(2, 36*rng.Float64()/12)
			loud := -12 * rng.Float64()
			for h := 1.0; h*hz < 3600 && h < 5; h++ {
				chord.tone(rng, h*hz, loud)
				loud -= 6 + 30*rng.Float64()
			}
		}
		chord.soften(20 + rng.IntN(300))
		at += n
	}
	return s.scaled(level)
}

// bells gives struck bars and bells: partials at no harmonic ratio, each dying at
// its own pace.
func bells(rng *rand.Rand, ms, level float64) sound {
	s := silence(ms)
	ratios := [][]float64{{1, 2.76, 5.4}, {1, 2.0, 2.4, 3.0, 4.0}, {1, 1.58, 2.24, 2.92}, {1, 3.93, 9.2}, {1, 1.73, 2.3}}
	for at := 0; at < len(s); at += 400 + rng.IntN(3200) {
		hz := 300 * math.Pow(2, 2.5*rng.Float64())
		for _, ratio := range ratios[rng.IntN(len(ratios))] {
			if ratio*hz > 3600 {
				break
			}
			phase, decay, loud := 2*math.Pi*rng.Float64(), 2+15*rng.Float64(), dB(-18*rng.Float64())
			for i, n := at, min(len(s), at+8000); i < n; i++ {
				along := float64(i-at) / 8000
				s[i] += loud * math.Exp(-decay*along) * math.Sin(phase+2*math.Pi*hz*ratio*along)
			}
		}
	}
	return s.scaled(level)
}

// screech gives two lines that glide together, as birds and bad brakes do, past
// and along the pairs of tones.
func screech(rng *rand.Rand, ms, level float64) sound {
	s := silence(ms)
	for at := 0; at < len(s); {
		n := min(400+rng.IntN(4000), len(s)-at)
		low, high := float64(frequencies[rng.IntN(4)]), float64(frequencies[4+rng.IntN(4)])
		near := func() float64 { return 1 + 0.08*(rng.Float64()-0.5) }
		a, b := near(), near()
		drift := 1 + 0.15*(rng.Float64()-0.5)
		cry := s[at : at+n]
		cry.glide(rng, a*low, a*low*drift, -8*rng.Float64())
		cry.glide(rng, b*high, b*high*drift, -8*rng.Float64())
		if rng.IntN(2) == 0 {
			cry.glide(rng, 2*a*low, 2*a*low*drift, -10-20*rng.Float64())
		}
		cry.soften(10 + rng.IntN(200))
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

// buzzes gives voices whose formants are those of keys, one after the other.
func buzzes(rng *rand.Rand, ms, level float64) sound {
	var s sound
	for len(s) < int(ms*samplesPerMs) {
		s = append(s, buzz(&trial{Rand: rng, key: keys[rng.IntN(len(keys))]})...)
	}
	return s[:int(ms*samplesPerMs)].scaled(level)
}

// soften has s begin and end slowly, over n samples.
func (s sound) soften(n int) {
	n = min(n, len(s)/2)
	for i := range n {
		s[i] *= float64(i) / float64(n)
		s[len(s)-1-i] *= float64(i) / float64(n)
	}
}
