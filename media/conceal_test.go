package media

import (
	"io/fs"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"path"
	"testing"

	"dialtone/sounds"
)

// speech is a minute of the embedded voice.
func speech(t testing.TB) []int16 {
	t.Helper()
	names, err := fs.Glob(sounds.Embedded(), "en/ivr-sounds/*.wav")
	if err != nil || len(names) < 5 {
		t.Fatalf("%d voices embedded, %v", len(names), err)
	}
	var all []int16
	for _, name := range names {
		f, err := sounds.Embedded().Open(name)
		if err != nil {
			t.Fatal(err)
		}
		pcm, err := sounds.Decode(path.Base(name), f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pcm...)
	}
	return all[:min(len(all), 60*8000)/160*160]
}

// concealed is speech of which packets are lost, made up for by fill.
func concealed(pcm []int16, lost []bool, hear, fill func(pcm []int16)) []int16 {
	out := make([]int16, len(pcm))
	for i, gone := range lost {
		piece := out[i*160 : i*160+160]
		if gone {
			fill(piece)
		} else {
			copy(piece, pcm[i*160:])
			hear(piece)
		}
	}
	return out
}

// distance compares what is heard where packets were lost, in 150 places, with what was said: the mean over pieces of 20 ms of the
// signal-to-noise ratio, bounded to -10..35 dB; the distance of the spectra in dB (log spectral distance, 65 lines
// of 256 points, so that the edges count); and the mean of the steps at the edges.
func distance(said, got []int16, lost []bool) (snr, spectral, step float64) {
	n := 0
	for i := 1; i+1 < len(lost) && n < 150; i++ {
		if !lost[i] {
			continue
		}
		a, b := said[i*160:i*160+160], got[i*160:i*160+160]
		var signal, noise float64
		for k := range a {
			d := float64(a[k]) - float64(b[k])
			signal += float64(a[k]) * float64(a[k])
			noise += d * d
		}
		if signal < 160*300*300 {
			continue // nobody speaks
		}
		n++
		edge := i * 160
		step += math.Abs(float64(got[edge])-float64(got[edge-1])) / 2
		edge += 160
		step += math.Abs(float64(got[edge])-float64(got[edge-1])) / 2
		snr += min(max(10*math.Log10(signal/max(noise, 1)), -10), 35)
		sum := 0.0
		sa, sb := spectrum(said[i*160-48:i*160+208]), spectrum(got[i*160-48:i*160+208])
		for k := range sa {
			d := sa[k] - sb[k]
			sum += d * d
		}
		spectral += math.Sqrt(sum / float64(len(sa)))
	}
	return snr / float64(n), spectral / float64(n), step / float64(n)
}

// spectrum is that of 256 samples, in dB, of a line that is never quite silent.
func spectrum(pcm []int16) (db [65]float64) {
	for k := range db {
		sum := complex(0, 0)
		for i, s := range pcm[:256] {
			w := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/256)
			sum += complex(w*float64(s), 0) * twiddles[2*i*k%256]
		}
		db[k] = 20 * math.Log10(cmplx.Abs(sum)+300)
	}
	return db
}

var twiddles = func() (t [256]complex128) {
	for i := range t {
		t[i] = cmplx.Rect(1, -2*math.Pi*float64(i)/256)
	}
	return t
}()

// Real speech with lost packets: what is made up must be nearer to what was said than silence is, and than the last
// 20 ms said again, ever quieter; and must not click.
func TestConcealedSpeechIsNearerToWhatWasSaid(t *testing.T) {
	pcm := speech(t)
	for _, percent := range []int{5, 10, 20} {
		r := rand.New(rand.NewPCG(uint64(percent), 1))
		lost := make([]bool, len(pcm)/160)
		for i := range lost {
			lost[i] = r.IntN(100) < percent
		}
		type figures struct{ snr, spectral, step float64 }
		measure := func(hear, fill func(pcm []int16)) (f figures) {
			f.snr, f.spectral, f.step = distance(pcm, concealed(pcm, lost, hear, fill), lost)
			return f
		}
		var c concealer
		ours := measure(c.hear, c.conceal)
		silence := measure(func([]int16) {}, func(pcm []int16) { clear(pcm) })
		var last [160]int16
		times := 0
		again := measure(func(pcm []int16) { copy(last[:], pcm); times = 0 }, func(pcm []int16) {
			times++
			for i := range pcm {
				pcm[i] = last[i] >> min(times, 15)
			}
		})
		_, _, own := distance(pcm, pcm, lost)
		t.Logf("%d %% lost, {SNR, spectral distance in dB, step}: concealed %.1f, last packet again %.1f, silence %.1f; the voice's own steps %.1f", percent, ours, again, silence, own)
		if ours.step > 1.5*own {
			t.Errorf("%d %% lost: steps of %.0f at the edges, the voice has %.0f", percent, ours.step, own)
		}
		if ours.snr < again.snr+1 || ours.spectral > again.spectral-0.1 {
			t.Errorf("%d %% lost: not nearer than the last packet again", percent)
		}
		if ours.snr < silence.snr+0.5 || ours.spectral > silence.spectral-3 {
			t.Errorf("%d %% lost: not nearer than silence", percent)
		}
	}
}

