package dtmf

import (
	"math"
	"math/cmplx"
)

// Rules for what is left of a window without its pair. Harmonics of one pitch
// beside both tones are a voice that happens to have formants there; and a pair
// that is off frequency, with other tones beside it, is two notes of a chord.
const (
	pitchMin = 70 // Hz
	pitchMax = 300
	pitchOff = 2 // Hz by which a tone may miss the multiple

	lineMin    = 0.002 // -27 dB, relative to the tone beside it: each line must have it
	linesShare = 0.15  // of what is left, the four lines next to the tones
	linesLong  = 0.10  // likewise in the long window, where lineMin does not count

	combShare  = 0.5   // of what is left, all harmonics: a third of it would be chance
	combBeside = 0.08  // of what is left, the four lines
	combMin    = 0.07  // of the whole: less is left of no voice
	combOff    = 0.003 // a prompt's echo under a key may look like this, but the key is hardly off
	combPitch  = 1     // Hz by which a tone may miss the multiple

	exactOff = 0.004   // a key may be so far off whatever sounds with it
	tonalOff = 0.00015 // else by this through the other tones' share: 1 % of them, 1.5 % off
	order    = 8       // samples from which the next is foretold
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
		// Each sample of a tone follows from the two before it.
		z, step := 2*t.amplitude*cis(-t.omega*float64(r.n-1)/2), cis(t.omega)
		now, before, twice := real(z), real(z*cmplx.Conj(step)), 2*real(step)
		for i := range wave {
			wave[i] -= float32(now)
			now, before = twice*now-before, now
		}
	}
	var sum float64
	for _, s := range wave {
		sum += float64(s) * float64(s)
	}
	r.power = sum / float64(r.n)
}

// isVoice says whether both tones are harmonics of one pitch whose other harmonics
// are there too.
func (r *rest) isVoice(p *pair) bool {
	if r.power < lineMin*p.power {
		return false // too little for the lines
	}
	low, high := hertz(p.tones[0].omega), hertz(p.tones[1].omega)
	for m := math.Ceil(low / pitchMax); m <= low/pitchMin; m++ {
		k := math.Round(high / (low / m))
		pitch := (m*low + k*high) / (m*m + k*k) // the one both are nearest to
		miss := max(math.Abs(m*pitch-low), math.Abs(k*pitch-high))
		if miss > pitchOff {
			continue
		}
		beside, all := r.beside(p, pitch, m, k)
		if p.hops == longWindow && beside > linesLong || all && beside > linesShare {
			return true
		}
		if beside > combBeside && miss < combPitch && r.power > combMin*p.power && p.off() > combOff &&
			r.comb(pitch, m, k) > combShare {
			return true
		}
	}
	return false
}

// beside gives the share of the rest that is in the four harmonics next to the mth
// and kth of a pitch, and whether all of them are there.
func (r *rest) beside(p *pair, pitch, m, k float64) (share float64, all bool) {
	all = true
	for i, h := range [4]float64{m - 1, m + 1, k - 1, k + 1} {
		line := r.line(h * pitch)
		share += line / r.power
		all = all && line > lineMin*p.tones[i/2].power()
	}
	return share, all
}

// comb gives the share of the rest that is in the harmonics of a pitch other than
// the mth and kth.
func (r *rest) comb(pitch, m, k float64) (share float64) {
	for h := 1.0; h*pitch < 3600; h++ {
		if h != m && h != k {
			share += r.line(h*pitch) / r.power
		}
	}
	return share
}

func (r *rest) line(hz float64) float64 { return goertzel(r.wave(), 2*math.Pi*hz/8000) }

func hertz(omega float64) float64 { return omega * 8000 / (2 * math.Pi) }

// isChord says whether other tones sound with a pair that is off frequency. Chance
// puts two notes near a key's tones, but hardly ever right on them, and a line that
// shifts frequencies has no other tones: 16 h of random chords of General MIDI's
// instruments had 79 digits without this rule, 19 with it. What noise leaves cannot
// be foretold, so it may be more.
func (r *rest) isChord(p *pair) bool {
	if p.off() <= exactOff {
		return false
	}
	// The window's edges bear what the filter makes of a beginning or end.
	foretold, power := foretold(r.wave()[hop : r.n-hop])
	return p.off() > tonalOff*p.power/(foretold*power)
}

// foretold gives how much of a wave linear prediction (Levinson and Durbin's
// recursion) tells from the samples before: next to nothing of white noise, nearly
// all of tones; and the wave's mean square.
func foretold(wave []float32) (part, power float64) {
	var correlation [order + 1]float64
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
	if correlation[0] == 0 {
		return 0, 0
	}
	return 1 - failed/correlation[0], correlation[0] / float64(len(wave))
}
