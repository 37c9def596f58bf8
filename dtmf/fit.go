package dtmf

import (
	"math"
	"math/cmplx"
)

// pair is two tones fitted to a window of hops, the window's middle being time 0.
type pair struct {
	tones [2]fitted
	share float64 // of the window's energy that the tones explain
	power float64 // mean square of the window
	twist float64 // dB by which the high tone is stronger
	hops  int
	end   int // number of the hop that ends the window
}

// fitted is one tone: 2·Re(amplitude·e^(jωt)), t in samples.
type fitted struct {
	omega     float64    // radians per sample
	amplitude complex128 // half the peak
	off       float64    // frequency error, relative to the nominal one
	slope     float64    // how much louder the end is than the middle, relative
	chirp     float64    // radians by which the phase bends until the end
}

// kernel is the sum of e^(jxm) over the hop, m from its middle.
func kernel(x float64) float64 {
	d := math.Sin(x / 2)
	if math.Abs(d) < 1e-9 {
		return hop
	}
	return math.Sin(x*hop/2) / d
}

// moments of the window's hops about its middle, by u from -1 to 1.
func moments(hops int) (u2, u4 float64) {
	for i := range hops {
		u := position(i, hops)
		u2 += u * u
		u4 += u * u * u * u
	}
	return u2 / float64(hops), u4 / float64(hops)
}

func position(i, hops int) float64 { return (float64(i) - float64(hops-1)/2) / (float64(hops) / 2) }

// fit measures the two tones of a label in the newest hops, at most 17. Each tone's own image and the other tone leak into
// what its filter gives: a first estimate tells how much, the second round takes it off.
func (d *Detector) fit(label uint8, hops int) (p pair) {
	end := d.now
	p.hops, p.end = hops, end
	var seen [2][longWindow]complex128
	var nominal [2]float64
	energy := 0.0
	begin, middle := end-hops+1, end-(hops-1)/2
	row, column := tonesOfLabel(label)
	for t, index := range [2]int{row, column} {
		nominal[t] = 2 * math.Pi * float64(frequencies[index]) / 8000
		back := cmplx.Conj(complex128(turned(index, middle)))
		for i := range hops {
			seen[t][i] = complex128(d.hopSum(label, begin+i).sums[t]) * back
		}
		p.tones[t] = first(seen[t][:hops], nominal[t])
	}
	for i := range hops {
		energy += float64(d.hopSum(label, begin+i).energy())
	}
	p.power = energy / float64(hops*hop)
	u2, u4 := moments(hops)
	const rounds = 2
	for range rounds {
		if p.weigh(nominal); p.isHopeless() {
			return p
		}
		was := p.tones
		for t := range p.tones {
			p.tones[t] = refine(seen[t][:hops], nominal[t], was[t], was[1-t], u2, u4)
		}
	}
	p.weigh(nominal)
	return p
}

// weigh derives from the tones what the rules look at.
func (p *pair) weigh(nominal [2]float64) {
	for t := range p.tones {
		p.tones[t].off = p.tones[t].omega/nominal[t] - 1
	}
	low, high := p.tones[0].power(), p.tones[1].power()
	if p.power > 0 && low > 0 && high > 0 {
		p.share = (low + high) / p.power
		p.twist = 10 * math.Log10(high/low)
	}
}

// isHopeless says that no rule can take the pair, however well its estimates are
// refined: that changes a frequency by 0.3 % at most, the share by a tenth.
func (p *pair) isHopeless() bool {
	return p.share < noisyShareMin-0.1 || max(math.Abs(p.tones[0].off), math.Abs(p.tones[1].off)) > offMax+0.008
}

// first estimates a tone from how fast the phase of blocks of three hops goes on.
func first(seen []complex128, nominal float64) fitted {
	var advance complex128
	for i := 3; i < len(seen); i++ {
		a := seen[i-3] + seen[i-2] + seen[i-1]
		b := seen[i-2] + seen[i-1] + seen[i]
		advance += b * cmplx.Conj(a)
	}
	delta := cmplx.Phase(advance) / hop
	var sum complex128
	step, z := cis(-delta*hop), cis(delta*hop*float64(len(seen)-1)/2)
	for _, s := range seen {
		sum += s * z
		z *= step
	}
	return fitted{omega: nominal + delta, amplitude: sum / complex(kernel(delta)*float64(len(seen)), 0)}
}

// refine takes own's image and other off what the filter has seen, turns the rest
// by own's frequency, so that it should stand still, and measures how it does not.
func refine(seen []complex128, nominal float64, own, other fitted, u2, u4 float64) fitted {
	hops := float64(len(seen))
	begin := -(hops - 1) / 2 * hop // time of the first hop's middle
	delta := own.omega - nominal
	// Three disturbances, each a phasor that turns from hop to hop.
	type phasor struct{ now, step complex128 }
	turning := func(omega float64) phasor { return phasor{cis(omega * begin), cis(omega * hop)} }
	back, mine, others := turning(-nominal), turning(own.omega), turning(other.omega)
	image := phasor{cmplx.Conj(own.amplitude*mine.now) * back.now * real128(kernel(own.omega+nominal)), cmplx.Conj(mine.step) * back.step}
	cross := phasor{other.amplitude * others.now * back.now * real128(kernel(other.omega-nominal)), others.step * back.step}
	crossImage := phasor{cmplx.Conj(other.amplitude*others.now) * back.now * real128(kernel(other.omega+nominal)), cmplx.Conj(others.step) * back.step}
	still := phasor{cmplx.Conj(mine.now * back.now), cmplx.Conj(mine.step * back.step)}
	var m0, m1, m2 complex128
	for i, s := range seen {
		g := (s - image.now - cross.now - crossImage.now) * still.now
		u := complex(position(i, len(seen)), 0)
		m0 += g
		m1 += u * g
		m2 += u * u * g
		image.now *= image.step
		cross.now *= cross.step
		crossImage.now *= crossImage.step
		still.now *= still.step
	}
	if m0 == 0 {
		return own
	}
	linear, square := m1/m0, m2/m0
	return fitted{
		omega:     own.omega + imag(linear)/u2/(hops*hop/2),
		amplitude: m0 / complex(kernel(delta)*hops, 0),
		slope:     real(linear) / u2,
		chirp:     imag(square) / (u4 - u2*u2),
	}
}

// real128 is a real number among complex ones.
func real128(x float64) complex128 { return complex(x, 0) }

func cis(x float64) complex128 {
	sin, cos := math.Sincos(x)
	return complex(cos, sin)
}
