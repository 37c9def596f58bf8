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
		chord.play(rng, func(add func(hz, loud float64)) {
			for range 2 + rng.IntN(2) {
				hz, loud := 220*math.Pow(2, 36*rng.Float64()/12), -12*rng.Float64()
				for h := 1.0; h*hz < 3600 && h < 5; h++ {
					add(h*hz, loud)
					loud -= 6 + 30*rng.Float64()
				}
			}
		})
		chord.soften(20 + rng.IntN(300))
		at += n
	}
	return s.scaled(level)
}

// bells gives struck bars and bells: partials at no harmonic ratio, dying away.
func bells(rng *rand.Rand, ms, level float64) sound {
	s := silence(ms)
	ratios := [][]float64{{1, 2.76, 5.4}, {1, 2.0, 2.4, 3.0, 4.0}, {1, 1.58, 2.24, 2.92}, {1, 3.93, 9.2}, {1, 1.73, 2.3}}
	for at := 0; at < len(s); at += 1600 + rng.IntN(4800) {
		bell := silence(1000)
		bell.play(rng, func(add func(hz, loud float64)) {
			hz := 300 * math.Pow(2, 2.5*rng.Float64())
			for _, ratio := range ratios[rng.IntN(len(ratios))] {
				if ratio*hz < 3600 {
					add(ratio*hz, -18*rng.Float64())
				}
			}
		})
		decay := 2 + 15*rng.Float64()
		for i := range bell {
			bell[i] *= math.Exp(-decay * float64(i) / 8000)
		}
		s.add(at, bell, 1)
	}
	return s.scaled(level)
}

// play adds the lines that choose makes up; again if they hold a key's tones, as
// what nobody can tell from a key proves nothing.
func (s sound) play(rng *rand.Rand, choose func(add func(hz, loud float64))) {
	type line struct{ hz, loud float64 }
	var lines []line
	isKey := true
	for isKey {
		lines = lines[:0]
		var rows, columns bool
		choose(func(hz, loud float64) {
			lines = append(lines, line{hz, loud})
			for i, f := range frequencies {
				if math.Abs(hz/float64(f)-1) < 0.023 {
					rows, columns = rows || i < 4, columns || i >= 4
				}
			}
		})
		isKey = rows && columns
	}
	for _, l := range lines {
		s.tone(rng, l.hz, l.loud)
	}
}

// screech gives two lines near a key's tones, as birds and bad brakes do: held
// where they are no key's, or gliding past and along them.
func screech(rng *rand.Rand, ms, level float64) sound {
	s := silence(ms)
	for at := 0; at < len(s); {
		n := min(800+rng.IntN(4000), len(s)-at)
		cry := s[at : at+n]
		off := func(least float64) float64 { return float64(2*rng.IntN(2)-1) * (least + (0.05-least)*rng.Float64()) }
		low := float64(frequencies[rng.IntN(4)]) * (1 + off(0.024))
		high := float64(frequencies[4+rng.IntN(4)]) * (1 + off(0))
		drift := 0.0
		if rng.IntN(2) == 0 { // 150 Hz/s or faster
			drift = off(0) / 0.05 * 0.3 * float64(n) / 8000
			drift += math.Copysign(150*float64(n)/8000/low, drift)
		}
		cry.glide(rng, low, low*(1+drift), -8*rng.Float64())
		cry.glide(rng, high, high*(1+drift), -8*rng.Float64())
		if rng.IntN(2) == 0 {
			cry.glide(rng, 2*low, 2*low*(1+drift), -10-20*rng.Float64())
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
