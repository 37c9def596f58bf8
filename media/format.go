package media

import (
	"encoding/binary"
	"slices"

	"dialtone/media/g711"
)

// Format is how a recording's samples lie in its file.
type Format struct {
	Coding Coding
	Stereo bool // two samples side by side: what was heard, then what was sent
}

// Coding is how one sample is written, at 8 kHz.
type Coding uint8

// The codings that are written.
const (
	WAV    Coding = iota // 16 bit, with a header
	Linear               // 16 bit, little-endian, without one
	MuLaw                // G.711
	ALaw
)

// codings are the extensions of the codings, as dialplans name them.
var codings = map[Coding][]string{
	WAV: {"wav"}, Linear: {"sln", "raw"}, MuLaw: {"ulaw", "ul", "mu", "ulw", "pcm"}, ALaw: {"alaw", "al", "alw"},
}

// FormatOf is the format of a file's extension, with one channel; false: it is not
// written.
func FormatOf(extension string) (Format, bool) {
	for coding, names := range codings {
		if slices.Contains(names, extension) {
			return Format{Coding: coding}, true
		}
	}
	return Format{}, false
}

// Data tells how many bytes of samples a file of this format holds, from its first
// bytes and its size, so that more can be put behind them; false: it is none that a
// Recording wrote. The sizes in a header are not believed: they are behind when the
// process that wrote it was killed.
func (f Format) Data(head []byte, size int64) (int64, bool) {
	data := size - f.header()
	if f.Coding == WAV {
		if size < wavHeaderLen || len(head) < wavHeaderLen {
			return 0, false
		}
		ours := wavHeader(f, 0)
		for i, b := range head[:wavHeaderLen] {
			if sizes := i >= 4 && i < 8 || i >= 40; !sizes && b != ours[i] {
				return 0, false
			}
		}
	}
	return data - data%f.width(), true
}

// header is the length of what comes before the samples.
func (f Format) header() int64 {
	if f.Coding == WAV {
		return wavHeaderLen
	}
	return 0
}

// channels is how many samples lie side by side.
func (f Format) channels() int {
	if f.Stereo {
		return 2
	}
	return 1
}

// width is the bytes of one moment: a sample of each channel.
func (f Format) width() int64 {
	if f.Coding == WAV || f.Coding == Linear {
		return 2 * int64(f.channels())
	}
	return int64(f.channels())
}

// append puts samples behind b.
func (f Format) append(b []byte, pcm []int16) []byte {
	switch f.Coding {
	case MuLaw, ALaw:
		law := g711.Mu
		if f.Coding == ALaw {
			law = g711.A
		}
		start := len(b)
		b = append(b, make([]byte, len(pcm))...)
		law.EncodeTo(b[start:], pcm)
	default:
		for _, s := range pcm {
			b = binary.LittleEndian.AppendUint16(b, uint16(s))
		}
	}
	return b
}

const (
	wavHeaderLen = 44
	maxWAVData   = 1<<32 - 1 - wavHeaderLen // what a WAV header can state
)

// wavHeader is that of a file with size bytes of samples.
func wavHeader(f Format, size int64) []byte {
	width := f.width()
	b := make([]byte, 0, wavHeaderLen)
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(size)+wavHeaderLen-8)
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, 1) // PCM
	b = binary.LittleEndian.AppendUint16(b, uint16(f.channels()))
	b = binary.LittleEndian.AppendUint32(b, 8000)
	b = binary.LittleEndian.AppendUint32(b, uint32(8000*width))
	b = binary.LittleEndian.AppendUint16(b, uint16(width))
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	return binary.LittleEndian.AppendUint32(b, uint32(size))
}
