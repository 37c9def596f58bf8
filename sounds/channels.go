package sounds

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"dialtone/media/g711"
)

// DecodeRecording gives hear the samples of a sound file as Decode reads them, in pieces, however long the file is. A piece is
// good until hear returns, which ends it all by false. With an error what is before the fault has been heard.
func DecodeRecording(name string, data []byte, hear func(pcm []int16) bool) error {
	if err := decode(name, bytes.NewReader(data), math.MaxInt, pieces(hear)); err != nil && !errors.Is(err, errEnough) {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// pieces is a sink that passes all on as linear samples.
type pieces func(pcm []int16) bool

var errEnough = errors.New("enough was heard")

func (p pieces) linear(pcm []int16) error {
	if !p(pcm) {
		return errEnough
	}
	return nil
}

func (p pieces) coded(law g711.Law, b []byte) error {
	pcm := make([]int16, len(b))
	law.DecodeTo(pcm, b)
	return p.linear(pcm)
}

// Channels makes a WAV file of each channel of one, as recordings of calls have a direction in each: the same chunks before
// the data, but for how many channels there are. Of anything else it gives the file as it is.
func Channels(data []byte) (files [][]byte) {
	whole := [][]byte{data}
	if !isWAV(data) {
		return whole
	}
	le := binary.LittleEndian
	format := 0
	for at := 12; at+8 <= len(data); {
		id, size := string(data[at:at+4]), int(le.Uint32(data[at+4:]))
		at += 8
		switch {
		case id == "fmt " && size >= 16 && at+size <= len(data):
			format = at
		case id == "data" && format > 0:
			n, frame := int(le.Uint16(data[format+2:])), int(le.Uint16(data[format+12:]))
			if n < 1 || n > wavMaxChannels || frame < n || frame%n != 0 {
				return whole
			}
			body := data[at:min(at+size, len(data))]
			if size == 0 || size == wavUnknown {
				body = data[at:]
			}
			for channel := range n {
				file := append([]byte(nil), data[:at]...)
				le.PutUint16(file[format+2:], 1)
				le.PutUint16(file[format+12:], uint16(frame/n))
				le.PutUint32(file[at-4:], uint32(len(body)/frame*(frame/n)))
				for from := channel * (frame / n); from+frame/n <= len(body); from += frame {
					file = append(file, body[from:from+frame/n]...)
				}
				files = append(files, file)
			}
			return files
		}
		at += size + size%2
	}
	return whole
}
