package sounds

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/hajimehoshi/go-mp3"
)

// isMP3 tells whether b may be the start of an MP3 file: a tag, or a frame's sync word.
func isMP3(b []byte) bool {
	return bytes.HasPrefix(b, []byte("ID3")) || len(b) >= 2 && b[0] == 0xff && b[1]&0xe0 == 0xe0
}

// decodeMP3 decodes an MP3 file. The decoder gets frames and nothing else (see
// mp3Frames), so no tag can make it allocate, and what it may panic on is an error here.
func decodeMP3(b *bufio.Reader, limit int) (a audio, err error) {
	defer func() {
		if p := recover(); p != nil {
			a, err = audio{}, fmt.Errorf("damaged MP3 data (%v)", p)
		}
	}()
	frames := &mp3Frames{b: b}
	if err := frames.open(); err != nil {
		return audio{}, err
	}
	d, err := mp3.NewDecoder(frames)
	if err != nil {
		return audio{}, fmt.Errorf("damaged MP3 data: %w", err)
	}
	out := collector{newResampler(d.SampleRate()), limit}
	const frame = 4 // bytes: 16 bits, always two channels
	block := make([]byte, 4096*frame)
	var held []float32 // at the end it is what the encoder filled its last frame with
	skip := frames.skip
	for {
		n, err := io.ReadFull(d, block)
		for b := block[:n-n%frame]; len(b) > 0; b = b[frame:] {
			if skip > 0 {
				skip--
				continue
			}
			held = append(held, (pcm16(b)+pcm16(b[2:]))/2)
		}
		if ready := len(held) - frames.padding; ready > 0 {
			if err := out.add(held[:ready]); err != nil {
				return audio{}, err
			}
			held = held[:copy(held, held[ready:])]
		}
		switch {
		case frames.err != nil:
			return audio{}, frames.err
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return audio{pcm: out.finish()}, nil
		case err != nil:
			return audio{}, fmt.Errorf("damaged MP3 data: %w", err)
		}
	}
}
