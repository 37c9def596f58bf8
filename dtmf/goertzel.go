package dtmf

import "math"

const hop = 32 // samples: 4 ms. All measures are sums over hops, so no sample is filtered twice

// spectrum is what the eight filters make of a hop: the sum over it of
// x[n]·e^(-jωn), one per frequency.
type spectrum [8]complex64

// Tables of the filters: cosines and sines of four frequencies at a time, by the
// distance from the middle of the hop; and the turn of a frequency in f hops, all
// of which are whole Hz, so that the phases come back every 250 hops.
var (
	filters [2][hop / 2]struct{ cos, sin [4]float32 }
	turns   [turn]complex64
)

const turn = 250 // hops: a second

func init() {
	for i, f := range frequencies {
		for k := range hop / 2 {
			sin, cos := math.Sincos(2 * math.Pi * float64(f) / 8000 * (float64(k) + 0.5))
			filters[i/4][k].cos[i%4] = float32(cos)
			filters[i/4][k].sin[i%4] = float32(sin)
		}
	}
	for k := range turns {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / turn)
		turns[k] = complex(float32(cos), float32(-sin))
	}
}

// analyse gives the spectrum of a hop, phases counted from the middle of hop 0 of
// the second; phase is the hop's number in its second. Even and odd part of the
// hop about its middle make the real and imaginary part, with half the products
// that Goertzel's recurrence needs and no sum waiting for another.
func analyse(x *[hop]float32, phase int) (s spectrum) {
	var even, odd [hop / 2]float32
	for k := range even {
		a, b := x[hop/2+k], x[hop/2-1-k]
		even[k], odd[k] = a+b, a-b
	}
	for g := range filters {
		var c0, c1, c2, c3, s0, s1, s2, s3 float32
		table := &filters[g]
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
		s[4*g+0] = turned(c0, s0, 4*g+0, phase)
		s[4*g+1] = turned(c1, s1, 4*g+1, phase)
		s[4*g+2] = turned(c2, s2, 4*g+2, phase)
		s[4*g+3] = turned(c3, s3, 4*g+3, phase)
	}
	return s
}

// turned gives re - j·im from the middle of the hop as seen from hop 0.
func turned(re, im float32, i, phase int) complex64 {
	t := turns[frequencies[i]*phase%turn]
	tr, ti := real(t), imag(t)
	return complex(re*tr+im*ti, re*ti-im*tr)
}

// goertzel gives the power of x at ω radians per sample as the mean square of a
// tone there.
func goertzel(x []float32, omega float64) float64 {
	coefficient := float32(2 * math.Cos(omega))
	var v1, v2 float32
	for _, s := range x {
		v1, v2 = s+coefficient*v1-v2, v1
	}
	n := float64(len(x))
	power := float64(v1)*float64(v1) + float64(v2)*float64(v2) - float64(coefficient)*float64(v1)*float64(v2)
	return 2 * power / (n * n)
}
