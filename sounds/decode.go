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

// sink takes what a decoder makes, in order. An error ends the decoder.
type sink interface {
	linear(pcm []int16) error           // samples at 8 kHz, which it does not keep
	coded(law g711.Law, b []byte) error // G.711 at 8 kHz as it is; likewise
}

// samples is a sink that keeps all of it as linear samples.
type samples []int16

func (s *samples) linear(pcm []int16) error {
	*s = append(*s, pcm...)
	return nil
}

func (s *samples) coded(law g711.Law, b []byte) error {
	pcm := make([]int16, len(b))
	law.DecodeTo(pcm, b)
	return s.linear(pcm)
}

// count is a sink that keeps only how many samples there were.
type count int

func (c *count) linear(pcm []int16) error {
	*c += count(len(pcm))
	return nil
}

func (c *count) coded(_ g711.Law, b []byte) error {
	*c += count(len(b))
	return nil
}

// limited passes on so many samples, and then ends the decoder.
type limited struct {
	to          sink
	left, limit int
}

func (l *limited) linear(pcm []int16) error {
	n := min(len(pcm), l.left)
	l.left -= n
	if err := l.to.linear(pcm[:n]); err != nil || n == len(pcm) {
		return err
	}
	return errTooLong(l.limit)
}

func (l *limited) coded(law g711.Law, b []byte) error {
	n := min(len(b), l.left)
	l.left -= n
	if err := l.to.coded(law, b[:n]); err != nil || n == len(b) {
		return err
	}
	return errTooLong(l.limit)
}

// Decode reads a sound file and returns its samples at 8 kHz, mono. WAV and MP3
// are known by their content, files without a header by the extension of name
// (see [Extensions]). Errors say the name and what is wrong; a file that is cut
// off gives what is there.
func Decode(name string, r io.Reader) ([]int16, error) {
	var pcm samples
	if err := decode(name, r, maxSamples, &pcm); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return pcm, nil
}

// decode passes the audio of a file to a sink, with an error beyond limit samples at 8 kHz.
func decode(name string, r io.Reader, limit int, to sink) error {
	all := &io.LimitedReader{R: r, N: MaxBytes + 1}
	b := bufio.NewReaderSize(all, 64<<10)
	start, err := b.Peek(formatLen)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	to = &limited{to, limit, limit}
	switch known := formatOf(name, start); known {
	case formatWAV:
		err = decodeWAV(b, to)
	case formatMP3:
		err = decodeMP3(b, to)
	case formatNone:
		err = unknownFormat(start)
	default:
		err = decodeRaw(b, rawFormats[string(known)], to)
	}
	if err == nil && all.N == 0 {
		err = errTooBig
	}
	return err
}

// fileFormat is how the bytes of a file are to be read: one of those below, or the extension of a file without a header.
type fileFormat string

const (
	formatNone fileFormat = ""
	formatWAV  fileFormat = "WAV"
	formatMP3  fileFormat = "MP3"
)

// formatLen is how much of a file tells its format.
const formatLen = 12 // bytes

// formatOf tells the format of a file by its name and how it starts.
func formatOf(name string, start []byte) fileFormat {
	extension := strings.TrimPrefix(path.Ext(name), ".")
	_, raw := rawFormats[extension]
	switch {
	case isWAV(start):
		return formatWAV
	case raw:
		return fileFormat(extension)
	case isMP3(start), len(start) > 0 && strings.EqualFold(extension, "mp3"):
		return formatMP3
	}
	return formatNone
}

// magics are what files of sound begin with that are not read.
var magics = []struct{ start, name string }{
	{"OggS", "an Ogg file"}, {"fLaC", "a FLAC file"}, {".snd", "an AU file"}, {"FORM", "an AIFF file"}, {"#!AMR", "an AMR file"},
	{"RF64", "a WAV file of more than 4 GB (RF64)"}, {"wvpk", "a WavPack file"}, {"caff", "a CAF file"}, {"MThd", "a MIDI file"}, {"\x1aE\xdf\xa3", "a WebM file"},
	{"PK\x03\x04", "a ZIP archive"}, {"\x1f\x8b", "a gzip archive"}, {"%PDF", "a PDF"}, {"\x89PNG", "a picture"}, {"\xff\xd8\xff", "a picture"},
}

// unknownFormat says why a file is not read, with what was found in it.
func unknownFormat(start []byte) error {
	if len(start) == 0 {
		return errors.New("the file is empty")
	}
	for _, magic := range magics {
		if bytes.HasPrefix(start, []byte(magic.start)) {
			return fmt.Errorf("%s, which is not read; convert it: %s", magic.name, howToConvert)
		}
	}
	switch {
	case len(start) >= 8 && string(start[4:8]) == "ftyp":
		return fmt.Errorf("an MP4 or M4A file, which is not read; convert it: %s", howToConvert)
	case bytes.HasPrefix(start, []byte("------")):
		return errors.New("a form of a web page, where only the bytes of the sound are expected")
	case isText(start):
		return fmt.Errorf("text, not sound: it begins with %q", start)
	}
	return fmt.Errorf("neither a WAV nor an MP3 file (it begins with the bytes % x); convert it: %s", start[:min(len(start), formatLen)], howToConvert)
}

const howToConvert = "sox IN -r 8000 -c 1 -b 16 OUT.wav"

// resampled is a sink's entrance for blocks of mono samples of another rate, full scale ±1.
type resampled struct {
	*resampler
	to sink
}

func (r resampled) add(samples []float32) error {
	r.write(samples)
	return r.to.linear(r.take())
}

func (r resampled) end() error { return r.to.linear(r.finish()) }
