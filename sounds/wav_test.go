package sounds

import (
	"bytes"
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"dialtone/media/g711"
)

// chunk is a RIFF chunk with the pad byte that an odd length takes.
func chunk(id string, body []byte) []byte {
	b := append([]byte(id), binary.LittleEndian.AppendUint32(nil, uint32(len(body)))...)
	b = append(b, body...)
	if len(body)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

// format is a `fmt ` chunk's 16 bytes and what follows them.
func format(tag, channels, rate, depth int, more ...byte) []byte {
	le := binary.LittleEndian
	align := channels * ((depth + 7) / 8)
	b := le.AppendUint16(nil, uint16(tag))
	b = le.AppendUint16(b, uint16(channels))
	b = le.AppendUint32(b, uint32(rate))
	b = le.AppendUint32(b, uint32(rate*align))
	b = le.AppendUint16(b, uint16(align))
	b = le.AppendUint16(b, uint16(depth))
	return append(b, more...)
}

// extensible is a WAVEFORMATEXTENSIBLE's rest: 22 bytes of extension, with the format proper in its GUID.
func extensible(tag uint16, valid int) []byte {
	le := binary.LittleEndian
	b := le.AppendUint16(nil, 22)
	b = le.AppendUint16(b, uint16(valid))
	b = le.AppendUint32(b, 4) // speakers: front centre
	b = le.AppendUint16(b, tag)
	return append(b, subFormatTail...)
}

func riff(chunks ...[]byte) []byte {
	body := slices.Concat(append([][]byte{[]byte("WAVE")}, chunks...)...)
	return chunk("RIFF", body)
}

// setSize overwrites the size that stands after the id.
func setSize(wav []byte, id string, size uint32) []byte {
	wav = slices.Clone(wav)
	binary.LittleEndian.PutUint32(wav[bytes.Index(wav, []byte(id))+4:], size)
	return wav
}

func le16(samples ...int16) (b []byte) {
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}

func le32(samples ...uint32) (b []byte) {
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint32(b, s)
	}
	return b
}

var (
	pcm8k    = chunk("fmt ", format(wavPCM, 1, 8000, 16))
	someData = chunk("data", le16(1, -2, 300, -32768, 32767))
	someWant = []int16{1, -2, 300, -32768, 32767}
)

