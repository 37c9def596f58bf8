package sounds

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"dialtone/media/g711"
)

// The formats of a WAV file's `fmt ` chunk that are read, by wFormatTag.
const (
	wavPCM        = 0x0001
	wavFloat      = 0x0003
	wavALaw       = 0x0006
	wavMuLaw      = 0x0007
	wavExtensible = 0xfffe // the format proper is in the first two bytes of the SubFormat GUID
)

// wavOthers are formats that are not read, by the names their users know them by.
var wavOthers = map[uint16]string{
	0x0002: "Microsoft ADPCM", 0x0011: "IMA ADPCM", 0x0031: "GSM 06.10", 0x0055: "MP3 inside WAV", 0x0065: "G.722",
}

// subFormatTail is what follows the two bytes of the format in a SubFormat GUID.
var subFormatTail = []byte("\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71")

const (
	wavMaxChannels = 16
	wavMinRate     = 4000   // Hz
	wavMaxRate     = 192000 // Hz
	wavUnknown     = math.MaxUint32
)

func isWAV(b []byte) bool {
	return len(b) >= 12 && (bytes.HasPrefix(b, []byte("RIFF")) || bytes.HasPrefix(b, []byte("RF64"))) && string(b[8:12]) == "WAVE"
}

// ReadWAV reads a WAV file and returns its samples at 8 kHz, mono: PCM of 8 to
// 32 bit, float, or G.711; up to 16 channels, mixed by their mean; 4 to 192 kHz.
// A data chunk of unknown length (size 0xFFFFFFFF, or 0 in a header that was
// never finished), or longer than the file, ends where the file does.
func ReadWAV(r io.Reader) ([]int16, error) {
	var pcm samples
	if err := decodeWAV(r, &limited{&pcm, maxSamples, maxSamples}); err != nil {
		return nil, err
	}
	return pcm, nil
}

// wavFormat is a `fmt ` chunk.
type wavFormat struct {
	tag                    uint16
	channels, align, depth int
	rate                   int
}

func decodeWAV(r io.Reader, to sink) error {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || !isWAV(head[:]) {
		return fmt.Errorf("not a WAV file%s", because(err))
	}
	end := int64(binary.LittleEndian.Uint32(head[4:])) + 8 // where the RIFF chunk says it ends
	at := int64(len(head))
	var format *wavFormat
	long := int64(0) // size of the data in an RF64 file
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(r, chunk[:]); err != nil {
			return fmt.Errorf("a WAV file without data%s", because(err))
		}
		at += int64(len(chunk))
		id, size := string(chunk[:4]), int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch id {
		case "fmt ":
			f, err := readFormat(r, size)
			if err != nil {
				return err
			}
			format = &f
		case "ds64": // the sizes of an RF64 file, whose own are unknown
			var b [16]byte
			if _, err := io.ReadFull(r, b[:min(size, 16)]); err != nil {
				return fmt.Errorf("a WAV file that ends in its sizes%s", because(err))
			}
			long = int64(min(binary.LittleEndian.Uint64(b[8:]), math.MaxInt64))
			if _, err := io.CopyN(io.Discard, r, max(0, size-16)); err != nil {
				return fmt.Errorf("a WAV file that ends in its sizes%s", because(err))
			}
		case "data":
			if format == nil {
				return errors.New("a WAV file whose data comes before its format")
			}
			// A writer to a pipe does not know the size, and one that is still at
			// work (or was killed) has left it 0; but with more of the RIFF chunk
			// to come, 0 means 0.
			if size == wavUnknown && long > 0 {
				size = long
			} else if size == wavUnknown || size == 0 && (at >= end || end == 8+wavUnknown) {
				size = math.MaxInt64
			}
			return decodeData(io.LimitReader(r, size), *format, to)
		default:
			if _, err := io.CopyN(io.Discard, r, size); err != nil {
				return fmt.Errorf("a WAV file that ends in its chunk %q, before the data%s", id, because(err))
			}
		}
		at += size
		if size%2 == 1 { // chunks start at even places
			if _, err := io.CopyN(io.Discard, r, 1); err != nil {
				return fmt.Errorf("a WAV file without data%s", because(err))
			}
			at++
		}
	}
}

// because adds an error that is more than the end of the file.
func because(err error) string {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ""
	}
	return ": " + err.Error()
}