// A loss ends in silence after 60 ms, and what is heard then is as it came.
func TestConcealmentFadesAway(t *testing.T) {
	tone := func(from, n int) []int16 {
		pcm := make([]int16, n)
		for i := range pcm {
			pcm[i] = int16(8000 * math.Sin(2*math.Pi*150*float64(from+i)/8000))
		}
		return pcm
	}
	for _, piece := range []int{7, 80, 160} {
		var c concealer
		c.hear(tone(0, 800))
		var out []int16
		for len(out) < 1600 {
			pcm := make([]int16, piece)
			c.conceal(pcm)
			out = append(out, pcm...)
		}
		want := tone(800, concealFull)
		for i := range want {
			if d := int(out[i]) - int(want[i]); max(d, -d) > 800 {
				t.Errorf("pieces of %d: sample %d is %d, the voice had %d", piece, i, out[i], want[i])
				break
			}
		}
		for i, s := range out[concealEnd:] {
			if s != 0 {
				t.Fatalf("pieces of %d: sample %d is %d, want silence", piece, concealEnd+i, s)
			}
		}
		peak := func(from int) (peak int16) {
			for _, s := range out[from : from+80] {
				peak = max(peak, s)
			}
			return peak
		}
		if a, b, c := peak(80), peak(240), peak(400); a < b+1500 || b < c+1500 {
			t.Errorf("pieces of %d: peaks %d, %d, %d do not fade", piece, a, b, c)
		}
		after := tone(0, 320)
		c.hear(after[:160])
		c.hear(after[160:])
		if want := tone(0, 320); after[100] != want[100] || after[319] != want[319] {
			t.Errorf("pieces of %d: what was heard is not as it came", piece)
		}
	}
}

// What comes back is run into: neither at its beginning nor inside is there a step larger than the voice itself has.
func TestConcealmentJoinsSmoothly(t *testing.T) {
	pcm := make([]int16, 1600)
	for i := range pcm {
		pcm[i] = int16(9000 * math.Sin(2*math.Pi*110*float64(i)/8000))
	}
	largest := 9000 * 2 * math.Pi * 110 / 8000
	for _, lost := range []int{40, 160, 200, 320} {
		out := append([]int16(nil), pcm...)
		var c concealer
		c.hear(out[:640])
		c.conceal(out[640 : 640+lost])
		c.hear(out[640+lost : 700+lost])
		c.hear(out[700+lost:])
		for i := 600; i < 1400; i++ {
			if step := math.Abs(float64(out[i]) - float64(out[i-1])); step > 2.5*largest {
				t.Errorf("%d lost: a step of %.0f at %d, the voice has %.0f", lost, step, i-640, largest)
			}
		}
	}
}

func TestConcealedExtremesStayInRange(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var c concealer
	for range 3000 {
		pcm := make([]int16, 1+r.IntN(500))
		for i := range pcm {
			pcm[i] = []int16{-1 << 15, 1<<15 - 1, 0, int16(r.Int())}[r.IntN(4)]
		}
		if r.IntN(3) == 0 {
			c.conceal(pcm)
		} else {
			c.hear(pcm)
		}
		if c.lost > concealEnd {
			t.Fatalf("%d samples concealed", c.lost)
		}
	}
}

func BenchmarkConceal(b *testing.B) {
	var c concealer
	pcm := speech(b)[8000:16000]
	c.hear(pcm)
	var out [160]int16
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ { // every fourth packet is lost
		copy(out[:], pcm[i%50*160:])
		if i%4 == 3 {
			c.conceal(out[:])
		} else {
			c.hear(out[:])
		}
	}
}
