package dtmf

import "math"

// The rules by which a fitted pair is a tone someone pressed. Required are ITU-T
// Q.24's and its national annexes': 1.5 % off (NTT 1.8) taken and 3.5 (NTT 3)
// refused, +10 to -10 dB of twist taken, 40 ms taken and 25 ms refused; the rest
// keeps speech and music out.
const (
	shortWindow = 9 // hops, 36 ms: always inside a tone of 40 ms

	shortShare = 0.90  // least part of the energy that is the tones: 25 ms are 0.69 of the window
	clearShare = 0.985 // no better window can come
	goodShare  = 0.955 // under it the narrow limits hold

	offMax         = 0.020 // relative frequency error
	offNarrow      = 0.019
	twistMin       = -13 // dB
	twistMax       = 11
	twistNarrowMin = -9
	twistNarrowMax = 7
	slopeMax       = 0.3
	chirpMax       = 0.2 // rad; a glide of k Hz/s bends by πkT²/4, 0.31 rad for 300 Hz/s
	jointOff       = 0.022
	jointMax       = 2.2   // real tones do not have all faults at once
	levelMin       = -42.0 // dBm0, of the weaker tone

	longWindow    = 17 // hops, 68 ms: for tones in noise
	noisyShareMin = 0.66
	noisyShare    = 0.74
	murkyShare    = 0.87 // under it what is not the tone must be noise
	noisySlope    = 0.15
	noisyChirp    = 0.3
)

// powerMin is the mean square of a tone of levelMin.
var powerMin = math.Pow(10, levelMin/10) * fullScale * fullScale / 2

// isTone judges a fit of the short window.
func (p *pair) isTone() bool {
	off, low, high, chirp := offMax, float64(twistMin), float64(twistMax), chirpMax
	if p.share < goodShare {
		off, low, high = offNarrow, twistNarrowMin, twistNarrowMax
	}
	if p.share < shortShare || p.twist < low || p.twist > high || !p.loud() {
		return false
	}
	joint := 0.0
	for _, t := range p.tones {
		limit := chirp
		if p.share < goodShare {
			limit -= 0.3 * math.Abs(t.slope)
		}
		if math.Abs(t.off) > off || math.Abs(t.slope) > slopeMax || math.Abs(t.chirp) > limit {
			return false
		}
		joint += square(t.off/jointOff) + square(t.chirp/chirpMax)
	}
	return joint <= jointMax
}

// isNoisyTone judges a fit of the long window.
func (p *pair) isNoisyTone() bool {
	if p.share < noisyShare || p.twist < twistNarrowMin || p.twist > twistNarrowMax || !p.loud() {
		return false
	}
	for _, t := range p.tones {
		if math.Abs(t.off) > offNarrow || math.Abs(t.slope) > noisySlope || math.Abs(t.chirp) > noisyChirp {
			return false
		}
	}
	return true
}

func (p *pair) loud() bool { return min(p.tones[0].power(), p.tones[1].power()) >= powerMin }

// power is the tone's mean square.
func (t fitted) power() float64 { return 2 * (square(real(t.amplitude)) + square(imag(t.amplitude))) }

func square(x float64) float64 { return x * x }
