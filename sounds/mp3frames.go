package sounds

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// mp3Header is what a frame's first four bytes say (ISO 11172-3 §2.4.2.3, 13818-3).
type mp3Header struct {
	mpeg1    bool
	mono     bool
	rate     int // Hz
	size     int // bytes, header included
	identity uint32
}

// mp3Same are the header's bits that are the same in all frames of a file: sync, version, layer, rate.
const mp3Same = 0xfffe0c00

// Bit rates of layer III in kbit/s by index; 0, free format, and 15 are not read.
var (
	mp3Rates1 = [16]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}
	mp3Rates2 = [16]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}
)

// parseMP3Header reads a header of MPEG 1 or 2, layer III.
func parseMP3Header(b []byte) (h mp3Header, ok bool) {
	v := binary.BigEndian.Uint32(b)
	version, layer := v>>19&3, v>>17&3
	if v>>21 != 0x7ff || version < 2 || layer != 1 || v>>10&3 == 3 {
		return h, false
	}
	h = mp3Header{mpeg1: version == 3, mono: v>>6&3 == 3, rate: [3]int{44100, 48000, 32000}[v>>10&3], identity: v & mp3Same}
	padding := int(v >> 9 & 1)
	kbits := mp3Rates1[v>>12&15]
	if !h.mpeg1 {
		kbits = mp3Rates2[v>>12&15]
		h.rate /= 2
		h.size = 72*1000*kbits/h.rate + padding
	} else {
		h.size = 144*1000*kbits/h.rate + padding
	}
	return h, kbits != 0
}

// sideInfo is the length of a frame's side information in bytes.
func (h mp3Header) sideInfo() int {
	switch {
	case h.mpeg1 && h.mono:
		return 17
	case h.mpeg1:
		return 32
	case h.mono:
		return 9
	}
	return 17
}

// mp3Frames is an MP3 file without what is not audio: tags before, between and
// after (ID3v2, ID3v1, APE), garbage, and the frame in which an encoder noted its
// delay. A frame counts when another one, a tag, or the end of the file follows.
type mp3Frames struct {
	b       *bufio.Reader
	first   mp3Header
	skip    int     // samples of delay at the start, the decoder's included
	padding int     // samples after the end that come out of the decoder
	fit     *mp3Fit // nil: frames are passed as they are
	rest    []byte
	err     error // other than io.EOF
}

// The delay of every decoder of layer III in samples, beside the encoder's own.
const mp3DecoderDelay = 528 + 1

// open finds the first frame.
func (f *mp3Frames) open() error {
	frame, err := f.next()
	switch {
	case err == io.EOF:
		return fmt.Errorf("no MP3 audio that is read (layer III of MPEG 1 or 2, which is 16 kHz and more; not free format); convert it: %s", howToConvert)
	case err != nil:
		return err
	}
	if h := f.first; h.rate == mp3FitRate {
		f.fit = &mp3Fit{mono: h.mono}
	}
	if !f.note(frame) {
		f.rest = f.fit.next(frame)
	}
	return nil
}

// note reads what an encoder noted in its first frame, if it is such a one ("Xing", "Info", "VBRI").
func (f *mp3Frames) note(frame []byte) bool {
	at := 4 + f.first.sideInfo()
	if len(frame) >= 40 && string(frame[36:40]) == "VBRI" {
		return true
	}
	if len(frame) < at+8 || string(frame[at:at+4]) != "Xing" && string(frame[at:at+4]) != "Info" {
		return false
	}
	flags := frame[at+7]
	at += 8
	for i, length := range []int{4, 4, 100, 4} { // frames, bytes, table of contents, quality
		if flags>>i&1 == 1 {
			at += length
		}
	}
	// The encoder's name, then 12 bits of delay and 12 of padding.
	if at+24 <= len(frame) && (string(frame[at:at+4]) == "LAME" || string(frame[at:at+3]) == "Lav") {
		b := frame[at+21:]
		delay := int(b[0])<<4 | int(b[1])>>4
		padding := int(b[1]&15)<<8 | int(b[2])
		f.skip, f.padding = delay+mp3DecoderDelay, max(0, padding-mp3DecoderDelay)
	}
	return true
}

func (f *mp3Frames) Read(p []byte) (int, error) {
	for len(f.rest) == 0 {
		frame, err := f.next()
		if err != nil && err != io.EOF {
			f.err = err
		}
		if f.rest = f.fit.next(frame); err != nil && len(f.rest) == 0 {
			return 0, err
		}
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// next returns the next frame.
func (f *mp3Frames) next() ([]byte, error) {
	for {
		b, err := f.b.Peek(10)
		if len(b) < 4 {
			return nil, err
		}
		if n := id3Size(b); n > 0 {
			if _, err := f.b.Discard(n); err != nil {
				return nil, err
			}
			continue
		}
		if h, ok := parseMP3Header(b); ok && (f.first.size == 0 || h.identity == f.first.identity) {
			b, _ = f.b.Peek(h.size + 8)
			if len(b) >= h.size && h.ends(b[h.size:]) {
				if f.first.size == 0 {
					f.first = h
				}
				frame := append([]byte(nil), b[:h.size]...)
				_, err := f.b.Discard(h.size)
				return frame, err
			}
		}
		if _, err := f.b.Discard(1); err != nil {
			return nil, err
		}
	}
}

// ends tells whether b may follow a frame like h.
func (h mp3Header) ends(b []byte) bool {
	switch {
	case len(b) == 0, bytes.HasPrefix(b, []byte("TAG")), bytes.HasPrefix(b, []byte("ID3")), bytes.HasPrefix(b, []byte("APETAGEX")):
		return true
	case len(b) < 4: // cut off: as far as it goes
		return b[0] == 0xff
	}
	next, ok := parseMP3Header(b)
	return ok && next.identity == h.identity
}

// id3Size is the length of the ID3v2 tag that starts with the 10 bytes of b, 0 if none does.
func id3Size(b []byte) int {
	if len(b) < 10 || string(b[:3]) != "ID3" || (b[6]|b[7]|b[8]|b[9])&0x80 != 0 {
		return 0
	}
	n := 10 + (int(b[6])<<21 | int(b[7])<<14 | int(b[8])<<7 | int(b[9]))
	if b[5]&0x10 != 0 { // a footer
		n += 10
	}
	return n
}
