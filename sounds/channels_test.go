package sounds

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// stereo is a WAV file of two channels, 16 bit, at 8 kHz.
func stereo(left, right []int16) []byte {
	var b bytes.Buffer
	le := binary.LittleEndian
	size := uint32(4 * len(left))
	b.WriteString("RIFF")
	_ = binary.Write(&b, le, 36+10+size)
	b.WriteString("WAVELIST")
	_ = binary.Write(&b, le, uint32(2))
	b.WriteString("xxfmt ")
	for _, v := range []any{uint32(16), uint16(1), uint16(2), uint32(Rate), uint32(4 * Rate), uint16(4), uint16(16)} {
		_ = binary.Write(&b, le, v)
	}
	b.WriteString("data")
	_ = binary.Write(&b, le, size)
	for i := range left {
		_ = binary.Write(&b, le, [2]int16{left[i], right[i]})
	}
	return b.Bytes()
}

func TestDecodeChannels(t *testing.T) {
	left, right := []int16{1, 2, 3, 4, 5}, []int16{-100, -200, -300, -400, -500}
	channels, err := DecodeChannels("a.wav", stereo(left, right))
	if err != nil || len(channels) != 2 || !slices.Equal(channels[0], left) || !slices.Equal(channels[1], right) {
		t.Errorf("%v, %v", channels, err)
	}
	var mono bytes.Buffer
	if err := WriteWAV(&mono, left); err != nil {
		t.Fatal(err)
	}
	if channels, err = DecodeChannels("a.wav", mono.Bytes()); err != nil || len(channels) != 1 || !slices.Equal(channels[0], left) {
		t.Errorf("%v, %v", channels, err)
	}
	if channels, err = DecodeChannels("a.wav", stereo(left, right)[:50]); err == nil {
		t.Errorf("%v of a file that ends in its format", channels)
	}
	if channels, err = DecodeChannels("a.alaw", []byte{0xd5, 0xd5}); err != nil || len(channels) != 1 || len(channels[0]) != 2 {
		t.Errorf("%v, %v", channels, err)
	}
}

func FuzzDecodeChannels(f *testing.F) {
	f.Add(stereo([]int16{1, 2}, []int16{3, 4}))
	f.Fuzz(func(t *testing.T, data []byte) {
		channels, err := DecodeChannels("a.wav", data)
		if err == nil && (len(channels) < 1 || len(channels) > wavMaxChannels) {
			t.Errorf("%d channels", len(channels))
		}
	})
}
