package dtmf

import (
	"math"
	"math/cmplx"
)

// Measure is what the two tones of a key were like where they were judged: over 36 ms near their beginning, 68 ms in
// noise. The low tone is first.
type Measure struct {
	Share float64    // 0 to 1: how much of the sound's energy the two tones are, by the detector's filters
	SNR   float64    // dB by which they are stronger than what is left without them, -60 to 60; G.711 alone leaves 35
	Off   [2]float64 // frequency error, relative
	Level [2]float64 // dBm0
}

// Twist is by how many dB the high tone is stronger than the low one.
func (m Measure) Twist() float64 { return m.Level[1] - m.Level[0] }

// Hertz is by how many Hz the tones of key are off.
func (m Measure) Hertz(key byte) (off [2]float64) {
	row, column, ok := tonesOf(key)
	if !ok {
		return off
	}
	return [2]float64{m.Off[0] * float64(frequencies[row]), m.Off[1] * float64(frequencies[column])}
}

// Measured gives the measures of the newest tone, the one of Press.
func (d *Detector) Measured() Measure { return d.measured }

// measure gives what people want to know of a fit; noise is the mean square of what is left without its tones.
func (p *pair) measure(noise float64) (m Measure) {
	m.Share = p.share
	for i, t := range p.tones {
		m.Off[i] = t.off
		m.Level[i] = 10 * math.Log10(2*t.power()/square(fullScale*highPass(t.omega)))
	}
	tones := p.tones[0].power() + p.tones[1].power()
	m.SNR = 10 * math.Log10(min(max(tones/max(noise, 1e-9), 1e-6), 1e6))
	return m
}

// measureAgain looks at the tone that was taken a hop ago. The window was taken as soon as it was good enough, which can be
// before the tone filled it; now it does, unless the tone is over, and the better measures count.
func (d *Detector) measureAgain() {
	if d.now != d.taken+1 || d.tone.off > 0 {
		return
	}
	p := d.fit(d.tone.label, shortWindow)
	var r rest
	d.rest(&r, &p)
	if m := p.measure(r.power); m.SNR > d.measured.SNR {
		d.measured = m
	}
}

// highPass is how much of a tone the detector's high-pass leaves.
func highPass(omega float64) float64 {
	z := cis(-omega)
	return gain * cmplx.Abs(1-z) / cmplx.Abs(1-pole*z)
}
