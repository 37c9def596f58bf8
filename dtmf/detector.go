package dtmf

const (
	ringHops = 32 // how far back the detector remembers: 128 ms
	ringMask = ringHops - 1
	cell     = hop / 4 // samples: 1 ms, the finest the detector looks at energy

	pole = 0.87           // of the high-pass that takes hum and offset away
	gain = (1 + pole) / 2 // so that it passes the tones as they are

	quietPeak   = 64                // below it nothing can be above the gate
	quietEnergy = hop * 64.2 * 64.2 // -48 dBm0, below it a hop is not analysed
	noLabel     = 0                 // no pair of tones stands out
	unknown     = 0xff              // label of a hop that is missing
)

// Detector finds digits in audio: 8 kHz, 16-bit, G.711's scale. It reports a tone
// when it is sure of it, 36 to 48 ms after its beginning, and each once, however
// long it lasts. Silence costs next to nothing. The zero value is ready.
//
// It works in hops of 4 ms, whose spectra at the eight frequencies add up to any
// longer window:
//
//	every hop    label: does a pair stand out in the last 12 ms? (loose)
//	36 ms of it  fit: how much of the energy two steady tones explain, their
//	             frequencies, levels, and whether they glide or swell
//	             68 ms where noise hides a part
//	rules        judge: see rules.go. A share of 36 ms is also how length is measured
//	after that   follow: until 32 ms without it; gaps to 27 ms are bridged
type Detector struct {
	hops  [ringHops]hopMemory
	now   int // number of the newest hop
	quiet int // hops in a row without anything

	part   [hop]int16 // samples of the hop to come
	filled int
	holes  bool // some of them are missing
	x, y   float32

	held    pair  // a tone to be judged again with the next hop
	holding uint8 // its label

	tone     press
	measured Measure // of tone
	taken    int     // number of the hop in which it was recognised

	explain      func(Refusal)
	refused      verdict // newest, of a pair that still stands out
	refusedLabel uint8
}

// hopMemory is what is kept of a hop.
type hopMemory struct {
	sums   spectrum
	energy float32
	cells  [hop / cell]float32
	wave   [hop]float32
	label  uint8
}

// NewDetector gives a Detector.
func NewDetector() *Detector { return new(Detector) }

// Reset has the detector forget all it has heard.
func (d *Detector) Reset() { *d = Detector{} }

// Samples hears pcm, any number of samples; at is the receive clock of the first
// one. Digits recognised are appended to dst, with Length 0.
func (d *Detector) Samples(dst []Digit, at int64, pcm []int16) []Digit {
	if d.filled > 0 {
		n := copy(d.part[d.filled:], pcm)
		d.filled += n
		pcm = pcm[n:]
		at += int64(n)
		if d.filled < hop {
			return dst
		}
		dst = d.hop(dst, at, &d.part)
		d.filled, d.holes = 0, false
	}
	for len(pcm) >= hop {
		at += hop
		dst = d.hop(dst, at, (*[hop]int16)(pcm))
		pcm = pcm[hop:]
	}
	d.filled = copy(d.part[:], pcm)
	return dst
}

// Missing says that n samples, the first of them at the receive clock at, were
// lost: unlike silence they do not end a tone, at least not for 100 ms.
func (d *Detector) Missing(dst []Digit, at int64, n int) []Digit {
	for n > 0 {
		m := min(n, hop-d.filled)
		clear(d.part[d.filled : d.filled+m])
		d.filled += m
		d.holes = true
		at += int64(m)
		n -= m
		if d.filled == hop {
			dst = d.hop(dst, at, &d.part)
			d.filled, d.holes = 0, false
		}
	}
	return dst
}

// Press gives the newest tone with the length it has had so far, and whether it
// still sounds.
func (d *Detector) Press() (digit Digit, down bool) {
	digit = d.tone.digit
	digit.Length = d.tone.last - digit.Start
	return digit, d.tone.label != noLabel
}

