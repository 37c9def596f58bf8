package sounds

import (
	"math"
	"sync"
)

// The low-pass filter of the resampler: a sinc under a Kaiser window. Telephone
// speech ends at 3.4 kHz; from 4 kHz on everything would be folded back into it.
const (
	passEdge   = 3450.0 // Hz; flat to here
	stopEdge   = 4000.0 // Hz; nothing left from here on
	stopDepth  = 80.0   // dB
	kaiserBeta = 0.1102 * (stopDepth - 8.7)
	maxPhases  = 256 // rows of the filter's table; between rows it is interpolated, which errs by -94 dB
)

// filter is the low-pass filter for a rate, sampled.
type filter struct {
	taps   int         // per output sample, even
	phases int         // rows in table but one
	table  [][]float32 // by phase, 0 … phases: the taps for a point so far between two input samples
}

// filters are those of the usual rates, which are made once: it takes as long as decoding a tenth of a second.
var filters = func() map[int]func() *filter {
	made := make(map[int]func() *filter)
	for _, rate := range []int{11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 96000, 192000} {
		made[rate] = sync.OnceValue(func() *filter { return newFilter(rate) })
	}
	return made
}()

func newFilter(rate int) *filter {
	// The narrower of both rates decides what may pass; below 8 kHz it is the input's.
	scale := math.Min(1, float64(rate)/Rate)
	pass, stop := passEdge*scale, stopEdge*scale
	cutoff := (pass + stop) / 2 / float64(rate) // cycles per input sample
	// Kaiser's estimate of the length, in input samples.
	length := (stopDepth - 7.95) / (2.285 * 2 * math.Pi * (stop - pass) / float64(rate))
	half := int(math.Ceil(length/2)) + 1
	f := &filter{taps: 2 * half, phases: min(Rate/gcd(rate, Rate), maxPhases)}
	f.table = make([][]float32, f.phases+1)
	row := make([]float64, f.taps)
	for p := range f.table {
		sum := 0.0
		for k := range row {
			// Distance of tap k from the wanted point, in input samples: the point
			// lies p/phases after the sample under tap half-1.
			x := float64(k-half+1) - float64(p)/float64(f.phases)
			row[k] = sinc(2*cutoff*x) * kaiser(x/float64(half))
			sum += row[k]
		}
		f.table[p] = make([]float32, f.taps)
		for k := range row {
			f.table[p][k] = float32(row[k] / sum) // a constant passes as it is, at every phase
		}
	}
	return f
}

// resampler turns mono samples of any rate into 8 kHz, in one pass and with
// bounded memory. Sample n of the output is the band-limited input at the time
// n/8000 s: nothing is delayed, and a file of N samples at rate R gives
// ⌈N·8000/R⌉ of them. At 8 kHz samples pass unchanged.
type resampler struct {
	*filter
	rate  int
	in    []float32 // input from index first on
	first int       // may be negative: the silence before the file
	read  int       // samples of input so far
	next  int       // the output sample that comes next
	out   []int16
}

func newResampler(rate int) *resampler {
	r := &resampler{rate: rate}
	if rate == Rate {
		return r
	}
	if usual, ok := filters[rate]; ok {
		r.filter = usual()
	} else {
		r.filter = newFilter(rate)
	}
	half := r.taps / 2
	r.first = -(half - 1)
	r.in = make([]float32, half-1)
	return r
}

// write takes the next samples of the input, full scale ±1.
func (r *resampler) write(samples []float32) {
	r.read += len(samples)
	if r.rate == Rate {
		for _, s := range samples {
			r.out = append(r.out, clip(s))
		}
		return
	}
	r.in = append(r.in, samples...)
	r.produce(math.MaxInt)
}

// take returns the output since the last time. It is valid until the next write.
func (r *resampler) take() []int16 {
	out := r.out
	r.out = r.out[:0]
	return out
}

// finish ends the input and returns what is left of the output.
func (r *resampler) finish() []int16 {
	if r.rate != Rate {
		r.in = append(r.in, make([]float32, r.taps)...)
		r.produce((r.read*Rate + r.rate - 1) / r.rate)
		r.in = nil
	}
	return r.out
}

// produce appends every output sample before end whose taps are all there.
func (r *resampler) produce(end int) {
	at := 0
	for ; r.next < end; r.next++ {
		t := r.next * r.rate
		at = t/Rate - (r.taps/2 - 1) - r.first // index in r.in of the first tap
		if at+r.taps > len(r.in) {
			break
		}
		phase := t % Rate * r.phases
		x := r.in[at : at+r.taps]
		s := dot(x, r.table[phase/Rate])
		if w := phase % Rate; w != 0 {
			s += (dot(x, r.table[phase/Rate+1]) - s) * float32(w) / Rate
		}
		r.out = append(r.out, clip(s))
	}
	// What lies before the next output's first tap is not needed again.
	at = min(r.next*r.rate/Rate-(r.taps/2-1)-r.first, len(r.in))
	r.first += at
	r.in = r.in[:copy(r.in, r.in[at:])]
}

func dot(x, h []float32) float32 {
	x = x[:len(h)]
	var a, b float32
	for i := 0; i+1 < len(h); i += 2 {
		a += x[i] * h[i]
		b += x[i+1] * h[i+1]
	}
	return a + b
}

// clip gives the nearest 16-bit sample; what is not a number is silence.
func clip(s float32) int16 {
	v := math.RoundToEven(float64(s) * 32768)
	switch {
	case v >= math.MaxInt16:
		return math.MaxInt16
	case v <= math.MinInt16:
		return math.MinInt16
	case v != v:
		return 0
	}
	return int16(v)
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the window at x of -1 … 1.
func kaiser(x float64) float64 {
	if x < -1 || x > 1 {
		return 0
	}
	return bessel(kaiserBeta*math.Sqrt(1-x*x)) / bessel(kaiserBeta)
}

// bessel is the modified Bessel function of the first kind and order 0, by its series.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-12; k++ {
		term *= (x / (2 * k)) * (x / (2 * k))
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
