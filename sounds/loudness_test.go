package sounds

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// sine is seconds of a tone with an amplitude, of full scale.
func sine(hz, amplitude, seconds float64) []int16 {
	pcm := make([]int16, int(seconds*Rate))
	for i := range pcm {
		pcm[i] = clip(float32(amplitude * math.Sin(2*math.Pi*hz*float64(i)/Rate)))
	}
	return pcm
}

// noise is seconds of white noise with a power in dBov.
func noise(seconds, power float64) []int16 {
	r := rand.New(rand.NewPCG(1, 2))
	pcm := make([]int16, int(seconds*Rate))
	for i := range pcm {
		pcm[i] = clip(float32(r.NormFloat64() * math.Pow(10, power/20)))
	}
	return pcm
}

func silence(seconds float64) []int16 { return make([]int16, int(seconds*Rate)) }

// Signals whose active level is known.
func TestMeasure(t *testing.T) {
	talk := noise(2, -20)
	for _, c := range []struct {
		name         string
		pcm          []int16
		want, within float64
	}{
		{"a full sine", sine(1000, 1, 5), -3.01, 0.1},
		{"a sine of a tenth", sine(1000, 0.1, 5), -23.01, 0.1},
		{"noise", noise(10, -26), -26, 0.1},
		{"quiet noise", noise(10, -50), -50, 0.3},
		{"a pause of two seconds counts its hangover only", slices.Concat(talk, silence(2), talk), -20 + 10*math.Log10(4/(4+0.2+0.1)), 0.15},
		{"a minute of silence after it counts no more", slices.Concat(talk, silence(2), talk, silence(60)), -20 + 10*math.Log10(4/(4+2*(0.2+0.1))), 0.2},
		{"half a second among ten of silence", slices.Concat(silence(5), noise(0.5, -20), silence(5)), -20 + 10*math.Log10(0.5/(0.5+0.2+0.1)), 0.3},
		{"noise 40 dB below the speech is none", slices.Concat(talk, noise(10, -60), talk), -20 + 10*math.Log10(4/(4+0.3)), 0.2},
	} {
		got, err := Measure(c.pcm)
		if err != nil || math.Abs(float64(got)-c.want) > c.within {
			t.Errorf("%s: %v, %v, want %.2f", c.name, got, err, c.want)
		}
	}
	for name, pcm := range map[string][]int16{"nothing": nil, "silence": silence(3), "one bit": slices.Repeat([]int16{1, -1}, 8000)} {
		if got, err := Measure(pcm); !errors.Is(err, ErrSilent) {
			t.Errorf("%s: %v, %v, want ErrSilent", name, got, err)
		}
	}
}

// The level of speech follows its amplification, and does not ask how long its pauses are.
func TestMeasureOfSpeech(t *testing.T) {
	pcm := spoken(t)
	level, err := Measure(pcm)
	if err != nil {
		t.Fatal(err)
	}
	half := slices.Clone(pcm)
	for i := range half {
		half[i] /= 2
	}
	if got, err := Measure(half); err != nil || math.Abs(float64(level-got)-6.02) > 0.1 {
		t.Errorf("half of %v is %v, %v", level, got, err)
	}
	if got, err := Measure(slices.Concat(silence(10), pcm, silence(30))); err != nil || math.Abs(float64(level-got)) > 0.8 { // its end goes on for the hangover
		t.Errorf("within silence %v is %v, %v", level, got, err)
	}
}

