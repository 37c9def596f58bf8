package media

import (
	"encoding/binary"
	"fmt"

	"dialtone/dtmf"
)

// HeardEvent is the RFC 4733 event of a press, as its packets tell of it.
type HeardEvent struct {
	Start, Length int64
	PayloadType   uint8
	Volume        int // dBm0 of the tone it stands for, 0 to -63
	Packets       int // not counting those that came again
	Lost          int // packets of the stream that are missing while it lasts and until the ends would have come
	Reordered     int // packets that came after a later one
	Duplicates    int // packets that came again
	Ends          int // packets with the end bit; three as a rule
	Segments      int // more than one when the press is longer than 8.19 s
	Marker        bool
	Faults        []string // what is not as RFC 4733 has it, in words
}

// pressed follows the events of a captured stream.
type pressed struct {
	receiver dtmf.EventReceiver
	presses  []*pressedKey
	newest   *pressedKey // the one whose ends may still come, or nil
	losses   [16]lossAt  // what the newest packets of the stream found, a ring
	passing  int
}

// lossAt is how many packets a stream lacked by a time.
type lossAt struct{ at, lost int64 }

const endsAfter = 3 * 20 * samplesPerMs // until so long after a packet the ends of its press may come

// pressedKey is one press and what its packets were like.
type pressedKey struct {
	digit            dtmf.Digit
	slip             int64 // to be added to digit's start
	event            HeardEvent
	first            uint32 // timestamp
	low, high        uint16 // sequence numbers
	markers          int
	lostBefore, lost int64 // of the stream: before it began, and until its ends would have come
	seen             int64 // receive clock of its newest packet
	after            uint32
	duration         uint16
	moves, timed     bool
	falls, reserved  bool
	shared           bool // the timestamp is that of the press before
}

// packet takes in a packet. slip says what to add to the receive clock so that the event lies where audio of its timestamp
// does.
func (p *pressed) packet(at int64, h header, payload []byte, slip func(start int64) int64) {
	p.receiver.Tick(at)
	for _, d := range p.receiver.Packet(nil, at, h.ssrc, h.seq, h.timestamp, h.marker, payload) {
		k := &pressedKey{digit: d, slip: slip(d.Start), first: h.timestamp, low: h.seq, high: h.seq, lostBefore: p.lostBy(d.Start)}
		k.event.PayloadType = h.payloadType
		if n := len(p.presses); n > 0 {
			k.shared = p.presses[n-1].first == h.timestamp && p.presses[n-1].high != h.seq
		}
		p.presses = append(p.presses, k)
	}
	if payload[0] > 15 {
		return
	}
	latest := p.receiver.Latest()
	for i := len(p.presses) - 1; i >= 0; i-- {
		if k := p.presses[i]; k.digit.Key == latest.Key && k.digit.Start == latest.Start {
			k.digit.Length = max(k.digit.Length, latest.Length)
			k.packet(h, payload[len(payload)&^3-4:])
			k.seen = at
			p.newest = k
			return
		}
	}
}

// passed tells how many packets the stream lacks, now that one more has come.
func (p *pressed) passed(at, lost int64) {
	p.losses[p.passing] = lossAt{at, lost}
	p.passing = (p.passing + 1) % len(p.losses)
	if k := p.newest; k != nil {
		k.lost = lost
		if at > k.seen+endsAfter {
			p.newest = nil
		}
	}
}

// lostBy is how many packets the stream lacked before a time.
func (p *pressed) lostBy(at int64) int64 {
	lost := int64(-1)
	for i := range p.losses {
		if l := p.losses[(p.passing+i)%len(p.losses)]; lost < 0 || l.at < at {
			lost = l.lost // the oldest, or a newer one that is early enough
		}
	}
	return lost
}

// again takes in a packet that has come before.
func (p *pressed) again(h header) {
	for i := len(p.presses) - 1; i >= 0; i-- {
		if k := p.presses[i]; int16(h.seq-k.low) >= 0 && int16(k.high-h.seq) >= 0 {
			k.event.Duplicates++
			return
		}
	}
}

// packet notes what a packet of the press is like.
func (k *pressedKey) packet(h header, payload []byte) {
	word := binary.BigEndian.Uint32(payload)
	duration := uint16(word)
	k.event.Packets++
	k.event.Volume = -int(word >> 16 & 0x3f)
	if word&0x800000 != 0 {
		k.event.Ends++
	}
	if h.marker {
		k.markers++
	}
	step := h.timestamp - k.first
	newer := int16(h.seq-k.high) > 0
	switch {
	case k.event.Packets == 1:
	case !newer:
		k.event.Reordered++
	case h.timestamp == k.after && duration < k.duration && k.duration-duration < 1<<15:
		k.falls = true
	}
	if newer || k.event.Packets == 1 {
		k.high, k.after, k.duration = h.seq, h.timestamp, duration
	}
	if int16(h.seq-k.low) < 0 {
		k.low = h.seq
	}
	k.event.Segments = max(k.event.Segments, int((step+0x80)/0xffff)+1)
	k.moves = k.moves || step%0xffff != 0
	k.timed = k.timed || duration > 0
	k.reserved = k.reserved || word&0x400000 != 0
}

// heard gives the presses.
func (p *pressed) heard() (digits []HeardDigit) {
	for _, k := range p.presses {
		k.digit.Start += k.slip
		e := k.event
		e.Start, e.Length = k.digit.Start, k.digit.Length
		e.Lost = int(max(k.lost-k.lostBefore, 0))
		e.Marker = k.markers > 0
		if k.moves {
			e.Segments = 1
		}
		e.Faults = k.faults(e.Lost > 0)
		digits = append(digits, HeardDigit{Digit: k.digit, Event: &e})
	}
	return digits
}

// faults says what is not as RFC 4733 has it; some of it can be the line's doing where it lost packets.
func (k *pressedKey) faults(lossy bool) (faults []string) {
	say := func(is bool, format string, args ...any) {
		if is {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	say(k.markers == 0 && lossy, "beginning lost")
	say(k.markers == 0 && !lossy, "no marker")
	say(k.markers > 1, "%d markers", k.markers)
	say(k.event.Ends == 0 && lossy, "ends lost")
	say(k.event.Ends == 0 && !lossy, "no end")
	say(k.event.Ends > 0 && k.event.Ends < 3 && !lossy, "%d of 3 ends", k.event.Ends)
	say(k.event.Ends > 3, "%d ends", k.event.Ends)
	say(k.moves, "timestamp moves")
	say(k.shared, "timestamp of the press before")
	say(!k.timed, "no duration")
	say(k.falls, "duration falls")
	say(k.reserved, "reserved bit set")
	return faults
}