func TestReadWAV(t *testing.T) {
	list := chunk("LIST", []byte("INFOISFT\x05\x00\x00\x00odd!\x00")) // 17 bytes and a pad byte
	f32 := func(s float32) uint32 { return math.Float32bits(s) }
	f64 := func(s float64) (b []byte) { return binary.LittleEndian.AppendUint64(nil, math.Float64bits(s)) }
	for _, c := range []struct {
		name string
		wav  []byte
		want []int16
	}{
		{"16 bit", riff(pcm8k, someData), someWant},
		{"8 bit", riff(chunk("fmt ", format(wavPCM, 1, 8000, 8)), chunk("data", []byte{128, 0, 255, 129})), []int16{0, -32768, 127 << 8, 1 << 8}},
		{"24 bit", riff(chunk("fmt ", format(wavPCM, 1, 8000, 24)), chunk("data", []byte{0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0x80})), []int16{1, -1, 32767, -32768}},
		{"32 bit", riff(chunk("fmt ", format(wavPCM, 1, 8000, 32)), chunk("data", le32(1<<16, 0xffff0000, 0x7fffffff, 0x80000000))), []int16{1, -1, 32767, -32768}},
		{"12 bit in two bytes", riff(chunk("fmt ", format(wavPCM, 1, 8000, 12)), chunk("data", le16(16, -16))), []int16{16, -16}},
		{"float", riff(chunk("fmt ", format(wavFloat, 1, 8000, 32)), chunk("data", le32(f32(0.5), f32(-1), f32(1), f32(9), f32(float32(math.NaN()))))), []int16{16384, -32768, 32767, 32767, 0}},
		{"float of 64 bit", riff(chunk("fmt ", format(wavFloat, 1, 8000, 64)), chunk("data", slices.Concat(f64(0.25), f64(-0.25), f64(math.Inf(-1))))), []int16{8192, -8192, -32768}},
		{"stereo is mixed by its mean", riff(chunk("fmt ", format(wavPCM, 2, 8000, 16)), chunk("data", le16(100, 200, -100, 100, 32767, 32767))), []int16{150, 0, 32767}},
		{"three channels", riff(chunk("fmt ", format(wavPCM, 3, 8000, 16)), chunk("data", le16(300, 600, 900))), []int16{600}},
		{"extensible", riff(chunk("fmt ", format(wavExtensible, 1, 8000, 16, extensible(wavPCM, 16)...)), someData), someWant},
		{"extensible float", riff(chunk("fmt ", format(wavExtensible, 1, 8000, 32, extensible(wavFloat, 32)...)), chunk("data", le32(f32(0.5)))), []int16{16384}},
		{"a format with an empty extension", riff(chunk("fmt ", format(wavPCM, 1, 8000, 16, 0, 0)), someData), someWant},
		{"a long format chunk", riff(chunk("fmt ", format(wavPCM, 1, 8000, 16, make([]byte, 101)...)), someData), someWant},
		{"odd chunks before and after", riff(list, pcm8k, list, someData, list), someWant},
		{"a chunk after the data is not audio", riff(pcm8k, chunk("data", le16(7)), chunk("LIST", le16(1, 2, 3, 4))), []int16{7}},
		{"size 0xFFFFFFFF", setSize(riff(pcm8k, someData), "data", wavUnknown), someWant},
		{"sizes 0xFFFFFFFF", setSize(setSize(riff(pcm8k, someData), "data", wavUnknown), "RIFF", wavUnknown), someWant},
		{"size 0 under RIFF size 0xFFFFFFFF", setSize(setSize(riff(pcm8k, someData), "data", 0), "RIFF", wavUnknown), someWant},
		{"size 0 in a header that was never finished", setSize(setSize(riff(pcm8k, someData), "data", 0), "RIFF", 0), someWant},
		{"size 0, RIFF size as of an empty file", setSize(setSize(riff(pcm8k, someData), "data", 0), "RIFF", 36), someWant},
		{"no samples, and a chunk after them", riff(pcm8k, chunk("data", nil), chunk("LIST", le16(1, 2, 3, 4))), nil},
		{"no samples", riff(pcm8k, chunk("data", nil)), nil},
		{"a size longer than the file", setSize(riff(pcm8k, someData), "data", 0x7ffff000), someWant},
		{"a file that ends inside a sample", riff(pcm8k, someData)[:44+5], someWant[:2]},
		{"RF64", append(append([]byte("RF64\xff\xff\xff\xffWAVE"), chunk("ds64", slices.Concat(f64le(72), f64le(4), f64le(2), le32(0)))...),
			slices.Concat(pcm8k, setSize(chunk("data", le16(5, 6)), "data", wavUnknown), chunk("LIST", le16(1, 2)))...), []int16{5, 6}},
	} {
		got, err := ReadWAV(bytes.NewReader(c.wav))
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.want)
		}
		// The content decides, whatever the file is called.
		if got, err := Decode("x.mp3", bytes.NewReader(c.wav)); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s, named x.mp3: %v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

func f64le(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }

func TestG711InWAVPassesBitForBit(t *testing.T) {
	for tag, law := range map[int]g711.Law{wavMuLaw: g711.Mu, wavALaw: g711.A} {
		wav := riff(chunk("fmt ", format(tag, 1, 8000, 8, 0, 0)), chunk("fact", le32(256)), chunk("data", allBytes()))
		if got := decoded(t, "x.wav", wav).At(law, 0, 256); !bytes.Equal(got, allBytes()) {
			t.Errorf("format %d: bytes changed in %v", tag, law)
		}
		pcm, err := ReadWAV(bytes.NewReader(wav))
		if err != nil || len(pcm) != 256 {
			t.Fatalf("format %d: %d samples, %v", tag, len(pcm), err)
		}
		for i, s := range pcm {
			if s != law.Decode(byte(i)) {
				t.Fatalf("format %d: byte %#02x is %d, want %d", tag, i, s, law.Decode(byte(i)))
			}
		}
		// At another rate or in stereo it goes through linear samples.
		stereo := riff(chunk("fmt ", format(tag, 2, 8000, 8)), chunk("data", []byte{0x80, 0x80, 0xff, 0xff}))
		if got, err := ReadWAV(bytes.NewReader(stereo)); err != nil || len(got) != 2 || got[0] != law.Decode(0x80) {
			t.Errorf("format %d in stereo: %v, %v", tag, got, err)
		}
	}
}

