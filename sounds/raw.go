package sounds

import (
	"encoding/binary"
	"errors"
	"io"

	"dialtone/media/g711"
)

// rawFormat is a file without a header: G.711 at 8 kHz, or 16-bit little-endian
// samples at the rate. One channel.
type rawFormat struct {
	law  g711.Law
	rate int // Hz; 0: G.711 in law
}

// rawFormats by extension, as Asterisk names them.
var rawFormats = map[string]rawFormat{
	"ulaw": {law: g711.Mu}, "ul": {law: g711.Mu}, "mu": {law: g711.Mu}, "ulw": {law: g711.Mu}, "pcm": {law: g711.Mu},
	"alaw": {law: g711.A}, "al": {law: g711.A}, "alw": {law: g711.A},
	"sln": {rate: 8000}, "raw": {rate: 8000}, "sln12": {rate: 12000}, "sln16": {rate: 16000}, "sln24": {rate: 24000},
	"sln32": {rate: 32000}, "sln44": {rate: 44100}, "sln48": {rate: 48000}, "sln96": {rate: 96000}, "sln192": {rate: 192000},
}

func decodeRaw(r io.Reader, f rawFormat, to sink) error {
	if f.rate == 0 {
		return decodeLaw(r, f.law, to)
	}
	return decodeLinear(r, linear{rate: f.rate, channels: 1, container: 2, sample: pcm16}, to)
}

// decodeLaw reads G.711 at 8 kHz to the end.
func decodeLaw(r io.Reader, law g711.Law, to sink) error {
	block := make([]byte, 4096)
	for {
		n, err := io.ReadFull(r, block)
		if err := to.coded(law, block[:n]); err != nil {
			return err
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// linear is how samples lie in a file: frames of a container per channel.
type linear struct {
	rate      int // Hz
	channels  int
	container int                  // bytes
	sample    func([]byte) float32 // of one container, full scale ±1
}

// decodeLinear reads frames to the end of r; channels are mixed to one by their mean.
func decodeLinear(r io.Reader, f linear, to sink) error {
	out := resampled{newResampler(f.rate), to}
	frame := f.channels * f.container
	block := make([]byte, 4096*frame)
	mono := make([]float32, 4096)
	for {
		n, err := io.ReadFull(r, block)
		frames := n / frame // a frame that is cut off is dropped
		for i := range frames {
			b := block[i*frame:]
			sum := float32(0)
			for c := range f.channels {
				sum += f.sample(b[c*f.container:])
			}
			mono[i] = sum / float32(f.channels)
		}
		if err := out.add(mono[:frames]); err != nil {
			return err
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return out.end()
		}
		if err != nil {
			return err
		}
	}
}

func pcm16(b []byte) float32 { return float32(int16(binary.LittleEndian.Uint16(b))) / (1 << 15) }
