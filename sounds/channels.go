package sounds

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// DecodeChannels reads a sound file as Decode does, but a WAV file channel by channel, as recordings of calls have a
// direction in each. Other files are one channel.
func DecodeChannels(name string, data []byte) (channels [][]int16, err error) {
	files := [][]byte{data}
	if isWAV(data) {
		if split, err := splitWAV(data); err == nil { // else Decode says what is wrong
			files = split
		}
	}
	for _, file := range files {
		pcm, err := Decode(name, bytes.NewReader(file))
		if err != nil {
			return channels, err
		}
		channels = append(channels, pcm)
	}
	return channels, nil
}

var errNotSplit = errors.New("a WAV file whose chunks do not tell its channels")

// splitWAV makes a WAV file of each channel: the same chunks before the data, but for how many channels there are.
func splitWAV(data []byte) (files [][]byte, err error) {
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
				return nil, errNotSplit
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
			return files, nil
		}
		at += size + size%2
	}
	return nil, errNotSplit
}
