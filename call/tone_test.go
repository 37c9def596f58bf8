package call

import (
	"bytes"
	"testing"

	"dialtone/ivr"
	"dialtone/media/g711"
)

// hum gives n samples of a list of tones, as a stream would read them.
func hum(t *testing.T, list string, offset, n int) []int16 {
	t.Helper()
	parsed, err := ivr.ParseTones(list)
	if err != nil {
		t.Fatal(err)
	}
	source := newTones(parsed)
	if source == nil {
		t.Fatalf("%s has no sound", list)
	}
	var b []byte
	for len(b) < n {
		got := source.At(g711.A, offset+len(b), min(160, n-len(b)))
		if len(got) == 0 {
			break
		}
		b = append(b, got...)
	}
	pcm := make([]int16, len(b))
	g711.A.DecodeTo(pcm, b)
	return pcm
}

func TestTonesRepeat(t *testing.T) {
	if first, later := hum(t, "busy", 100, 480), hum(t, "busy", 100+1000*8000, 480); len(first) != 480 || !bytes.Equal(bytesOf(first), bytesOf(later)) {
		t.Error("the thousandth period is not the first one")
	}
	for offset, loud := range map[int]bool{0: true, 3000: true, 4100: false, 7000: false, 8100: true, 1 << 40: true} {
		if peak := loudest(hum(t, "busy", offset, 160)); (peak > 3000) != loud {
			t.Errorf("busy at %d: peak %d", offset, peak)
		}
	}
	// The three tones of "info" are heard once, then silence for ever.
	for offset, loud := range map[int]bool{0: true, 2700: true, 6000: true, 8000: false, 80000: false} {
		if peak := loudest(hum(t, "info", offset, 160)); (peak > 2000) != loud {
			t.Errorf("info at %d: peak %d", offset, peak)
		}
	}
	if n := len(hum(t, "!400/100,!500/100", 0, 5000)); n != 1600 {
		t.Errorf("tones of 200 ms that are played once last %d samples", n)
	}
	if peak := loudest(hum(t, "400*25", 0, 8000)); peak < 2200 || peak > 2700 {
		t.Errorf("a modulated tone has the peak %d", peak)
	}
	if list, _ := ivr.ParseTones("400/0,500"); newTones(list) == nil {
		t.Error("a tone without an end is none")
	}
}

// A frequency that does not fit its period would click at each turn.
func TestTonesFitTheirPeriods(t *testing.T) {
	pcm := hum(t, "1004", 7990, 20)
	for i := 1; i < len(pcm); i++ {
		if jump := int(pcm[i]) - int(pcm[i-1]); jump > 2100 || jump < -2100 {
			t.Errorf("jumps by %d where it repeats", jump)
		}
	}
	source := newTones(ivr.Milliwatt(1004))
	if n := testing.AllocsPerRun(100, func() { source.At(g711.Mu, 12345, 160) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if code := source.At(g711.Mu, 2, 1)[0]; code&0x7f > 0x10 {
		t.Errorf("the milliwatt begins with %#x, which is not loud", code)
	}
}

func loudest(pcm []int16) (peak int) {
	for _, s := range pcm {
		peak = max(peak, int(s), -int(s))
	}
	return peak
}

func bytesOf(pcm []int16) []byte {
	b := make([]byte, 0, 2*len(pcm))
	for _, s := range pcm {
		b = append(b, byte(s), byte(s>>8))
	}
	return b
}