// hop takes in a hop that ends at the receive clock end.
func (d *Detector) hop(dst []Digit, end int64, pcm *[hop]int16) []Digit {
	quiet := !d.holes && isQuiet(pcm)
	if !quiet {
		d.quiet = 0
	} else if d.quiet++; d.quiet > ringHops {
		d.quiet = ringHops + 1
		return dst // all that is remembered is quiet, too
	}
	d.now++
	h := &d.hops[d.now&ringMask]
	switch {
	case d.holes:
		*h = hopMemory{label: unknown}
	case quiet:
		*h = hopMemory{}
	default:
		d.measure(h, pcm)
		h.label = d.label()
	}
	if d.holes || quiet {
		d.x, d.y = gain*float32(pcm[hop-1]), 0
	}
	d.follow(end)
	d.measureAgain(end)
	return d.recognise(dst, end)
}

// isQuiet says that no sample is loud enough for the hop to be above the gate.
func isQuiet(pcm *[hop]int16) bool {
	for i := 0; i < hop; i += 8 {
		p := (*[8]int16)(pcm[i:])
		bits := magnitude(p[0]) | magnitude(p[1]) | magnitude(p[2]) | magnitude(p[3]) |
			magnitude(p[4]) | magnitude(p[5]) | magnitude(p[6]) | magnitude(p[7])
		if bits >= quietPeak {
			return false
		}
	}
	return true
}

// magnitude is |s|, but for one.
func magnitude(s int16) int16 { return s ^ s>>15 }

// measure filters a hop and gives its energies and, unless it is quiet, spectrum.
func (d *Detector) measure(h *hopMemory, pcm *[hop]int16) {
	// y[n] = x[n] - x[n-1] + pole·y[n-1], four samples at a time: first as if y had
	// been 0, then with what is left of it.
	x, y := d.x, d.y
	h.energy = 0
	for c := range h.cells {
		var sum float32
		for i := c * cell; i < c*cell+cell; i += 4 {
			in, out := (*[4]int16)(pcm[i:]), (*[4]float32)(h.wave[i:])
			x0, x1, x2, x3 := gain*float32(in[0]), gain*float32(in[1]), gain*float32(in[2]), gain*float32(in[3])
			y0 := x0 - x
			y1 := x1 - x0 + pole*y0
			y2 := x2 - x1 + pole*y1
			y3 := x3 - x2 + pole*y2
			y0 += pole * y
			y1 += pole * pole * y
			y2 += pole * pole * pole * y
			y3 += pole * pole * pole * pole * y
			out[0], out[1], out[2], out[3] = y0, y1, y2, y3
			sum += y0*y0 + y1*y1 + y2*y2 + y3*y3
			x, y = x3, y3
		}
		h.cells[c] = sum
		h.energy += sum
	}
	d.x, d.y = x, y
	if h.energy < quietEnergy {
		h.sums = spectrum{}
		if h.energy < 1 {
			d.y = 0 // or it would fade away through numbers that are slow to reckon with
		}
		return
	}
	h.sums = analyse(&h.wave, d.now%turn)
}

// Limits of a label, loose: a tone 1.8 % off loses a third of its filter's sum.
const (
	labelHops     = 3
	labelShare    = 0.45
	labelTwistMin = 0.0158 // -18 dB
	labelTwistMax = 39.8   // +16 dB
)

// label says which pair stands out in the newest three hops: 1 + its place on the
// keypad.
func (d *Detector) label() uint8 {
	a, b, c := &d.hops[d.now&ringMask], &d.hops[(d.now-1)&ringMask], &d.hops[(d.now-2)&ringMask]
	if a.energy < quietEnergy || b.label == unknown || c.label == unknown {
		return noLabel
	}
	row, rowPower := strongest(a.sums[:4], b.sums[:4], c.sums[:4])
	column, columnPower := strongest(a.sums[4:], b.sums[4:], c.sums[4:])
	energy := a.energy + b.energy + c.energy
	if 2*(rowPower+columnPower) <= labelShare*labelHops*hop*energy ||
		columnPower < labelTwistMin*rowPower || columnPower > labelTwistMax*rowPower {
		return noLabel
	}
	return uint8(1 + row*4 + column)
}

// strongest gives the filter with the most power in three hops together.
func strongest(a, b, c []complex64) (index int, power float32) {
	for i := range 4 {
		s := a[i] + b[i] + c[i]
		if p := real(s)*real(s) + imag(s)*imag(s); p > power {
			index, power = i, p
		}
	}
	return index, power
}
