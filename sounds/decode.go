package sounds

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"dialtone/media/g711"
)

// What a decoder does at most with one file.
const (
	MaxDuration = time.Hour
	MaxBytes    = 1 << 30
)

// maxSamples is MaxDuration at 8 kHz.
const maxSamples = int(MaxDuration/time.Second) * Rate

// errTooBig is what a decoder says beyond MaxBytes.
var errTooBig = fmt.Errorf("larger than %d MB, which is all that a sound may be", MaxBytes>>20)

// errTooLong is what it says beyond its limit of samples.
func errTooLong(limit int) error {
	return fmt.Errorf("longer than %v, which is all that a sound may be", duration(limit))
}

// audio is what a file holds: linear samples at 8 kHz, or G.711 as it is.
type audio struct {
	pcm   []int16
	bytes []byte // instead of pcm: G.711 at 8 kHz, mono
	law   g711.Law
}

func (a audio) samples() []int16 {
	if a.bytes == nil {
		return a.pcm
	}
	pcm := make([]int16, len(a.bytes))
	a.law.DecodeTo(pcm, a.bytes)
	return pcm
}

func (a audio) prompt() *Prompt {
	if a.bytes == nil {
		return NewPrompt(a.pcm)
	}
	return newLawPrompt(a.law, a.bytes)
}

// Decode reads a sound file and returns its samples at 8 kHz, mono. WAV and MP3
// are known by their content, files without a header by the extension of name
// (see [Extensions]). Errors say the name and what is wrong; a file that is cut
// off gives what is there.
func Decode(name string, r io.Reader) ([]int16, error) {
	a, err := decode(name, r, maxSamples)
	if err != nil {
		return nil, err
	}
	return a.samples(), nil
}

// decode stops with an error beyond limit samples at 8 kHz.
func decode(name string, r io.Reader, limit int) (audio, error) {
	limited := &io.LimitedReader{R: r, N: MaxBytes + 1}
	b := bufio.NewReaderSize(limited, 64<<10)
	a, err := decodeAny(name, b, limit)
	if err == nil && limited.N == 0 {
		err = errTooBig
	}
	if err != nil {
		return audio{}, fmt.Errorf("%s: %w", name, err)
	}
	return a, nil
}

func decodeAny(name string, b *bufio.Reader, limit int) (audio, error) {
	start, err := b.Peek(12)
	if err != nil && !errors.Is(err, io.EOF) {
		return audio{}, err
	}
	switch raw, known := rawFormats[strings.TrimPrefix(path.Ext(name), ".")]; {
	case isWAV(start):
		return decodeWAV(b, limit)
	case known:
		return decodeRaw(b, raw, limit)
	case len(start) == 0:
		return audio{}, errors.New("the file is empty")
	case isMP3(start), strings.EqualFold(path.Ext(name), ".mp3"):
		return decodeMP3(b, limit)
	case bytes.HasPrefix(start, []byte("OggS")), bytes.HasPrefix(start, []byte("fLaC")):
		return audio{}, fmt.Errorf("an Ogg or FLAC file, which is not read; convert it: %s", howToConvert)
	}
	return audio{}, fmt.Errorf("neither a WAV nor an MP3 file; convert it: %s", howToConvert)
}

const howToConvert = "sox IN -r 8000 -c 1 -b 16 OUT.wav"

// collector resamples blocks of mono samples, up to a limit.
type collector struct {
	*resampler
	limit int // samples at 8 kHz
}

func (c collector) add(samples []float32) error {
	c.write(samples)
	if len(c.out) > c.limit {
		return errTooLong(c.limit)
	}
	return nil
}
