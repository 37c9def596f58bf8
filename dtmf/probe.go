package dtmf

import "math"

// A label is a pair of tones: 1 + its place on the keypad.
const noLabel = 0

// Limits of a label, loose: a tone 1.8 % off loses a third of its filter's power.
const (
	labelHops     = 3
	labelShare    = 0.45
	labelTwistMin = 0.0158 // -18 dB
	labelTwistMax = 39.8   // +16 dB

	probeEvery = shortWindow - labelHops + 1 // hops: each short window holds a probe whole

	blockHalf = labelHops * hop / 2
)

// correlators are cosines and sines of the eight frequencies, by the distance from
// the middle of a block: rows, then columns.
var correlators [2][blockHalf]struct{ cos, sin [4]float32 }

func init() {
	for i, f := range frequencies {
		for k := range blockHalf {
			sin, cos := math.Sincos(2 * math.Pi * float64(f) / 8000 * (float64(k) + 0.5))
			correlators[i/4][k].cos[i%4] = float32(cos)
			correlators[i/4][k].sin[i%4] = float32(sin)
		}
	}
}

// probe says which pair stands out in the newest three hops.
func (d *Detector) probe() uint8 {
	if d.isMissing(d.now, labelHops) {
		return noLabel
	}
	var wave [2 * blockHalf]float32
	d.wave(wave[:], d.now)
	b := block{energy: energy(wave[:])}
	if b.energy < labelHops*quietEnergy {
		return noLabel
	}
	// Even and odd part of the block about its middle make the real and imaginary
	// part, with half the products that Goertzel's recurrence needs and no sum
	// waiting for another.
	var even, odd [blockHalf]float32
	for k := range even {
		late, early := wave[blockHalf+k], wave[blockHalf-1-k]
		even[k], odd[k] = late+early, late-early
	}
	var row, column int
	row, b.powers[0] = strongest(&correlators[0], &even, &odd)
	column, b.powers[1] = strongest(&correlators[1], &even, &odd)
	if !b.stands() {
		return noLabel
	}
	return uint8(1 + row*4 + column)
}

// stands says whether the tones are a pair worth a look.
func (b *block) stands() bool {
	low, high := b.powers[0], b.powers[1]
	return 2*(low+high) > labelShare*labelHops*hop*b.energy && high > labelTwistMin*low && high < labelTwistMax*low
}

// strongest gives which of four filters has the most power.
func strongest(table *[blockHalf]struct{ cos, sin [4]float32 }, even, odd *[blockHalf]float32) (index int, power float32) {
	var c0, c1, c2, c3, s0, s1, s2, s3 float32
	for k := range table {
		t := &table[k]
		e, o := even[k], odd[k]
		c0 += e * t.cos[0]
		c1 += e * t.cos[1]
		c2 += e * t.cos[2]
		c3 += e * t.cos[3]
		s0 += o * t.sin[0]
		s1 += o * t.sin[1]
		s2 += o * t.sin[2]
		s3 += o * t.sin[3]
	}
	for i, p := range [4]float32{c0*c0 + s0*s0, c1*c1 + s1*s1, c2*c2 + s2*s2, c3*c3 + s3*s3} {
		if p > power {
			index, power = i, p
		}
	}
	return index, power
}
