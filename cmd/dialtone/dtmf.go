package main

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"dialtone/media"
	"dialtone/media/g711"
	"dialtone/sounds"
)

type dtmfCommand struct {
	Files    []string `arg:"" name:"file" help:"WAV, MP3 and other sound files, pcap and pcapng captures, also as .gz, or - for standard input."`
	Details  bool     `help:"Print a table: levels, twist and frequency errors of each tone, packets and faults of each event, losses of each stream."`
	Explain  bool     `help:"Print also the tones that were taken for no key, and why, in the order of time."`
	JSON     bool     `help:"Print all of that as JSON: an array of streams (a sound file is one), each with its digits."`
	Channels bool     `help:"Hear each channel of a WAV file by itself, as recordings of calls have a direction in each; else they are mixed."`
	Raw      bool     `help:"The files are raw audio: 8 kHz, 16 bit, little endian, mono."`
	Law      string   `enum:"linear,mu,a" default:"linear" help:"Raw audio is G.711, mu or a, in place of 16 bit."`
}

func (dtmfCommand) Help() string {
	return `Prints a line for each press: the digit, and where it begins and ends, in milliseconds from the beginning. The names of
streams, and of files when there are several, go to standard error. No press is no line, and no error.

A capture needs no SDP: what looks like RTP with G.711 or with RFC 4733 events is heard, every stream of it, both directions. A
press that is event and tone is one.

Examples:
  dialtone dtmf recording.wav
  dialtone dtmf call.pcap                  tones and events of every stream
  dialtone dtmf --details trunk.pcapng     a bad trunk: levels, twist, frequencies, lost packets, missing ends
  dialtone dtmf --explain recording.wav    why a key was not heard
  dialtone dtmf --json *.pcap | jq -r '.[] | .file + " " + ([.digits[].digit] | add)'
  sox in.flac -t raw -r 8000 -b 16 -e signed -c 1 - | dialtone dtmf --raw -`
}

// maxRecording bounds what is read of a sound file into memory: 512 MB are nine hours of raw audio. A capture may be longer.
const maxRecording = 512 << 20

// Run prints the digits of all files; a file that cannot be read, or not to its end, does not keep the others.
func (c dtmfCommand) Run() error {
	var failed []error
	all := []heardStream{}
	for _, file := range c.Files {
		streams, err := c.hear(file)
		if err != nil {
			failed = append(failed, err)
		}
		if c.JSON {
			all = append(all, streams...)
			continue
		}
		if len(streams) == 0 && err == nil {
			fmt.Fprintf(os.Stderr, "%s: no stream of G.711 or of events in it\n", file)
		}
		for i, s := range streams {
			if i > 0 || len(all) > 0 {
				c.between()
			}
			c.print(s)
		}
		all = append(all, streams...)
	}
	if c.JSON {
		if err := printJSON(asJSON(all, c.Explain)); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// between parts the streams of --details.
func (c dtmfCommand) between() {
	if c.Details {
		fmt.Println()
	}
}

// hear finds the digits of a file: raw audio, a capture, or sound, whichever it is. With an error it gives what is before
// the fault.
func (c dtmfCommand) hear(file string) ([]heardStream, error) {
	in, err := openRecording(file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	raw := c.Raw || c.Law != "linear"
	if !raw {
		streams, err := hearCapture(file, in.Reader)
		if !errors.Is(err, media.ErrNotCapture) {
			return streams, err
		}
	}
	data, err := io.ReadAll(io.LimitReader(in, maxRecording+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", file, err)
	case len(data) > maxRecording:
		return nil, fmt.Errorf("%s has more than %d MB: cut it into pieces", file, maxRecording>>20)
	case raw:
		return []heardStream{{file: file, Heard: media.HearSamples(slices.Values([][]int16{c.samples(data)}))}}, nil
	}
	return c.hearSound(file, data)
}

// hearCapture finds the digits of each stream of a capture.
func hearCapture(file string, in *bufio.Reader) (streams []heardStream, err error) {
	err = media.ReadCapture(in, func(s media.CapturedStream) error {
		streams = append(streams, heardStream{file: file, captured: &s, Heard: s.Heard})
		return nil
	})
	if err != nil {
		err = fmt.Errorf("%s: %w", file, err)
	}
	return streams, err
}

// hearSound finds the digits of a sound file, or of each of its channels.
func (c dtmfCommand) hearSound(file string, data []byte) (streams []heardStream, err error) {
	channels := [][]byte{data}
	if c.Channels {
		channels = sounds.Channels(data)
	}
	for i, channel := range channels {
		s := heardStream{file: file}
		if c.Channels {
			s.channel = i + 1
		}
		began := false
		s.Heard = media.HearSamples(func(yield func(pcm []int16) bool) {
			err = sounds.DecodeRecording(file, channel, func(pcm []int16) bool { began = true; return yield(pcm) })
		})
		if err == nil || began {
			streams = append(streams, s)
		}
		if err != nil {
			break
		}
	}
	return streams, err
}

// samples reads raw audio.
func (c dtmfCommand) samples(data []byte) []int16 {
	law, coded := map[string]g711.Law{"mu": g711.Mu, "a": g711.A}[c.Law]
	if coded {
		pcm := make([]int16, len(data))
		law.DecodeTo(pcm, data)
		return pcm
	}
	pcm := make([]int16, len(data)/2)
	for i := range pcm {
		pcm[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
	}
	return pcm
}

// recording is an open file.
type recording struct {
	*bufio.Reader
	io.Closer
}

// openRecording opens a file, or standard input by the name -; one that gzip made smaller is unpacked.
func openRecording(file string) (recording, error) {
	in := io.ReadCloser(os.Stdin)
	if file != "-" {
		var err error
		if in, err = os.Open(file); err != nil {
			return recording{}, err
		}
	}
	const ahead = 64 << 10 // of which ReadCapture gives all back when it is no capture
	r := bufio.NewReaderSize(in, ahead)
	if start, _ := r.Peek(2); string(start) == "\x1f\x8b" {
		unpacked, err := gzip.NewReader(r)
		if err != nil {
			in.Close()
			return recording{}, fmt.Errorf("%s: %w", file, err)
		}
		r = bufio.NewReaderSize(unpacked, ahead)
	}
	return recording{r, in}, nil
}
