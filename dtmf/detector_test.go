package dtmf

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"unsafe"

	"dialtone/media/g711"
)

func TestDetectorDatesTheOnset(t *testing.T) {
	const clock = 1_000_000
	for offset := range 64 {
		for _, key := range []byte("15#D") {
			pcm := make([]int16, 2000)
			onset := 800 + offset
			ToneSamples(pcm[onset:onset+480], key, 0)
			var d Detector
			var digits []Digit
			reported := 0
			for at := 0; at < len(pcm); at += 8 {
				if digits = d.Samples(digits, clock+int64(at), pcm[at:at+8]); len(digits) > 0 && reported == 0 {
					reported = at + 8
				}
			}
			if keysOf(digits) != string(key) {
				t.Fatalf("heard %q, want %c", keysOf(digits), key)
			}
			if off := digits[0].Start - clock - int64(onset); off < -8 || off > 8 {
				t.Errorf("key %c at %d: dated %d samples off, want 1 ms at most", key, onset, off)
			}
			if late := reported - onset; late < 34*8 || late > 44*8 {
				t.Errorf("key %c at %d: reported after %d samples, want 34 to 44 ms", key, onset, late)
			}
			if digits[0].Length != 0 || digits[0].Way != Tone {
				t.Errorf("%+v, want a tone of unknown length", digits[0])
			}
		}
	}
}

func TestDetectorDatesAPressByItselfAfterAShortPause(t *testing.T) {
	for offset := range 32 {
		var d Detector
		pcm := make([]int16, 2400)
		ToneSamples(pcm[400+offset:800+offset], '8', 0)
		ToneSamples(pcm[1040+offset:1440+offset], '8', 0) // 30 ms later
		digits := d.Samples(nil, 0, pcm)
		if keysOf(digits) != "88" {
			t.Fatalf("heard %q", keysOf(digits))
		}
		for i, onset := range [2]int64{400, 1040} {
			if off := digits[i].Start - onset - int64(offset); off < -8 || off > 8 {
				t.Errorf("offset %d: press %d dated %d samples off", offset, i, off)
			}
		}
	}
}

func TestDetectorHearsTheSameInAnyPieces(t *testing.T) {
	rng := rand.New(rand.NewPCG(*seed, 5))
	s := voice(rng, 3000, -30)
	for i, key := range []byte("147*28D") {
		s.add(200+3200*i, pairOf(rng, key, 70, 0, 0, -10, -12), 1)
	}
	pcm := s.through(g711.Mu)
	want := new(Detector).Samples(nil, 40, pcm)
	if keysOf(want) != "147*28D" {
		t.Fatalf("heard %q", keysOf(want))
	}
	for range 20 {
		var d Detector
		var got []Digit
		for at := 0; at < len(pcm); {
			n := min(rng.IntN(400), len(pcm)-at)
			got = d.Samples(got, int64(40+at), pcm[at:at+n])
			at += n
		}
		if len(got) != len(want) {
			t.Fatalf("heard %q, want %q", keysOf(got), keysOf(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%+v, want %+v", got[i], want[i])
			}
		}
	}
}

func TestDetectorFollowsAPress(t *testing.T) {
	pcm := make([]int16, 8000)
	ToneSamples(pcm[800:4800], '6', 0)
	var d Detector
	d.Samples(nil, 0, pcm[:3200])
	if digit, down := d.Press(); !down || digit.Key != '6' || digit.Length < 2350 || digit.Length > 2400 {
		t.Errorf("%+v, %v, want 6 down for 300 ms", digit, down)
	}
	d.Samples(nil, 3200, pcm[3200:])
	if digit, down := d.Press(); down || digit.Length < 3900 || digit.Length > 4200 {
		t.Errorf("%+v, %v, want 500 ms, up", digit, down)
	}
	d.Reset()
	if digit, down := d.Press(); down || digit != (Digit{}) {
		t.Errorf("%+v, %v after Reset", digit, down)
	}
}

func TestMissingAudio(t *testing.T) {
	for _, c := range []struct {
		why      string
		on, lost int // ms of tone, missing, of tone again
		quiet    int // ms of silence after what is missing
		want     string
	}{
		{"20 ms of a press", 60, 20, 0, "9"},
		{"60 ms of a press", 60, 60, 0, "9"},
		{"a pause of 40 ms, half of it", 60, 20, 20, "99"},
		{"a second", 60, 1000, 0, "99"},
	} {
		for offset := range 32 {
			var d Detector
			tone := make([]int16, 800)
			ToneSamples(tone, '9', 0)
			at := int64(0)
			var digits []Digit
			hear := func(pcm []int16) {
				digits = d.Samples(digits, at, pcm)
				at += int64(len(pcm))
			}
			hear(make([]int16, 400+offset))
			hear(tone[:c.on*8])
			digits = d.Missing(digits, at, c.lost*8)
			at += int64(c.lost * 8)
			hear(make([]int16, c.quiet*8))
			hear(tone[:480])
			if got := keysOf(digits); got != c.want {
				t.Errorf("%s, offset %d: heard %q, want %q", c.why, offset, got, c.want)
			}
		}
	}
}

func TestToneSamplesIsTheSameInPieces(t *testing.T) {
	whole, pieces := make([]int16, 20000), make([]int16, 20000)
	ToneSamples(whole, 'C', 0)
	for at := 0; at < len(pieces); at += 160 {
		ToneSamples(pieces[at:at+160], 'C', at)
	}
	for i := range whole {
		if whole[i] != pieces[i] {
			t.Fatalf("sample %d: %d, want %d", i, pieces[i], whole[i])
		}
	}
	ToneSamples(whole, 'x', 0)
	for _, s := range whole {
		if s != 0 {
			t.Fatal("a key that is none sounds")
		}
	}
}

// Each call whose caller is heard has one.
func TestDetectorIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Detector{}); size > 4096 {
		t.Errorf("%d bytes, want 4 kB at most", size)
	}
}

