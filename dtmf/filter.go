package dtmf

// A one-pole high-pass takes hum and offset away: y[n] = gain·(x[n] - x[n-1]) + pole·y[n-1].
// Its gain at the tones differs by 0.2 dB.
const (
	pole = 0.87
	gain = (1 + pole) / 2
)

// wave filters the hops that end with number n into dst. The filter starts a hop
// before them: what it would still have of earlier ones has faded by 39 dB.
func (d *Detector) wave(dst []float32, n int) {
	hops := len(dst) / hop
	var warm [hop]float32
	in := &d.pcm[(n-hops)&ringMask]
	y := highPassed(&warm, in, in[0], 0)
	for i := range hops {
		x := in[hop-1]
		in = &d.pcm[(n-hops+1+i)&ringMask]
		y = highPassed((*[hop]float32)(dst[i*hop:]), in, x, y)
	}
}

// highPassed filters a hop after the sample x and the result y, and gives its last
// result. Four samples at a time: first as if y had been 0, then with what is left
// of it.
func highPassed(out *[hop]float32, in *[hop]int16, x int16, y float32) float32 {
	last := float32(x)
	for i := 0; i < hop; i += 4 {
		in, out := (*[4]int16)(in[i:]), (*[4]float32)(out[i:])
		x0, x1, x2, x3 := float32(in[0]), float32(in[1]), float32(in[2]), float32(in[3])
		y0 := gain * (x0 - last)
		y1 := gain*(x1-x0) + pole*y0
		y2 := gain*(x2-x1) + pole*y1
		y3 := gain*(x3-x2) + pole*y2
		y0 += pole * y
		y1 += pole * pole * y
		y2 += pole * pole * pole * y
		y3 += pole * pole * pole * pole * y
		out[0], out[1], out[2], out[3] = y0, y1, y2, y3
		last, y = x3, y3
	}
	return y
}

// energy is the sum of squares of a number of samples that is a multiple of 4.
func energy(wave []float32) float32 {
	var a, b, c, d float32
	for ; len(wave) >= 4; wave = wave[4:] {
		a += wave[0] * wave[0]
		b += wave[1] * wave[1]
		c += wave[2] * wave[2]
		d += wave[3] * wave[3]
	}
	return a + b + c + d
}
