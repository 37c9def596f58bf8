// Package dtmf finds the keys a caller presses, however they come: as RFC 4733
// telephone-events (EventReceiver), as tones in the audio (Detector) or in the
// body of a SIP INFO (ParseInfo), and makes one Digit of each press even when it
// comes in two ways (Merger). EventSender and ToneSamples press keys.
//
// Media's streams call it, one receiver, detector and merger for each. All of
// them are values that are told the time and never allocate; none may be used by
// two goroutines at once. The clock is that of received audio, 8000 per second,
// with any beginning.
package dtmf

import "fmt"

// Way is how a digit came.
type Way uint8

// The ways of a digit.
const (
	Event Way = iota // RTP telephone-event, RFC 4733
	Tone             // in the audio, ITU-T Q.23
	Info             // SIP INFO, RFC 6086
	Ways             // how many there are
)

// String is the way as shown to people: event, tone or info.
func (w Way) String() string {
	switch w {
	case Event:
		return "event"
	case Tone:
		return "tone"
	case Info:
		return "info"
	}
	return fmt.Sprintf("dtmf.Way(%d)", uint8(w))
}

// Digit is one press of a key.
type Digit struct {
	Key    byte  // '0' to '9', '*', '#', 'A' to 'D'
	Way    Way   // how it came
	Start  int64 // 1/8000 s of the receive clock: when the key went down
	Length int64 // 1/8000 s; 0: not yet known, as digits are reported while the key is down
}

const (
	samplesPerMs = 8
	keys         = "0123456789*#ABCD" // by the event codes of RFC 4733 §3.2
)

// Valid says whether key is one that can be pressed: 0 to 9, *, # or A to D.
func Valid(key byte) bool {
	_, ok := eventCode(key)
	return ok
}

func eventCode(key byte) (code byte, ok bool) {
	for i := range len(keys) {
		if keys[i] == key {
			return byte(i), true
		}
	}
	return 0, false
}
