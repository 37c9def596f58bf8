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

// channelsOf gives the channels of a recording.
func channelsOf(name string, data []byte) (channels [][]int16, err error) {
	for _, file := range Channels(data) {
		var channel []int16
		if err := DecodeRecording(name, file, func(pcm []int16) bool {
			channel = append(channel, pcm...)
			return true
		}); err != nil {
			return channels, err
		}
		channels = append(channels, channel)
	}
	return channels, nil
}

func TestDecodeRecording(t *testing.T) {
	left, right := []int16{1, 2, 3, 4, 5}, []int16{-100, -200, -300, -400, -500}
	channels, err := channelsOf("a.wav", stereo(left, right))
	if err != nil || len(channels) != 2 || !slices.Equal(channels[0], left) || !slices.Equal(channels[1], right) {
		t.Errorf("%v, %v", channels, err)
	}
	var mono bytes.Buffer
	if err := WriteWAV(&mono, left); err != nil {
		t.Fatal(err)
	}
	if channels, err = channelsOf("a.wav", mono.Bytes()); err != nil || len(channels) != 1 || !slices.Equal(channels[0], left) {
		t.Errorf("%v, %v", channels, err)
	}
	if channels, err = channelsOf("a.wav", stereo(left, right)[:50]); err == nil {
		t.Errorf("%v of a file that ends in its format", channels)
	}
	var mixed []int16
	if err = DecodeRecording("a.wav", stereo(left, right), func(pcm []int16) bool {
		mixed = append(mixed, pcm...)
		return len(mixed) < 3
	}); err != nil || len(mixed) < 3 || mixed[0] != -50 && mixed[0] != -49 {
		t.Errorf("mixed: %v, %v", mixed, err)
	}
	if channels, err = channelsOf("a.alaw", []byte{0xd5, 0xd5}); err != nil || len(channels) != 1 || len(channels[0]) != 2 {
		t.Errorf("%v, %v", channels, err)
	}
}

func FuzzDecodeRecording(f *testing.F) {
	f.Add(stereo([]int16{1, 2}, []int16{3, 4}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if channels, _ := channelsOf("a.wav", data); len(channels) > wavMaxChannels {
			t.Errorf("%d channels", len(channels))
		}
	})
}
