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
	fading     = 0.05  // of the share, from one window to the next: the tone is over
	goodShare  = 0.955 // under it the narrow limits hold

	offMax         = 0.020 // relative frequency error
	offNarrow      = 0.019
	twistMin       = -13 // dB
	twistMax       = 11
	twistNarrowMin = -9
	twistNarrowMax = 7
	slopeMax       = 0.3
	chirpMax       = 0.2   // rad; a glide of k Hz/s bends by πkT²/4, 0.31 rad for 300 Hz/s
	chirpCalm      = 0.08  // bent more, it must not go on bending: see isCalm
	heldHops       = 20    // what is waited for is remembered so long
	movedOff       = 0.004 // change of frequency that tells a glide from what bends the phase here and there
	jointOff       = 0.022
	jointMax       = 2.2   // real tones do not have all faults at once
	levelMin       = -42.0 // dBm0, of the weaker tone

	longWindow    = 17 // hops, 68 ms: for tones in noise
	noisyShareMin = 0.66
	noisyShare    = 0.74
	noisySlope    = 0.15
	noisyChirp    = 0.3
)

// powerMin is the mean square of a tone of levelMin.
var powerMin = math.Pow(10, levelMin/10) * fullScale * fullScale / 2

// judge says whether a fit of the short window is a tone, or why not.
func (p *pair) judge() verdict {
	off, low, high := offMax, float64(twistMin), float64(twistMax)
	if p.share < goodShare {
		off, low, high = offNarrow, twistNarrowMin, twistNarrowMax
	}
	switch {
	case p.share < shortShare:
		return notAlone
	case !p.loud():
		return tooQuiet
	case p.twist < low || p.twist > high:
		return tooTwisted
	}
	joint := 0.0
	for _, t := range p.tones {
		chirp := chirpMax
		if p.share < goodShare {
			chirp -= 0.3 * math.Abs(t.slope)
		}
		if v := t.judge(off, slopeMax, chirp); v != isKey {
			return v
		}
		joint += square(t.off/jointOff) + square(t.chirp/chirpMax)
	}
	if joint > jointMax {
		return tooMuch
	}
	return isKey
}

// isCalm says that neither tone's phase bends much. An echo that sets in bends it,
// and so does a glide: what is not calm is a tone only if it becomes so, or ends,
// before it glides away.
func (p *pair) isCalm() bool {
	return max(math.Abs(p.tones[0].chirp), math.Abs(p.tones[1].chirp)) <= chirpCalm
}

// hasMoved says that a tone's frequency is not what it was in an earlier window.
func (p *pair) hasMoved(was *pair) bool {
	return math.Abs(p.tones[0].off-was.tones[0].off) > movedOff || math.Abs(p.tones[1].off-was.tones[1].off) > movedOff
}

// judgeNoisy says whether a fit of the long window is a tone, or why not.
func (p *pair) judgeNoisy() verdict {
	switch {
	case p.share < noisyShare:
		return notAlone
	case !p.loud():
		return tooQuiet
	case p.twist < twistNarrowMin || p.twist > twistNarrowMax:
		return tooTwisted
	}
	for _, t := range p.tones {
		if v := t.judge(offNarrow, noisySlope, noisyChirp); v != isKey {
			return v
		}
	}
	return isKey
}

func (t fitted) judge(off, slope, chirp float64) verdict {
	switch {
	case math.Abs(t.off) > off:
		return offFrequency
	case math.Abs(t.slope) > slope:
		return swelling
	case math.Abs(t.chirp) > chirp:
		return gliding
	}
	return isKey
}

func (p *pair) loud() bool { return min(p.tones[0].power(), p.tones[1].power()) >= powerMin }

// off is the greater of the frequency errors.
func (p *pair) off() float64 { return max(math.Abs(p.tones[0].off), math.Abs(p.tones[1].off)) }

// power is the tone's mean square.
func (t fitted) power() float64 { return 2 * (square(real(t.amplitude)) + square(imag(t.amplitude))) }

func square(x float64) float64 { return x * x }