func readFormat(r io.Reader, size int64) (f wavFormat, err error) {
	var b [40]byte // WAVEFORMATEXTENSIBLE
	n, err := io.ReadFull(r, b[:min(size, int64(len(b)))])
	if n < 16 {
		return f, fmt.Errorf("a WAV file with a format chunk of %d bytes, which has 16 or more%s", n, because(err))
	}
	if err == nil && size > int64(n) {
		_, err = io.CopyN(io.Discard, r, size-int64(n))
	}
	if err != nil {
		return f, fmt.Errorf("a WAV file that ends in its format%s", because(err))
	}
	le := binary.LittleEndian
	f = wavFormat{tag: le.Uint16(b[0:]), channels: int(le.Uint16(b[2:])), rate: int(le.Uint32(b[4:])),
		align: int(le.Uint16(b[12:])), depth: int(le.Uint16(b[14:]))}
	if f.tag == wavExtensible && n == len(b) && bytes.Equal(b[26:40], subFormatTail) {
		f.tag = le.Uint16(b[24:])
	}
	return f, nil
}

// decodeData reads the samples, which are all that is left in r.
func decodeData(r io.Reader, f wavFormat, to sink) error {
	switch {
	case f.channels < 1 || f.channels > wavMaxChannels:
		return fmt.Errorf("a WAV file of %d channels, not 1 to %d", f.channels, wavMaxChannels)
	case f.rate < wavMinRate || f.rate > wavMaxRate:
		return fmt.Errorf("a WAV file at %d Hz, not %d to %d", f.rate, wavMinRate, wavMaxRate)
	}
	// A sample lies in whole bytes; of 12 bit, say, in the upper ones of two.
	l := linear{rate: f.rate, channels: f.channels, container: (f.depth + 7) / 8}
	switch {
	case f.tag == wavPCM && l.container == 1:
		l.sample = pcm8
	case f.tag == wavPCM && l.container == 2:
		l.sample = pcm16
	case f.tag == wavPCM && l.container == 3:
		l.sample = pcm24
	case f.tag == wavPCM && l.container == 4:
		l.sample = pcm32
	case f.tag == wavFloat && f.depth == 32:
		l.sample = float32LE
	case f.tag == wavFloat && f.depth == 64:
		l.sample = float64LE
	case f.tag == wavMuLaw && f.depth == 8:
		l.sample = lawSample(g711.Mu)
	case f.tag == wavALaw && f.depth == 8:
		l.sample = lawSample(g711.A)
	default:
		kind := wavOthers[f.tag]
		if kind == "" {
			kind = fmt.Sprintf("format %#04x with %d bits", f.tag, f.depth)
		}
		return fmt.Errorf("a WAV file in %s, which is not read; convert it: %s", kind, howToConvert)
	}
	if f.align != l.channels*l.container {
		return fmt.Errorf("a WAV file with frames of %d bytes, which are %d channels of %d bits", f.align, f.channels, f.depth)
	}
	if (f.tag == wavMuLaw || f.tag == wavALaw) && f.rate == Rate && f.channels == 1 {
		law := g711.Mu
		if f.tag == wavALaw {
			law = g711.A
		}
		return decodeLaw(r, law, to)
	}
	return decodeLinear(r, l, to)
}

func pcm8(b []byte) float32 { return float32(int(b[0])-128) / (1 << 7) }
func pcm24(b []byte) float32 {
	return float32(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)>>8) / (1 << 23)
}
func pcm32(b []byte) float32     { return float32(int32(binary.LittleEndian.Uint32(b))) / (1 << 31) }
func float32LE(b []byte) float32 { return finite(math.Float32frombits(binary.LittleEndian.Uint32(b))) }
func float64LE(b []byte) float32 {
	return finite(float32(math.Float64frombits(binary.LittleEndian.Uint64(b))))
}

// finite keeps what a float file may hold by accident from spreading through the filter: it gives ±4 at most.
func finite(s float32) float32 {
	if s != s {
		return 0
	}
	return max(-4, min(s, 4))
}

func lawSample(law g711.Law) func([]byte) float32 {
	return func(b []byte) float32 { return float32(law.Decode(b[0])) / (1 << 15) }
}

// WriteWAV writes samples at 8 kHz as a WAV file of 16 bit, mono.
func WriteWAV(w io.Writer, pcm []int16) error {
	const head = 44
	b := make([]byte, head, head+2*len(pcm))
	le := binary.LittleEndian
	copy(b, "RIFF")
	le.PutUint32(b[4:], uint32(head-8+2*len(pcm)))
	copy(b[8:], "WAVEfmt ")
	le.PutUint32(b[16:], 16)
	le.PutUint16(b[20:], wavPCM)
	le.PutUint16(b[22:], 1)      // channel
	le.PutUint32(b[24:], Rate)   // samples per second
	le.PutUint32(b[28:], 2*Rate) // bytes per second
	le.PutUint16(b[32:], 2)      // bytes per frame
	le.PutUint16(b[34:], 16)     // bits
	copy(b[36:], "data")
	le.PutUint32(b[40:], uint32(2*len(pcm)))
	for _, s := range pcm {
		b = le.AppendUint16(b, uint16(s))
	}
	_, err := w.Write(b)
	return err
}
