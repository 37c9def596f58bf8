package media

import (
	"encoding/binary"
	"slices"

	"dialtone/media/g711"
)

// Format is how a recording's samples lie in its file.
type Format uint8

// The formats that are written.
const (
	WAV    Format = iota // 16 bit, with a header
	Linear               // 16 bit, little-endian, without one
	MuLaw                // G.711
	ALaw
)

// formats are the extensions of the formats, as dialplans name them.
var formats = map[Format][]string{
	WAV: {"wav"}, Linear: {"sln", "raw"}, MuLaw: {"ulaw", "ul", "mu", "ulw", "pcm"}, ALaw: {"alaw", "al", "alw"},
}

// FormatOf is the format of a file's extension; false: it is not written.
func FormatOf(extension string) (Format, bool) {
	for format, names := range formats {
		if slices.Contains(names, extension) {
			return format, true
		}
	}
	return 0, false
}

// Data tells how many bytes of samples a file of this format holds, from its first
// bytes and its size, so that more can be put behind them; false: it is none that a
// Recording wrote.
func (f Format) Data(head []byte, size int64) (int64, bool) {
	if f != WAV {
		return size - size%f.width(), true
	}
	if size < wavHeaderLen || len(head) < wavHeaderLen {
		return 0, false
	}
	ours := wavHeader(0)
	for i, b := range head[:wavHeaderLen] {
		if sizes := i >= 4 && i < 8 || i >= 40; !sizes && b != ours[i] {
			return 0, false
		}
	}
	return (size - wavHeaderLen) &^ 1, true
}

// header is the length of what comes before the samples.
func (f Format) header() int64 {
	if f == WAV {
		return wavHeaderLen
	}
	return 0
}

// width is the bytes of a sample.
func (f Format) width() int64 {
	if f == WAV || f == Linear {
		return 2
	}
	return 1
}

// append puts samples behind b.
func (f Format) append(b []byte, pcm []int16) []byte {
	switch f {
	case MuLaw, ALaw:
		law := g711.Mu
		if f == ALaw {
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
