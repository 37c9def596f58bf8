package dtmf

import (
	"math"
	"math/rand/v2"

	"dialtone/media/g711"
)

// sound is audio under construction: 8 kHz, full scale 32768, not yet rounded.
type sound []float64

func silence(ms float64) sound { return make(sound, int(ms*samplesPerMs)) }

func dBm0(level float64) float64 { return fullScale * math.Pow(10, level/20) }

// pairOf gives a key's tones, with each tone's relative frequency error and level.
func pairOf(rng *rand.Rand, key byte, ms, offLow, offHigh, low, high float64) sound {
	row, column, _ := tonesOf(key)
	s := silence(ms)
	s.tone(rng, float64(frequencies[row])*(1+offLow), low)
	s.tone(rng, float64(frequencies[column])*(1+offHigh), high)
	return s
}

// tone adds a steady tone of a level in dBm0.
func (s sound) tone(rng *rand.Rand, hz, level float64) {
	phase := rng.Float64() * 2 * math.Pi
	for i := range s {
		s[i] += dBm0(level) * math.Sin(phase+2*math.Pi*hz/8000*float64(i))
	}
}

// glide adds a tone that goes from one frequency to another.
func (s sound) glide(rng *rand.Rand, from, to, level float64) {
	phase := rng.Float64() * 2 * math.Pi
	for i := range s {
		phase += 2 * math.Pi / 8000 * (from + (to-from)*float64(i)/float64(len(s)))
		s[i] += dBm0(level) * math.Sin(phase)
	}
}

// noise adds white noise of a level in dBm0.
func (s sound) noise(rng *rand.Rand, level float64) {
	for i := range s {
		s[i] += dBm0(level) / math.Sqrt2 * rng.NormFloat64()
	}
}

// pink adds noise of equal power in each octave, down to 8 Hz: white noises that
// change at paces an octave apart.
func (s sound) pink(rng *rand.Rand, level float64) {
	n := make(sound, len(s))
	var rows [10]float64
	for i := range n {
		for k := range rows {
			if i&(1<<k-1) == 0 {
				rows[k] = rng.NormFloat64()
			}
			n[i] += rows[k]
		}
	}
	s.add(0, n.scaled(level), 1)
}

// babble adds six voices.
func (s sound) babble(rng *rand.Rand, level float64) {
	n := make(sound, len(s))
	for range 6 {
		n.add(0, voice(rng, float64(len(s))/samplesPerMs, -20), 1)
	}
	s.add(0, n.scaled(level), 1)
}

// clicks adds clicks of up to 1 ms, 15 a second, whose mean level is as given.
func (s sound) clicks(rng *rand.Rand, level float64) {
	n := make(sound, len(s))
	for at := rng.IntN(1000); at+8 < len(n); at += 200 + rng.IntN(700) {
		for i := range 2 + rng.IntN(6) {
			n[at+i] = rng.NormFloat64()
		}
	}
	s.add(0, n.scaled(level), 1)
}

// band gives what a filter leaves of s between two frequencies: windowed sinc, 10 ms.
func (s sound) band(from, to float64) sound {
	const half = 40
	out := make(sound, len(s))
	for k := -half; k <= half; k++ {
		x, window := float64(k), 0.5+0.5*math.Cos(math.Pi*float64(k)/(half+1))
		tap := (to - from) / 4000
		if k != 0 {
			tap = (math.Sin(2*math.Pi*to/8000*x) - math.Sin(2*math.Pi*from/8000*x)) / (math.Pi * x)
		}
		out.add(k, s, tap*window)
	}
	return out
}

// add adds other from a sample on.
func (s sound) add(at int, other sound, factor float64) {
	for i, x := range other {
		if at+i >= 0 && at+i < len(s) {
			s[at+i] += factor * x
		}
	}
}

// voice gives voiced speech: pulses at a pitch that wanders, through formants
// that wander too, in syllables. level is that of the whole in dBm0.
func voice(rng *rand.Rand, ms, level float64) sound {
	s := silence(ms)
	for at := 0; at < len(s); {
		n := min(400+rng.IntN(2400), len(s)-at)
		if rng.IntN(5) > 0 {
			pitch := 80 + 200*rng.Float64()
			syllable(rng, s[at:at+n], pitch, pitch*(0.8+0.4*rng.Float64()), [3]float64{
				300 + 700*rng.Float64(), 900 + 1200*rng.Float64(), 2200 + 800*rng.Float64(),
			}, [3]float64{80, 100, 150})
		}
		at += n
	}
	return s.scaled(level)
}

// syllable fills s with pulses from one pitch to another through resonances.
func syllable(rng *rand.Rand, s sound, from, to float64, formants, widths [3]float64) {
	var z [3][2]float64
	phase := rng.Float64()
	drift := 1 + 0.1*(rng.Float64()-0.5)
	for i := range s {
		along := float64(i) / float64(len(s))
		phase += (from + (to-from)*along) / 8000
		x := 0.02 * rng.NormFloat64()
		if phase >= 1 {
			phase--
			x += 1
		}
		for f := range formants {
			r := math.Exp(-math.Pi * widths[f] / 8000)
			w := 2 * math.Pi * formants[f] * (1 + (drift-1)*along) / 8000
			y := x*(1-r) + 2*r*math.Cos(w)*z[f][0] - r*r*z[f][1]
			z[f][1], z[f][0] = z[f][0], y
			s[i] += y * math.Pow(0.6, float64(f))
		}
	}
	for i := range min(80, len(s)/2) { // soft edges
		s[i] *= float64(i) / 80
		s[len(s)-1-i] *= float64(i) / 80
	}
}

// scaled gives s at a level in dBm0.
func (s sound) scaled(level float64) sound {
	factor := dB(level - s.level())
	for i := range s {
		s[i] *= factor
	}
	return s
}

// level gives the mean level of s in dBm0.
func (s sound) level() float64 {
	sum := 1e-9
	for _, x := range s {
		sum += x * x
	}
	return 10 * math.Log10(sum/float64(len(s)+1)/(fullScale*fullScale/2))
}

func join(parts ...sound) (all sound) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// through gives what is left of s after a law's eight bits.
func (s sound) through(law g711.Law) []int16 {
	pcm := make([]int16, len(s))
	for i, x := range s {
		x = math.Round(min(max(x, -32768), 32767))
		pcm[i] = law.Decode(law.Encode(int16(x)))
	}
	return pcm
}

// heard gives the keys that a detector hears in pcm, delivered in packets.
func heard(pcm []int16) string {
	var d Detector
	var digits []Digit
	for at := 0; at < len(pcm); at += 160 {
		digits = d.Samples(digits, int64(at), pcm[at:min(at+160, len(pcm))])
	}
	return keysOf(digits)
}

func keysOf(digits []Digit) string {
	b := make([]byte, len(digits))
	for i, d := range digits {
		b[i] = d.Key
	}
	return string(b)
}