func TestNormalise(t *testing.T) {
	files, err := fs.Glob(Embedded(), "*/ivr-sounds/*.wav")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d prompts, %v", len(files), err)
	}
	for _, file := range files[:4] {
		wav, err := fs.ReadFile(Embedded(), file)
		if err != nil {
			t.Fatal(err)
		}
		pcm, err := ReadWAV(bytes.NewReader(wav))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []Level{-16, -26, -35} { // at -16 many peaks are too high
			out, err := Normalise(pcm, want)
			if err != nil || len(out) != len(pcm) {
				t.Errorf("%s at %v: %d samples of %d, %v", file, want, len(out), len(pcm), err)
				continue
			}
			if got, err := Measure(out); err != nil || math.Abs(float64(got-want)) > 0.2 {
				t.Errorf("%s is at %v, %v, want %v", file, got, err, want)
			}
			if peak := loudest(out); peak > peakLimit*(1<<15)+1 {
				t.Errorf("%s at %v: a peak of %v", file, want, peak)
			}
			if want == -26 {
				if same := likeness(pcm, out, 0); same < 0.999 {
					t.Errorf("%s at %v: it resembles itself by %.4f", file, want, same)
				}
			}
		}
	}
	for _, want := range []Level{0, -5, -61, Level(math.NaN())} {
		if _, err := Normalise(spoken(t), want); err == nil {
			t.Errorf("a level of %v is accepted", want)
		}
	}
	if _, err := Normalise(silence(1), -26); !errors.Is(err, ErrSilent) {
		t.Errorf("silence: %v", err)
	}
	// Noise at -75 dBov is not made 49 dB louder.
	if out, err := Normalise(noise(2, -75), -26); err == nil && loudest(out) > 2000 {
		t.Errorf("noise has become as loud as %v", loudest(out))
	}
}

func loudest(pcm []int16) (peak float64) {
	for _, s := range pcm {
		peak = max(peak, math.Abs(float64(s)))
	}
	return peak
}

// A limited tone stays a tone: what limiting adds is far below it. Clipping at the same level would add -20 dB.
func TestLimiterDoesNotClip(t *testing.T) {
	tone := sine(400, 0.5, 1)
	for i := range tone[:Rate/2] {
		tone[i] /= 4 // half a second that needs no limit, then one that is limited by 8 dB
	}
	out := amplify(tone, 4.5)
	if peak := loudest(out); peak > peakLimit*(1<<15)+1 || peak < 0.85*(1<<15) {
		t.Errorf("a peak of %v", peak)
	}
	limited := out[Rate/2+Rate/5:]
	var in, sin, cos float64
	for i, s := range limited {
		at := 2 * math.Pi * 400 * float64(i) / Rate
		in += float64(s) * float64(s)
		sin += float64(s) * math.Sin(at)
		cos += float64(s) * math.Cos(at)
	}
	n := float64(len(limited))
	pure := 2 * (sin*sin + cos*cos) / n
	if added := 10 * math.Log10((in-pure)/in); added > -35 {
		t.Errorf("limiting adds %.1f dB", added)
	}
	for i := 1; i < len(out); i++ { // the gain makes no step: no sample is further from the last than a tone's is
		if step := math.Abs(float64(out[i]) - float64(out[i-1])); step > 1.1*(1<<15)*2*math.Pi*400/Rate {
			t.Fatalf("a step of %v at %d", step, i)
		}
	}
	if quiet := amplify(tone, 0.5); loudest(quiet) != math.RoundToEven(0.25*loudest(tone)*2) {
		t.Errorf("what needs no limit is changed: %v of %v", loudest(quiet), loudest(tone))
	}
}

func TestTrim(t *testing.T) {
	speech := sine(300, 0.3, 1)
	got := Trim(slices.Concat(silence(2), speech, noise(1, -60)))
	if extra := len(got) - len(speech); extra < -10 || extra > 2*Rate/50+10 {
		t.Errorf("%d samples remain of %d and silence", len(got), len(speech))
	}
	if got := Trim(speech); len(got) < len(speech)-10 {
		t.Errorf("%d samples remain of %d without silence", len(got), len(speech))
	}
	if got := Trim(silence(1)); len(got) != 0 {
		t.Errorf("%d samples remain of silence", len(got))
	}
}

func BenchmarkMeasure(b *testing.B) {
	pcm := noise(60, -26)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Measure(pcm); err != nil {
			b.Fatal(err)
		}
	}
}
