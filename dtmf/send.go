package dtmf

import "encoding/binary"

const endPackets = 3 // RFC 4733 §2.5.1.4: the end is sent three times

// EventSender makes the packets of one RFC 4733 press, one for each slot in
// which audio would have been sent:
//
//	slot          | 0    | 1     | ... | k-1     | k     | k+1   | k+2
//	marker        | M    |       |     |         |       |       |
//	duration      | p    | 2p    | ... | samples | same  | same  |        p: samples of a slot
//	end bit       |      |       |     | E       | E     | E     | done
//	RTP timestamp | t0   | t0    | ... | t0      | t0    | t0    |
//
// A press longer than a duration can tell goes on in segments (RFC 4733
// §2.5.1.3): one packet has duration 0xFFFF, the next one has timestamp
// t0 + 0xFFFF and what has passed since; Offset is what to add to t0.
type EventSender struct {
	event   byte
	samples int // length of the press
	passed  int // of it, at the end of the newest slot
	segment int // of it, before the segment
	offset  uint32
	begun   bool
	full    bool // the segment's duration has reached 0xFFFF
	ends    int  // end packets sent
}

// NewEventSender gives a sender of a press of key that lasts so many samples, at
// least one. A key that is not Valid sends event 0.
func NewEventSender(key byte, samples int) EventSender {
	code, _ := eventCode(key)
	return EventSender{event: code, samples: max(samples, 1)}
}

const eventVolume = 10 // -10 dBm0

// Next gives the payload for the next slot of so many samples, whether it has the
// RTP marker, whether its end bit is set, and whether it is the last one. Called
// after that it repeats the end.
func (s *EventSender) Next(ptimeSamples int) (payload [4]byte, marker, end, done bool) {
	marker = !s.begun
	s.begun = true
	if s.full {
		s.full = false
		s.segment += maxSegment
	}
	s.offset = uint32(s.segment)
	s.passed = min(s.passed+max(ptimeSamples, 1), s.samples)
	duration := s.passed - s.segment
	if duration > maxSegment {
		duration, s.full = maxSegment, true
	}
	if end = s.segment+duration >= s.samples; end {
		s.ends++
	}
	payload[0], payload[1] = s.event, eventVolume
	if end {
		payload[1] |= 0x80
	}
	binary.BigEndian.PutUint16(payload[2:], uint16(duration))
	return payload, marker, end, s.ends >= endPackets
}

// Last says anew how long the press lasts, when its end is known only as it comes:
// so many samples, but not less than what was told already.
func (s *EventSender) Last(samples int) { s.samples = max(samples, s.passed, 1) }

// Offset is what the newest packet's RTP timestamp is past the first one's: 0
// unless the press is longer than 8.19 s.
func (s *EventSender) Offset() uint32 { return s.offset }
