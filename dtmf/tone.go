package dtmf

import "math"

// The frequencies of ITU-T Q.23 in Hz: rows of the keypad, then columns.
var frequencies = [8]int{697, 770, 852, 941, 1209, 1336, 1477, 1633}

// keypad is the keys by row and column.
const keypad = "123A456B789C*0#D"

const fullScale = 32768 * 0.696627 // peak of a sine of 0 dBm0: full scale is +3.14 dBm0 (ITU-T G.711)

// Levels of the generator: the high tone is 2 dB above the low one, as telephones
// send it, since lines lose more of it.
const (
	toneLow  = fullScale * 0.354813 // -9 dBm0
	toneHigh = fullScale * 0.446684 // -7 dBm0
)

// ToneSamples fills dst with the tone of key at 8 kHz, -9 and -7 dBm0, as it
// sounds offset samples after its beginning: pieces made one after the other are
// one tone, the same to the bit whatever the pieces are. A key that is not Valid
// is silent.
func ToneSamples(dst []int16, key byte, offset int) {
	row, column, ok := tonesOf(key)
	if !ok {
		clear(dst)
		return
	}
	// All frequencies are whole Hz, so the phase repeats every second.
	for i := range dst {
		n := (offset%8000 + 8000 + i) % 8000
		low := math.Sin(2 * math.Pi / 8000 * float64(n*frequencies[row]%8000))
		high := math.Sin(2 * math.Pi / 8000 * float64(n*frequencies[column]%8000))
		dst[i] = int16(math.Round(toneLow*low + toneHigh*high))
	}
}

// tonesOf gives the indexes of a key's frequencies.
func tonesOf(key byte) (row, column int, ok bool) {
	for i := range len(keypad) {
		if keypad[i] == key {
			return i / 4, 4 + i%4, true
		}
	}
	return 0, 0, false
}

// tonesOfLabel gives the indexes of a label's frequencies.
func tonesOfLabel(label uint8) (row, column int) { return int(label-1) / 4, 4 + int(label-1)%4 }
