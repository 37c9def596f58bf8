package dtmf

// track is what the two filters of a label make of the hops: reckoned when asked
// for, and then kept. All longer windows are sums over them.
type track struct {
	label uint8
	known uint32 // a bit for each hop of the ring
	hops  [ringHops]hopSum
}

// hopSum is a hop's sum of x[n]·e^(-jωn) for each of the two frequencies, phases
// counted from the middle of hop 0, and the energy of each of its ms.
type hopSum struct {
	sums  [2]complex64
	cells [hopCells]float32
	last  float32 // of the filtered samples
}

const (
	cell     = hop / 4 // samples: 1 ms, the finest the detector looks at energy
	hopCells = hop / cell
)

func (h *hopSum) energy() float32 { return h.cells[0] + h.cells[1] + h.cells[2] + h.cells[3] }

// turns are the turns of a frequency of f Hz in f hops. All frequencies are whole
// Hz, so phases come back every second.
var turns [secondHops]complex64

const secondHops = 250

func init() {
	for k := range turns {
		turns[k] = complex64(cis(-2 * 3.14159265358979 * float64(k) / secondHops))
	}
}

// hopSum gives label's of hop n.
func (d *Detector) hopSum(label uint8, n int) *hopSum {
	if d.track.label != label {
		d.track.label, d.track.known = label, 0
	}
	slot := n & ringMask
	l := &d.track.hops[slot]
	if d.track.known>>slot&1 == 0 {
		d.track.known |= 1 << slot
		var wave [hop]float32
		before := d.pcm[(n-1)&ringMask][hop-1]
		if known := d.track.known >> ((n - 1) & ringMask) & 1; known != 0 {
			l.last = highPassed(&wave, &d.pcm[slot], before, d.track.hops[(n-1)&ringMask].last)
		} else {
			d.wave(wave[:], n)
			l.last = wave[hop-1]
		}
		for c := range l.cells {
			l.cells[c] = energy(wave[c*cell : (c+1)*cell])
		}
		row, column := tonesOfLabel(label)
		l.sums = correlate(&wave, row, column)
		l.sums[0] *= turned(row, n)
		l.sums[1] *= turned(column, n)
	}
	return l
}

// correlate gives the sums of a hop for the frequencies of a row and a column,
// phases counted from its middle.
func correlate(x *[hop]float32, row, column int) [2]complex64 {
	var rowEven, rowOdd, columnEven, columnOdd float32
	row, column = row&3, column&3
	for k := range hop / 2 {
		late, early := x[hop/2+k], x[hop/2-1-k]
		even, odd := late+early, late-early
		r, c := &correlators[0][k], &correlators[1][k]
		rowEven += even * r.cos[row]
		rowOdd += odd * r.sin[row]
		columnEven += even * c.cos[column]
		columnOdd += odd * c.sin[column]
	}
	return [2]complex64{complex(rowEven, -rowOdd), complex(columnEven, -columnOdd)}
}

// turned is how a frequency's phase stands in the middle of hop n.
func turned(index, n int) complex64 {
	n = (n%secondHops + secondHops) % secondHops
	return turns[frequencies[index]*n%secondHops]
}

// block is what the filters make of three hops: the power of each of the two, as
// a square of the sum, and the energy.
type block struct {
	powers [2]float32
	energy float32
}

// standsAt says whether label stands out in the three hops that end with n.
func (d *Detector) standsAt(label uint8, n int) bool {
	if d.isMissing(n, labelHops) {
		return false
	}
	b := d.block(label, n)
	return b.stands()
}

// block gives label's three hops that end with n.
func (d *Detector) block(label uint8, n int) (b block) {
	var sums [2]complex64
	for i := range labelHops {
		h := d.hopSum(label, n-i)
		sums[0] += h.sums[0]
		sums[1] += h.sums[1]
		b.energy += h.energy()
	}
	b.powers = [2]float32{power(sums[0]), power(sums[1])}
	return b
}

func power(z complex64) float32 { return real(z)*real(z) + imag(z)*imag(z) }
