package sounds

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// tone is seconds of a sine of amplitude 0.5 at the rate.
func tone(rate int, hz, seconds float64) []float32 {
	s := make([]float32, int(float64(rate)*seconds))
	for i := range s {
		s[i] = float32(0.5 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return s
}

func resample(rate int, in []float32) []int16 {
	r := newResampler(rate)
	r.write(in)
	return r.finish()
}

// level is the power of the middle of out in dB against a sine of amplitude 0.5.
func level(out []int16) float64 {
	middle := out[len(out)/4 : 3*len(out)/4]
	sum := 0.0
	for _, s := range middle {
		sum += float64(s) * float64(s)
	}
	return 10 * math.Log10(sum/float64(len(middle))/(16384*16384/2)+1e-20)
}

// Rates whose filter has a table for each phase, and such (47999, 44056) where it is interpolated.
var testRates = []int{11025, 12000, 16000, 22050, 24000, 32000, 44056, 44100, 47999, 48000, 96000, 192000}

func TestSpeechBandPassesFlat(t *testing.T) {
	for _, rate := range append([]int{8000, 8001, 9000}, testRates...) {
		for _, hz := range []float64{50, 300, 1000, 2000, 3000, 3300, 3400} {
			if got := level(resample(rate, tone(rate, hz, 0.25))); math.Abs(got) > 0.5 {
				t.Errorf("%d Hz: a tone of %v Hz comes out at %.2f dB, want within 0.5", rate, hz, got)
			}
		}
	}
}

func TestNothingIsFoldedIntoSpeech(t *testing.T) {
	for _, rate := range testRates {
		for _, hz := range []float64{4001, 4200, 4600, 5000, 6000, 7000, 7900, 9000, 11000, 12000, 15900, 20000, 23000, 40000, 95000} {
			if hz > float64(rate)/2 {
				break
			}
			if got := level(resample(rate, tone(rate, hz, 0.25))); got > -60 {
				t.Errorf("%d Hz: a tone of %v Hz comes out at %.1f dB, want -60 or less", rate, hz, got)
			}
		}
	}
}

// A rate below 8 kHz gives images above its own half.
func TestLowRatesAreInterpolatedWithoutImages(t *testing.T) {
	for _, rate := range []int{4000, 5512, 6000} {
		half := float64(rate) / 2
		for _, part := range []float64{0.1, 0.5, 0.85} {
			hz := part * half
			out := resample(rate, tone(rate, hz, 0.5))
			if worst := distance(out, hz); worst > -55 {
				t.Errorf("%d Hz: a tone of %v Hz differs from the same tone by %.1f dB", rate, hz, worst)
			}
		}
	}
}

// distance is the power of what the middle of out has beside a sine of amplitude 0.5 that starts at 0, in dB against that.
func distance(out []int16, hz float64) float64 {
	diff := slices.Clone(out)
	for i := range diff {
		diff[i] -= int16(math.Round(16384 * math.Sin(2*math.Pi*hz*float64(i)/Rate)))
	}
	return level(diff)
}

func TestResamplingDelaysNothing(t *testing.T) {
	for _, rate := range testRates {
		for _, hz := range []float64{440, 3000} {
			if got := distance(resample(rate, tone(rate, hz, 0.25)), hz); got > -60 {
				t.Errorf("%d Hz: a tone of %v Hz differs from the same tone at 8 kHz by %.1f dB, want -60 or less", rate, hz, got)
			}
		}
	}
}

func TestResampledLengthIsExact(t *testing.T) {
	for _, rate := range append([]int{4000, 8000, 7999, 8001}, testRates...) {
		for _, n := range []int{0, 1, 2, 79, 441, 1000, rate + 17} {
			want := (n*Rate + rate - 1) / rate
			if got := len(resample(rate, make([]float32, n))); got != want {
				t.Errorf("%d samples at %d Hz give %d, want %d", n, rate, got, want)
			}
		}
	}
}

func TestResamplingDoesNotDependOnBlocks(t *testing.T) {
	for _, rate := range []int{8000, 11025, 44100, 47999} {
		in := tone(rate, 700, 0.1)
		want := resample(rate, in)
		for _, block := range []int{1, 7, 160, 1023} {
			r := newResampler(rate)
			for b := range slices.Chunk(in, block) {
				r.write(b)
			}
			if !slices.Equal(r.finish(), want) {
				t.Errorf("%d Hz in blocks of %d differs from the whole", rate, block)
			}
		}
	}
}

func TestConstantStaysConstant(t *testing.T) {
	for _, rate := range testRates {
		in := make([]float32, rate/4)
		for i := range in {
			in[i] = 0.25
		}
		out := resample(rate, in)
		for i, s := range out[len(out)/4 : 3*len(out)/4] {
			if s < 8191 || s > 8193 {
				t.Fatalf("%d Hz: sample %d of a constant 8192 is %d", rate, i, s)
			}
		}
	}
}

func TestClip(t *testing.T) {
	for in, want := range map[float32]int16{0: 0, 1: 32767, -1: -32768, 2: 32767, -7: -32768, 1.0 / 32768: 1, -0.5: -16384,
		float32(math.Inf(1)): 32767, float32(math.Inf(-1)): -32768} {
		if got := clip(in); got != want {
			t.Errorf("clip(%v) = %d, want %d", in, got, want)
		}
	}
	if got := clip(float32(math.NaN())); got != 0 {
		t.Errorf("clip(NaN) = %d, want 0", got)
	}
}

func BenchmarkResample(b *testing.B) {
	for _, rate := range []int{8000, 16000, 44100, 192000} {
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			in := tone(rate, 1000, 1)
			for b.Loop() {
				resample(rate, in)
			}
		})
	}
}
