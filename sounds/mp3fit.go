package sounds

// mp3Fit rewrites frames at 22.05 kHz so that the decoder reads them right. Such
// frames come in two lengths, and go-mp3 (v0.3.4) takes the longer ones of half
// the bit rates for a byte shorter than they are; as a frame refers to the main
// data of those before it, noise follows. So all frames are made frames of the
// highest bit rate, without padding, which have room for what they held:
//
//	header  side info  main data of this frame (the rest)  zeros  start of the next one's
//
// with as much of the next one's main data as it may refer back to.
type mp3Fit struct {
	mono bool
	main []byte // main data of the frames so far, as far back as the next may refer
	side []byte // of the frame that waits for what the next one puts at its end; nil: none waits
	head [4]byte
	data []byte
}

const (
	mp3FitRate  = 22050
	mp3MaxIndex = 14  // of a bit rate
	mp3MaxBegin = 255 // bytes before itself that a frame of MPEG 2 may refer to
)

// next takes a frame and returns the one before it, nil at first; nil ends the file.
// If f is nil, frames are good as they are, and it returns the frame itself.
func (f *mp3Fit) next(frame []byte) []byte {
	if f == nil {
		return frame
	}
	if frame == nil {
		return f.pack(nil)
	}
	at := 4
	if frame[1]&1 == 0 { // a CRC follows the header
		at += 2
	}
	length := mp3Header{mono: f.mono}.sideInfo()
	side := append([]byte(nil), frame[at:at+length]...)
	main := frame[at+length:]
	begin := int(side[0]) // main_data_begin
	data := append([]byte(nil), f.main[max(0, len(f.main)-begin):]...)
	data = append(data, main...)
	f.main = append(f.main, main...)
	f.main = f.main[max(0, len(f.main)-mp3MaxBegin):]

	need, early := f.length(side), 0
	if f.side != nil {
		early = min(need, mp3MaxBegin, f.room()-len(f.data))
	}
	if begin > len(f.main) || need > len(data) || need-early > f.room() {
		clear(side) // data that is not there, or more than fits: silence
		need, early = 0, 0
	}
	out := f.pack(data[:early])
	side[0] = byte(early)
	f.head, f.side, f.data = [4]byte(frame), side, data[early:need]
	return out
}

// room is the number of bytes for main data in a frame of the highest bit rate.
func (f *mp3Fit) room() int {
	return 72*1000*mp3Rates2[mp3MaxIndex]/mp3FitRate - 4 - mp3Header{mono: f.mono}.sideInfo()
}

// length is the number of bytes of main data that belong to a frame (13818-3 §2.4.1.7).
func (f *mp3Fit) length(side []byte) int {
	starts := []int{9} // of the channels' 63 bits, the first 12 of which are the length of its data in bits
	if !f.mono {
		starts = []int{10, 10 + 63}
	}
	n := 0
	for _, start := range starts {
		for bit := start; bit < start+12; bit++ {
			n += int(side[bit/8]>>(7-bit%8)&1) << (start + 11 - bit)
		}
	}
	return (n + 7) / 8
}

// pack returns the frame that waits, with what the next one needs at its end.
func (f *mp3Fit) pack(tail []byte) []byte {
	if f.side == nil {
		return nil
	}
	out := append([]byte(nil), f.head[:]...)
	out[1] |= 1                                   // no CRC
	out[2] = mp3MaxIndex<<4 | out[2]&^(0xf0|1<<1) // the bit rate; no padding
	out = append(append(out, f.side...), f.data...)
	out = append(out, make([]byte, f.room()-len(f.data)-len(tail))...)
	f.side = nil
	return append(out, tail...)
}