func TestWAVAtOtherRates(t *testing.T) {
	for _, rate := range []int{4000, 11025, 44100, 192000} {
		body := make([]byte, 2*rate)
		for i, s := range tone(rate, 400, 1) {
			binary.LittleEndian.PutUint16(body[2*i:], uint16(clip(s)))
		}
		got, err := ReadWAV(bytes.NewReader(riff(chunk("fmt ", format(wavPCM, 1, rate, 16)), chunk("data", body))))
		if err != nil || len(got) != 8000 {
			t.Fatalf("a second at %d Hz: %d samples, %v", rate, len(got), err)
		}
		if d := distance(got, 400); d > -50 {
			t.Errorf("a tone at %d Hz differs from the same at 8 kHz by %.1f dB", rate, d)
		}
	}
}

func TestBadWAVsSayWhatIsWrong(t *testing.T) {
	data := chunk("data", le16(1, 2))
	for _, c := range []struct {
		name, want string
		wav        []byte
	}{
		{"nothing", "not a WAV file", nil},
		{"half a header", "not a WAV file", []byte("RIFF\x00\x00")},
		{"an AVI", "not a WAV file", []byte("RIFF\x00\x00\x00\x00AVI LIST")},
		{"no chunk", "without data", riff()},
		{"no data", "without data", riff(pcm8k)},
		{"no format", "before its format", riff(data)},
		{"half a format", "format chunk of 10 bytes", riff(chunk("fmt ", make([]byte, 10)))},
		{"a format beyond the end", "ends in its format", riff(setSize(pcm8k, "fmt ", 5000))},
		{"a chunk beyond the end", `ends in its chunk "LIST"`, riff(pcm8k, setSize(chunk("LIST", nil), "LIST", math.MaxUint32))},
		{"no channel", "of 0 channels", riff(chunk("fmt ", format(wavPCM, 0, 8000, 16)), data)},
		{"60000 channels", "of 60000 channels", riff(chunk("fmt ", format(wavPCM, 60000, 8000, 16)), data)},
		{"a rate of 0", "at 0 Hz", riff(chunk("fmt ", format(wavPCM, 1, 0, 16)), data)},
		{"a rate of 4 GHz", "at 4294967295 Hz", riff(chunk("fmt ", format(wavPCM, 1, 4294967295, 16)), data)},
		{"no bits", "with 0 bits", riff(chunk("fmt ", format(wavPCM, 1, 8000, 0)), data)},
		{"40 bits", "with 40 bits", riff(chunk("fmt ", format(wavPCM, 1, 8000, 40)), data)},
		{"frames of another size", "frames of 2 bytes", riff(chunk("fmt ", slices.Concat(format(wavPCM, 1, 8000, 16)[:14], le16(24))), data)},
		{"GSM", "GSM 06.10, which is not read; convert it: sox", riff(chunk("fmt ", format(0x31, 1, 8000, 0)), data)},
		{"ADPCM", "IMA ADPCM", riff(chunk("fmt ", format(0x11, 1, 8000, 4)), data)},
		{"an unknown format", "0x1234", riff(chunk("fmt ", format(0x1234, 1, 8000, 16)), data)},
		{"an unknown extensible format", "0xfffe", riff(chunk("fmt ", format(wavExtensible, 1, 8000, 16, make([]byte, 24)...)), data)},
	} {
		_, err := ReadWAV(bytes.NewReader(c.wav))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
}

func TestWriteWAVIsReadAgain(t *testing.T) {
	for _, pcm := range [][]int16{nil, {0}, someWant} {
		var b bytes.Buffer
		if err := WriteWAV(&b, pcm); err != nil {
			t.Fatal(err)
		}
		if want := riff(pcm8k, chunk("data", le16(pcm...))); !bytes.Equal(b.Bytes(), want) {
			t.Errorf("WriteWAV(%v) = %q, want %q", pcm, b.Bytes(), want)
		}
		if got, err := ReadWAV(&b); err != nil || !slices.Equal(got, pcm) {
			t.Errorf("%v is read again as %v, %v", pcm, got, err)
		}
	}
}

// A header that promises 4 GB costs what is there.
func TestHeadersAllocateNothing(t *testing.T) {
	wav := setSize(riff(chunk("fmt ", format(wavFloat, 16, 192000, 64)), chunk("data", make([]byte, 128))), "data", 0xfffffff0)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if pcm, err := ReadWAV(bytes.NewReader(wav)); err != nil || len(pcm) != 1 {
		t.Fatalf("%d samples, %v, want 1", len(pcm), err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
		t.Errorf("reading %d bytes allocates %d", len(wav), got)
	}
}

// endless is zeros without end.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	clear(p)
	e.read += len(p)
	return len(p), nil
}

func TestDecodersStopAtTheLimit(t *testing.T) {
	const limit = 10 * Rate
	unknown := func(wav []byte) []byte { return setSize(wav, "data", wavUnknown) }
	for name, c := range map[string]struct {
		head   []byte
		factor int // bytes of input per sample at 8 kHz
	}{
		"a.wav":   {unknown(riff(chunk("fmt ", format(wavPCM, 1, 8000, 8)), chunk("data", nil))), 1},
		"b.wav":   {unknown(riff(chunk("fmt ", format(wavFloat, 2, 192000, 64)), chunk("data", nil))), 24 * 16},
		"c.wav":   {unknown(riff(chunk("fmt ", format(wavMuLaw, 1, 8000, 8)), chunk("data", nil))), 1},
		"a.ulaw":  {nil, 1},
		"a.sln48": {nil, 12},
	} {
		var zeros endless
		var pcm samples
		err := decode(name, &prefixed{c.head, &zeros}, limit, &pcm)
		if err == nil || !strings.Contains(err.Error(), "longer than 10s") || len(pcm) != limit {
			t.Errorf("%s without end: %d samples, %v, want %d and an error of its length", name, len(pcm), err, limit)
		}
		if most := c.factor*limit + 1<<20; zeros.read > most {
			t.Errorf("%s without end: %d bytes were read, want at most %d", name, zeros.read, most)
		}
	}
	frames := readFile(t, "testdata/error-22050-mono.mp3")
	if err := decode("a.mp3", bytes.NewReader(bytes.Repeat(frames, 10)), limit, new(samples)); err == nil || !strings.Contains(err.Error(), "longer than 10s") {
		t.Errorf("an MP3 of 18 seconds: %v, want an error of its length", err)
	}
}

type prefixed struct {
	head []byte
	rest *endless
}

func (p *prefixed) Read(b []byte) (int, error) {
	if len(p.head) > 0 {
		n := copy(b, p.head)
		p.head = p.head[n:]
		return n, nil
	}
	return p.rest.Read(b)
}

func FuzzWAV(f *testing.F) {
	f.Add(riff(pcm8k, someData))
	f.Add(setSize(riff(pcm8k, someData), "data", wavUnknown))
	f.Add(setSize(riff(pcm8k, someData), "data", 0))
	f.Add(riff(chunk("fmt ", format(wavExtensible, 2, 44100, 24, extensible(wavPCM, 20)...)), chunk("data", make([]byte, 600))))
	f.Add(riff(chunk("fmt ", format(wavFloat, 1, 192000, 64)), chunk("data", make([]byte, 80))))
	f.Add(riff(chunk("fmt ", format(wavMuLaw, 1, 8000, 8)), chunk("fact", le32(3)), chunk("data", []byte{1, 2, 3})))
	f.Add(setSize(riff(chunk("fmt ", format(wavALaw, 16, 4000, 8)), chunk("data", make([]byte, 64))), "RIFF", 0))
	f.Add([]byte("RF64\xff\xff\xff\xffWAVEds64\x10\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		pcm, err := ReadWAV(bytes.NewReader(b))
		if err != nil {
			return
		}
		if len(pcm) > 2*len(b)+2 { // a byte is a sample at least, at half the rate at least
			t.Fatalf("%d bytes give %d samples", len(b), len(pcm))
		}
		var out bytes.Buffer
		if err := WriteWAV(&out, pcm); err != nil {
			t.Fatal(err)
		}
		if again, err := ReadWAV(&out); err != nil || !slices.Equal(again, pcm) {
			t.Fatalf("written and read again: %v, %v, want %v", again, err, pcm)
		}
	})
}