func TestNothingAllocates(t *testing.T) {
	rng := rand.New(rand.NewPCG(*seed, 6))
	s := join(voice(rng, 1000, -14), pairOf(rng, '5', 300, 0, 0, -10, -10), silence(200))
	s.noise(rng, -22)
	pcm := s.through(g711.A)
	var d Detector
	var r EventReceiver
	m := NewMerger(MergeWindow)
	digits := make([]Digit, 0, 64)
	at, heard := int64(0), 0
	payload := event{code: 5, last: 160}.payload()
	if n := testing.AllocsPerRun(50, func() {
		digits = d.Samples(digits[:0], at, pcm)
		digits = d.Missing(digits, at, 100)
		heard += len(digits)
		at += int64(len(pcm)) + 100
		digits = r.Packet(digits, at, 1, uint16(at), uint32(at), true, payload)
		r.Tick(at)
		digits = m.Add(digits, digits[0])
		digits = m.Tick(digits, at)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
	if heard == 0 {
		t.Error("no tone was heard")
	}
}

func BenchmarkDetector(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 6))
	second := func(s sound) []int16 { return s.scaled(-16).through(g711.Mu) }
	tones := silence(1000)
	for i := range 5 {
		tones.add(1600*i, pairOf(rng, keys[i], 100, 0, 0, -10, -10), 1)
	}
	comfort := silence(1000)
	comfort.noise(rng, -60)
	for _, c := range []struct {
		name string
		pcm  []int16
	}{
		{"silence", make([]int16, 8000)},
		{"comfort noise", comfort.through(g711.Mu)},
		{"voice", second(voice(rng, 1000, -16))},
		{"noise", second(murmur(rng, 1000, -16))},
		{"music", second(music(rng, 1000, -16))},
		{"tones", second(tones)},
	} {
		b.Run(c.name, func(b *testing.B) {
			var d Detector
			digits := make([]Digit, 0, 16)
			for b.Loop() {
				for at := 0; at < len(c.pcm); at += 160 {
					digits = d.Samples(digits[:0], int64(at), c.pcm[at:at+160])
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "µs/s-of-audio")
		})
	}
}

func FuzzDetector(f *testing.F) {
	tone := make([]int16, 600)
	ToneSamples(tone, '8', 0)
	seedBytes := make([]byte, 0, 1200)
	for _, s := range tone {
		seedBytes = binary.LittleEndian.AppendUint16(seedBytes, uint16(s))
	}
	f.Add(seedBytes, uint8(160))
	f.Add([]byte{1, 2, 3}, uint8(7))
	f.Fuzz(func(t *testing.T, b []byte, piece uint8) {
		var d Detector
		at := int64(0)
		for n := 0; len(b) >= 2; n++ {
			pcm := make([]int16, 0, 256)
			for len(b) >= 2 && len(pcm) <= int(piece) {
				pcm = append(pcm, int16(binary.LittleEndian.Uint16(b)))
				b = b[2:]
			}
			var digits []Digit
			if n%7 == 6 {
				digits = d.Missing(nil, at, len(pcm))
			} else {
				digits = d.Samples(nil, at, pcm)
			}
			at += int64(len(pcm))
			for _, digit := range digits {
				if !Valid(digit.Key) || digit.Way != Tone || digit.Start < 0 || digit.Start >= at {
					t.Fatalf("%+v at %d", digit, at)
				}
			}
		}
	})
}

func TestExplainSaysWhyNot(t *testing.T) {
	rng := rand.New(rand.NewPCG(*seed, 9))
	for _, c := range []struct {
		why  verdict
		made sound
	}{
		{isKey, pairOf(rng, '4', 200, 0, 0, -10, -10)},
		{offFrequency, pairOf(rng, '4', 200, 0.024, 0, -10, -10)},
		{tooTwisted, pairOf(rng, '4', 200, 0, 0, -20, -7)},
		{tooQuiet, pairOf(rng, '4', 200, 0, 0, -44, -42)},
	} {
		var d Detector
		reasons := map[string]int{}
		d.Explain(func(r Refusal) {
			reasons[r.Why]++
			if r.Key != '4' || r.String() == "" {
				t.Errorf("%+v", r)
			}
		})
		digits := d.Samples(nil, 0, join(silence(50), c.made, silence(50)).through(g711.A))
		if heard := len(digits) == 1; heard != (c.why == isKey) || !heard && reasons[c.why.String()] == 0 {
			t.Errorf("%v: heard %q, refused for %v", c.why, keysOf(digits), reasons)
		}
	}
}

// BenchmarkFloor is what eight plain Goertzel recurrences cost, without anything
// that makes digits of them: what to compare BenchmarkDetector with.
func BenchmarkFloor(b *testing.B) {
	pcm := voice(rand.New(rand.NewPCG(1, 6)), 1000, -16).through(g711.Mu)
	wave := make([]float32, len(pcm))
	for i, s := range pcm {
		wave[i] = float32(s)
	}
	var sum float64
	for b.Loop() {
		for at := 0; at+160 <= len(wave); at += 160 {
			for _, hz := range frequencies {
				sum += goertzel(wave[at:at+160], 2*3.14159/8000*float64(hz))
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "µs/s-of-audio")
	_ = sum
}
