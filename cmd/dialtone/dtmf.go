package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"dialtone/media"
	"dialtone/sounds"
)

type dtmfCommand struct {
	File string `arg:"" help:"A WAV file, a pcap or pcapng capture, or - for standard input."`
	Raw  bool   `help:"The file is raw audio: 8 kHz, 16 bit, little endian, mono."`
	JSON bool   `help:"Print JSON."`
}

func (dtmfCommand) Help() string {
	return `Prints a line for each press: the digit, and where it begins and ends, in milliseconds from the beginning.

Examples:
  dialtone dtmf recording.wav
  dialtone dtmf call.pcap                                     tones and RFC 4733 events of every stream
  sox in.flac -t raw -r 8000 -b 16 -e signed -c 1 - | dialtone dtmf --raw -`
}

// maxRecording bounds what is read into memory: 512 MB are nine hours of raw audio.
const maxRecording = 512 << 20

// heardDigit is a line of the output.
type heardDigit struct {
	Digit   string `json:"digit"`
	StartMS int64  `json:"start_ms"`
	EndMS   int64  `json:"end_ms"`
	Way     string `json:"way"`
	Stream  string `json:"stream,omitempty"` // of a capture
}

// Run prints the digits.
func (c dtmfCommand) Run() error {
	data, err := c.read()
	if err != nil {
		return err
	}
	digits, err := c.hear(data)
	if c.JSON {
		if digits == nil {
			digits = []heardDigit{}
		}
		return errors.Join(printJSON(digits), err)
	}
	stream := ""
	for _, d := range digits {
		if d.Stream != stream {
			stream = d.Stream
			fmt.Fprintln(os.Stderr, stream)
		}
		fmt.Println(d.Digit, d.StartMS, d.EndMS)
	}
	return err
}

func (c dtmfCommand) read() ([]byte, error) {
	in := io.ReadCloser(os.Stdin)
	if c.File != "-" {
		var err error
		if in, err = os.Open(c.File); err != nil {
			return nil, err
		}
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, maxRecording+1))
	if err == nil && len(data) > maxRecording {
		err = fmt.Errorf("%s has more than %d MB: cut it into pieces", c.File, maxRecording>>20)
	}
	return data, err
}

// hear finds the digits of raw audio, of a capture, or of a sound file, whichever the data are.
func (c dtmfCommand) hear(data []byte) ([]heardDigit, error) {
	if c.Raw {
		pcm := make([]int16, len(data)/2)
		for i := range pcm {
			pcm[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
		}
		return inMilliseconds("", media.HearSamples(pcm).Digits), nil
	}
	var digits []heardDigit
	err := media.ReadCapture(bytes.NewReader(data), func(s media.CapturedStream) error {
		name := fmt.Sprintf("%s → %s, SSRC %08x, %s", s.From, s.To, s.SSRC, s.Law)
		digits = append(digits, inMilliseconds(name, s.Digits)...)
		return nil
	})
	if !errors.Is(err, media.ErrNotCapture) {
		return digits, err
	}
	pcm, err := sounds.Decode(c.File, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return inMilliseconds("", media.HearSamples(pcm).Digits), nil
}

func inMilliseconds(stream string, digits []media.HeardDigit) []heardDigit {
	var heard []heardDigit
	for _, d := range digits {
		heard = append(heard, heardDigit{
			Digit: string(d.Key), StartMS: d.Start / 8, EndMS: (d.Start + d.Length) / 8, Way: d.Way.String(), Stream: stream,
		})
	}
	return heard
}
