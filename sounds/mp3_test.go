package sounds

import (
	"bytes"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// spoken is the prompt that the files in testdata were made of.
func spoken(t testing.TB) []int16 {
	pcm, err := ReadWAV(bytes.NewReader(readFile(t, "en/ivr-sounds/ivr-example-error.wav")))
	if err != nil {
		t.Fatal(err)
	}
	return pcm
}

// likeness is the correlation of both, b being so many samples late.
func likeness(a, b []int16, late int) float64 {
	var ab, aa, bb float64
	for i, x := range a {
		if i+late >= len(b) {
			break
		}
		x, y := float64(x), float64(b[i+late])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb+1)
}

func TestMP3IsThePromptItWasMadeOf(t *testing.T) {
	for _, c := range []struct {
		file string
		late int // samples: the delay of encoder and decoder where the file does not note it
		more int // samples that the prompt is longer
		like float64
	}{
		{"error-44100-tags.mp3", 0, 0, 0.995},
		{"error-22050-mono.mp3", 401, 600, 0.98}, // (576 + 529) · 8000/22050
	} {
		want := spoken(t)
		got, err := Decode(c.file, bytes.NewReader(readFile(t, "testdata/"+c.file)))
		if err != nil {
			t.Fatal(err)
		}
		if l := likeness(want, got, c.late); l < c.like {
			t.Errorf("%s: correlates with the prompt by %.3f, want %v", c.file, l, c.like)
		}
		if more := len(got) - len(want); more < 0 || more > c.more+1 {
			t.Errorf("%s: %d samples, the prompt has %d", c.file, len(got), len(want))
		}
	}
}

// id3 is an ID3v2 tag of so many bytes of content, which look like frames.
func id3(n int) []byte {
	b := []byte{'I', 'D', '3', 4, 0, 0, byte(n >> 21 & 127), byte(n >> 14 & 127), byte(n >> 7 & 127), byte(n & 127)}
	return append(b, bytes.Repeat([]byte{0xff, 0xfb, 0x90, 0x64}, n/4)...)
}

func TestWhatIsNotAudioInMP3IsSkipped(t *testing.T) {
	for _, file := range []string{"testdata/error-44100-tags.mp3", "testdata/error-22050-mono.mp3"} {
		plain := readFile(t, file)
		want, err := Decode("x.mp3", bytes.NewReader(plain))
		if err != nil {
			t.Fatal(err)
		}
		id3v1 := append([]byte("TAG"), make([]byte, 125)...)
		ape := append([]byte("APETAGEX"), bytes.Repeat([]byte{0xff, 0xf3}, 60)...)
		for name, b := range map[string][]byte{
			"a tag":           slices.Concat(id3(4000), plain),
			"two tags":        slices.Concat(id3(40), id3(100000), plain),
			"an ID3v1 tag":    slices.Concat(plain, id3v1),
			"an APE tag":      slices.Concat(plain, ape, id3v1),
			"zeros before it": slices.Concat(make([]byte, 777), plain),
			"garbage after":   slices.Concat(plain, bytes.Repeat([]byte("\xff\xfb garbage!"), 100)),
		} {
			got, err := Decode("x.mp3", bytes.NewReader(b))
			// The last frame may be one that nothing known follows; before that nothing changes.
			if err != nil || len(got) > len(want) || len(got) < len(want)-300 || !slices.Equal(got[:len(want)-400], want[:len(want)-400]) {
				t.Errorf("%s with %s: %d samples, %v, want the %d without", file, name, len(got), err, len(want))
			}
		}
	}
}

func TestBadMP3sSayWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name, want string
		b          []byte
	}{
		{"nothing", "empty", nil},
		{"text", "no MP3 audio that is read", []byte("not audio at all, but long enough to look at")},
		{"a tag that announces 256 MB", "no MP3 audio", []byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7f")},
		{"sync words only", "no MP3 audio", bytes.Repeat([]byte{0xff}, 1000)},
		{"free format", "no MP3 audio", bytes.Repeat([]byte{0xff, 0xfb, 0x00, 0x64}, 500)},
		{"8 kHz, MPEG 2.5", "16 kHz and more", slices.Concat(slices.Repeat([][]byte{append([]byte{0xff, 0xe3, 0x28, 0xc4}, make([]byte, 140)...)}, 9)...)},
	} {
		_, err := Decode("x.mp3", bytes.NewReader(c.b))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
}

// Eight frames, cut everywhere: what is whole is heard, and nothing panics.
func TestMP3CutOffAnywhere(t *testing.T) {
	b := readFile(t, "testdata/error-22050-mono.mp3")
	last := 0
	for n := 0; n < 900; n += 13 {
		pcm, err := Decode("x.mp3", bytes.NewReader(b[:n]))
		if err != nil {
			continue
		}
		if len(pcm) < last || len(pcm) > 9*576*8000/22050+1 {
			t.Fatalf("%d bytes give %d samples, fewer gave %d", n, len(pcm), last)
		}
		last = len(pcm)
	}
	if last == 0 {
		t.Error("900 bytes give no sample")
	}
}

func FuzzMP3(f *testing.F) {
	for _, file := range []string{"testdata/error-44100-tags.mp3", "testdata/error-22050-mono.mp3"} {
		b := readFile(f, file)
		f.Add(b[:1500])
		f.Add(b[400:1700])
		f.Add(slices.Concat(id3(40), b[:700], []byte("TAG"), b[700:1000]))
	}
	f.Add([]byte("ID3\x04\x00\x10\x7f\x7f\x7f\x7f"))
	f.Add(bytes.Repeat([]byte{0xff, 0xfb, 0x10, 0x00}, 64))
	f.Add(bytes.Repeat([]byte{0xff, 0xf3, 0x10, 0xc4, 0xff}, 64))
	f.Fuzz(func(t *testing.T, b []byte) {
		pcm, err := Decode("x.mp3", bytes.NewReader(b))
		// The shortest frame, 24 bytes, holds 576 samples at 24 kHz, which are 192; and one of 36 at 16 kHz, 288.
		if err == nil && !isWAV(b) && len(pcm) > len(b)*8+300 {
			t.Fatalf("%d bytes give %d samples", len(b), len(pcm))
		}
	})
}
