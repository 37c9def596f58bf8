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
func decodeMP3(b *bufio.Reader, to sink) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged MP3 data (%v)", p)
		}
	}()
	frames := &mp3Frames{b: b}
	if err := frames.open(); err != nil {
		return err
	}
	d, err := mp3.NewDecoder(frames)
	if err != nil {
		return fmt.Errorf("damaged MP3 data: %w", err)
	}
	out := resampled{newResampler(d.SampleRate()), to}
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
				return err
			}
			held = held[:copy(held, held[ready:])]
		}
		switch {
		case frames.err != nil:
			return frames.err
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return out.end()
		case err != nil:
			return fmt.Errorf("damaged MP3 data: %w", err)
		}
	}
}
