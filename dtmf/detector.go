package dtmf

const (
	hop      = 32 // samples: 4 ms, the step of all that is measured
	ringHops = 32 // how far back the detector remembers: 128 ms
	ringMask = ringHops - 1

	quietPeak   = 64                // below it nothing can be above the gate
	quietEnergy = hop * 64.2 * 64.2 // -48 dBm0, below it nothing is analysed
)

// Detector finds digits in audio: 8 kHz, 16-bit, G.711's scale. It reports a tone
// when it is sure of it, 36 to 48 ms after its beginning, and each once, however
// long it lasts. The zero value is ready.
//
// Little is done with most of the audio. A tone of 40 ms holds 36 ms on the grid
// of 4 ms hops, and those 36 ms hold one of the probes:
//
//	every hop    keep the samples, rest where they are quiet
//	every 28 ms  probe: does a pair stand out in 12 ms? (loose; eight filters)
//	if it does   track: does it stand in the 36 ms up to each hop? (two filters)
//	if it does   fit: how much of the energy two steady tones explain, their
//	             frequencies, levels, and whether they glide or swell
//	             68 ms where noise hides a part
//	rules        judge: see rules.go. A share of 36 ms is also how length is measured
//	after that   follow: until 32 ms without it; gaps to 27 ms are bridged
type Detector struct {
	pcm   [ringHops][hop]int16 // the newest hops as they came
	lost  uint32               // a bit for each: samples of it are missing
	now   int                  // number of the newest hop
	quiet int                  // hops in a row without anything

	filled int  // samples of the hop to come
	holes  bool // some of them are missing

	probed    int   // number of the hop of the newest probe
	candidate uint8 // the pair that stood out there
	track     track // of the candidate, or of the tone

	held    pair  // a tone to be judged again with the next hop
	holding uint8 // its label

	tone     press
	measured Measure // of tone
	taken    int     // number of the hop in which it was recognised

	explain      func(Refusal)
	refused      verdict // newest, of a pair that still stands out
	refusedLabel uint8
}

// Reset has the detector forget all it has heard.
func (d *Detector) Reset() { *d = Detector{} }

// Samples hears pcm, any number of samples; at is the receive clock of the first
// one. Digits recognised are appended to dst, with Length 0.
func (d *Detector) Samples(dst []Digit, at int64, pcm []int16) []Digit {
	for len(pcm) > 0 {
		n := copy(d.next()[d.filled:], pcm)
		pcm = pcm[n:]
		at += int64(n)
		dst = d.fill(dst, at, n)
	}
	return dst
}

// Missing says that n samples, the first of them at the receive clock at, were
// lost: unlike silence they do not end a tone, at least not for 100 ms.
func (d *Detector) Missing(dst []Digit, at int64, n int) []Digit {
	for n > 0 {
		m := min(n, hop-d.filled)
		clear(d.next()[d.filled : d.filled+m])
		d.holes = true
		n -= m
		at += int64(m)
		dst = d.fill(dst, at, m)
	}
	return dst
}

// Resting says that all it remembers is quiet: more of that, its absolute value under
// 64, need not be given to it.
func (d *Detector) Resting() bool { return d.quiet > ringHops }

// Press gives the newest tone with the length it has had so far, and whether it
// still sounds.
func (d *Detector) Press() (digit Digit, down bool) {
	digit = d.tone.digit
	digit.Length = d.tone.last - digit.Start
	return digit, d.tone.label != noLabel
}

// next is where the samples of the hop to come are kept.
func (d *Detector) next() *[hop]int16 { return &d.pcm[(d.now+1)&ringMask] }

// fill has n more samples of the hop to come be there, the last before the receive
// clock at. When the hop is whole, it is heard.
func (d *Detector) fill(dst []Digit, at int64, n int) []Digit {
	if d.filled += n; d.filled < hop {
		return dst
	}
	d.filled = 0
	missing := d.holes
	d.holes = false
	if missing || !isQuiet(d.next()) {
		d.quiet = 0
	} else if d.quiet++; d.quiet > ringHops {
		d.quiet = ringHops + 1
		return dst // all that is remembered is quiet, too
	}
	d.now++
	bit := uint32(1) << (d.now & ringMask)
	d.lost &^= bit
	if missing {
		d.lost |= bit
	}
	d.track.known &^= bit
	if d.tone.label != noLabel {
		d.follow(at)
		d.measureAgain()
	}
	sounds := d.tone.label != noLabel && at-d.tone.last < hop // and no other key can
	if d.now-d.probed >= probeEvery && !sounds {
		d.probed, d.candidate = d.now, d.probe()
	}
	if d.candidate != noLabel || d.holding != noLabel {
		dst = d.recognise(dst, at)
	}
	return dst
}

// isMissing says whether samples of any of the hops that end with n are missing.
func (d *Detector) isMissing(n, hops int) bool {
	for i := range hops {
		if d.lost>>((n-i)&ringMask)&1 != 0 {
			return true
		}
	}
	return false
}

// isQuiet says that no sample is loud enough for the hop to be above the gate.
func isQuiet(pcm *[hop]int16) bool {
	for i := 0; i < hop; i += 8 {
		// quietPeak is a power of 2: where none of the sums reaches twice as much, all are -quietPeak to quietPeak-1.
		p := (*[8]int16)(pcm[i:])
		sums := uint16(p[0]+quietPeak) | uint16(p[1]+quietPeak) | uint16(p[2]+quietPeak) | uint16(p[3]+quietPeak) |
			uint16(p[4]+quietPeak) | uint16(p[5]+quietPeak) | uint16(p[6]+quietPeak) | uint16(p[7]+quietPeak)
		if sums >= 2*quietPeak {
			return false
		}
	}
	return true
}
