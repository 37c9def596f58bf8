package dtmf

import "math"

// Rules for what is left of a window without its pair. Harmonics of one pitch
// beside both tones are a voice that happens to have formants there; and what
// hides a good part of a tone must be noise, not other tones of a chord.
const (
	pitchMin   = 70 // Hz
	pitchMax   = 300
	pitchOff   = 2     // Hz by which a tone may miss the multiple
	lineMin    = 0.002 // -27 dB, relative to the tone beside it: each line must have it
	linesShare = 0.15  // of what is not the pair, all four lines together
	linesLong  = 0.10  // likewise in the long window, where lineMin does not count

	foretold = 0.55 // least part of noise that cannot be foretold from the samples before; 1: white
	order    = 8    // from so many samples
)

// rest is the window without the pair.
type rest struct {
	buffer [longWindow * hop]float32
	n      int
	power  float64 // mean square
}

func (r *rest) wave() []float32 { return r.buffer[:r.n] }

// rest takes the pair off its window.
func (d *Detector) rest(r *rest, p *pair) {
	r.n = p.hops * hop
	wave := r.wave()
	d.wave(wave, p.end)
	for _, t := range p.tones {
		z, step := 2*t.amplitude*cis(-t.omega*float64(r.n-1)/2), cis(t.omega)
		for i := range wave {
			wave[i] -= float32(real(z))
			z *= step
		}
	}
	var sum float64
	for _, s := range wave {
		sum += float64(s) * float64(s)
	}
	r.power = sum / float64(r.n)
}

// isVoice says whether both tones are harmonics of one pitch whose other harmonics
// beside them are there too.
func (r *rest) isVoice(p *pair) bool {
	long, least := p.hops == longWindow, linesShare
	if long {
		least = linesLong
	}
	low, high := hertz(p.tones[0].omega), hertz(p.tones[1].omega)
	for m := math.Ceil(low / pitchMax); m <= low/pitchMin; m++ {
		k := math.Round(high / (low / m))
		pitch := (m*low + k*high) / (m*m + k*k) // the one both are nearest to
		if math.Abs(m*pitch-low) > pitchOff || math.Abs(k*pitch-high) > pitchOff {
			continue
		}
		var sum float64
		all := true
		for i, line := range [4]float64{low - pitch, low + pitch, high - pitch, high + pitch} {
			strength := goertzel(r.wave(), 2*math.Pi*line/8000)
			sum += strength
			all = all && (long || strength > lineMin*p.tones[i/2].power())
		}
		if all && sum > least*r.power {
			return true
		}
	}
	return false
}

func hertz(omega float64) float64 { return omega * 8000 / (2 * math.Pi) }

// isNoise says whether linear prediction (Levinson and Durbin's recursion) cannot
// tell much of the next sample.
func (r *rest) isNoise() bool {
	var correlation [order + 1]float64
	wave := r.wave()
	for lag := range correlation {
		var sum float64
		for i, s := range wave[lag:] {
			sum += float64(s) * float64(wave[i])
		}
		correlation[lag] = sum
	}
	failed := correlation[0]
	var a [order + 1]float64
	for i := 1; i <= order && failed > 0; i++ {
		reflection := correlation[i]
		for j := 1; j < i; j++ {
			reflection -= a[j] * correlation[i-j]
		}
		reflection /= failed
		was := a
		a[i] = reflection
		for j := 1; j < i; j++ {
			a[j] = was[j] - reflection*was[i-j]
		}
		failed *= 1 - reflection*reflection
	}
	return failed >= foretold*correlation[0]
}
