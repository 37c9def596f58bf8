package dtmf

import (
	"encoding/binary"
	"slices"
)

const (
	eventTimeout  = 120 * samplesPerMs        // without an update the key counts as up
	maxSegment    = 0xffff                    // longest duration a packet can tell; RFC 4733 §2.5.1.3
	fullSegment   = maxSegment - longestPtime // least duration of a segment that another follows
	fewPackets    = 3                         // among so many lost ones there were not three ends and a beginning
	shortestPtime = 10 * samplesPerMs         // of the packets of an event
	longestPtime  = 60 * samplesPerMs
	eventsAPacket = 16 // more are not read
	eventHistory  = 32
	recentPackets = 16
)

// EventReceiver makes digits of the packets of RFC 4733 telephone-events. It is
// a value: told the time and a packet, it says what was pressed.
//
// A press is its SSRC, its timestamp and its event; every packet of it tells all
// there is to know, so the first one seen reports it, whichever that is. What
// comes later with the same three never reports again: neither updates nor ends,
// in order or not, once or often, before or after the press counts as over. The
// marker is only a hint: some senders never set it. Timestamps that move along
// with the packets, or stand still over several presses, are understood where nothing
// else can be meant (relation); docs/dtmf.md lists what is.
//
//	packet      | M 160 | 320 | 480 | lost | lost, E | lost, E | lost, E | ...
//	            | digit |     |                                | 120 ms: key up
//	later       | any packet with that timestamp: still the same press
//
// The zero value is ready.
type EventReceiver struct {
	presses [eventHistory]eventPress // a ring; those before newest are older
	newest  int
	latest  int // the one that the newest packet was of
	count   int
	packets [recentPackets]packetID // a ring, next is the oldest
	next    int
}

// packetID is what two copies of a packet have in common. plus is 1, as all else
// may be 0.
type packetID struct {
	ssrc, ts  uint32
	seq, plus uint16
}

// eventPress is a press, or a segment of a long one.
type eventPress struct {
	ssrc  uint32
	ts    uint32 // RTP timestamp of the press or segment
	seq   uint16 // newest sequence number seen
	event byte
	ended bool   // its end bit was seen
	still bool   // its timestamp stands still while the duration grows, as it should
	open  bool   // the key is down as far as we know
	first uint32 // timestamp of the press's first segment
	last  uint32 // newest duration, 1/8000 s
	base  int64  // 1/8000 s of duration in earlier segments
	start int64  // receive clock
	seen  int64  // receive clock of the newest packet
}

// Packet takes in the payload of a packet of the negotiated payload type; at is
// when it came, by the receive clock. It appends a digit to dst for each press
// not seen before. Payloads under 4 bytes are dropped; of longer ones every 4
// bytes are an event, one following the other in time (RFC 4733 §2.5.1.5), at
// most 16 of them. Events from 16 on are no digits. Volume and the reserved bit
// are not looked at.
func (r *EventReceiver) Packet(dst []Digit, at int64, ssrc uint32, seq uint16, ts uint32, marker bool, payload []byte) []Digit {
	n := min(len(payload)/4, eventsAPacket)
	if n == 0 || r.duplicate(packetID{ssrc, ts, seq, 1}) {
		return dst
	}
	total := int64(0)
	for i := range n {
		total += int64(binary.BigEndian.Uint16(payload[4*i+2:]))
	}
	start := at - total
	for i := range n {
		word := binary.BigEndian.Uint32(payload[4*i:])
		if word == 0 && n > 1 {
			continue // padding: some senders put four zero bytes before the event
		}
		p := eventPress{
			ssrc: ssrc, ts: ts, first: ts, seq: seq,
			event: byte(word >> 24), ended: word&0x800000 != 0, open: word&0x800000 == 0, last: word & 0xffff,
			start: start, seen: at,
		}
		if r.take(p, marker && i == 0) {
			d := Digit{Key: keys[p.event], Way: Event, Start: p.start}
			if p.ended {
				d.Length = int64(p.last)
			}
			dst = append(dst, d)
		}
		ts += p.last
		start += int64(p.last)
	}
	return dst
}

// duplicate says whether the packet is one of the newest again.
func (r *EventReceiver) duplicate(id packetID) bool {
	if slices.Contains(r.packets[:], id) {
		return true
	}
	r.packets[r.next] = id
	r.next = (r.next + 1) % recentPackets
	return false
}

// take remembers what a packet tells and says whether it is a new press.
func (r *EventReceiver) take(p eventPress, marker bool) bool {
	if int(p.event) >= len(keys) {
		r.release()
		return false
	}
	if i := r.find(p, marker); i >= 0 {
		r.latest = i
		r.presses[i].update(p)
		return false
	}
	if i := r.kin(p); i >= 0 {
		r.latest = i
		old := &r.presses[i]
		switch relation := old.relation(p, marker); {
		case relation == stranger:
		case i != r.newest:
			if int16(p.seq-r.presses[r.newest].seq) < 0 {
				return false // a straggler: another key was pressed since
			}
		case relation == lateOf:
			return false
		default:
			if relation == segmentOf {
				p.base = old.base + int64(p.ts-old.ts)
			}
			old.open = false
			p.first, p.start = old.first, old.start
			r.add(p)
			return false
		}
	}
	r.release()
	r.add(p)
	return true
}

// back is the place of the press that came i before the newest.
func (r *EventReceiver) back(i int) int { return (r.newest + eventHistory - i) % eventHistory }

// kin gives the place of the newest press of p's key and source, -1 if there is none.
func (r *EventReceiver) kin(p eventPress) int {
	for i := range r.count {
		if old := &r.presses[r.back(i)]; old.ssrc == p.ssrc && old.event == p.event {
			return r.back(i)
		}
	}
	return -1
}

// find gives the place of the press that p is a packet of, -1 if there is none.
func (r *EventReceiver) find(p eventPress, marker bool) int {
	for i := range r.count {
		old := &r.presses[r.back(i)]
		if old.ssrc != p.ssrc || old.ts != p.ts || old.event != p.event {
			continue
		}
		begins := marker || !p.ended
		if i > 0 && begins && old.ended && int16(p.seq-old.seq) > 0 && int16(p.seq-r.presses[r.newest].seq) > 0 {
			return -1 // the timestamp stands still, but other keys were pressed since
		}
		return r.back(i)
	}
	return -1
}

// update takes in another packet of the press.
func (old *eventPress) update(p eventPress) {
	old.seen = max(old.seen, p.seen)
	if newer := int16(p.seq-old.seq) > 0; newer {
		old.seq = p.seq
		old.still = old.still || p.last > old.last
	}
	switch {
	case p.ended:
		old.ended, old.open = true, false
		old.last = max(old.last, p.last)
	case !old.ended:
		if p.last+maxSegment/2 < old.last && old.seq == p.seq {
			old.base += maxSegment + 1 // a sender that lets the duration wrap
			old.last = p.last
		}
		old.last = max(old.last, p.last)
		old.open = true
	}
}

// relation is what a packet with a new timestamp is to a press.
type relation uint8

const (
	stranger  relation = iota
	segmentOf          // its duration is to be added
	updateOf           // its duration is that of the whole press
	lateOf             // it has nothing new
)

// relation says what p, with a timestamp not seen before, is to the press, which is of the same key and source.
func (old *eventPress) relation(p eventPress, marker bool) relation {
	step, gap := p.ts-old.ts, p.seq-old.seq
	near, endAgain := isNear(gap, step), old.ended && p.ended && old.last == p.last
	switch {
	case step == maxSegment && old.last == maxSegment:
		return segmentOf // RFC 4733 §2.5.1.3, to the sample: even if there is a marker, or an end before it
	case (!p.ended || endAgain) && !old.still && isNear(-gap, -step):
		return lateOf // the timestamp moves along, and the first packets came in another order
	case marker:
		return stranger
	case step > 0 && step < old.last && p.last >= old.last:
		return updateOf // it cannot have been pressed while it was down: the timestamp moves along
	case p.ts-old.first < old.ts-old.first && int16(p.seq-old.seq) < 0:
		return lateOf
	case endAgain && near:
		return updateOf // the timestamp moves along
	case old.ended:
		return stranger
	case step == maxSegment && old.last > maxSegment/2:
		return segmentOf // a long event goes on, packets between were lost
	case step >= fullSegment && step < maxSegment && step >= old.last && step-old.last <= eventTimeout && step%shortestPtime == 0:
		return segmentOf // likewise, in segments of whole packets
	case step == old.last && step > 0 && p.last <= step:
		return segmentOf // shorter segments than need be
	case old.still:
		return stranger
	case step == old.last && step > 0:
		return updateOf // the timestamp moves along, from the first packet on
	case p.last > old.last && step == p.last-old.last && p.seen-old.seen < 3*int64(step)/2:
		return updateOf // likewise, and packets between were lost: so much time has passed, not as much again
	case near:
		return updateOf // likewise, whatever the durations: there is no room for an end and a beginning
	}
	return stranger
}

// isNear says that so many packets and samples lie too close for one press to end and another to begin between them.
func isNear(packets uint16, samples uint32) bool {
	return packets > 0 && packets <= fewPackets && samples > 0 && samples <= uint32(packets)*longestPtime
}

func (r *EventReceiver) add(p eventPress) {
	r.newest = (r.newest + 1) % eventHistory
	r.count = min(r.count+1, eventHistory)
	r.presses[r.newest] = p
	r.latest = r.newest
}

// release ends the press that is on, as another event says that it must be over.
func (r *EventReceiver) release() {
	if r.count > 0 {
		r.presses[r.newest].open = false
	}
}

// Tick lets the time pass: a press without an update for 120 ms counts as over,
// as its ends must have been lost. Should more packets of it come, it is on again,
// and still the same press.
func (r *EventReceiver) Tick(at int64) {
	if r.count > 0 && at-r.presses[r.newest].seen >= eventTimeout {
		r.release()
	}
}

// Latest gives the press that the packet was of which Packet had last, with the length it has had so far.
func (r *EventReceiver) Latest() Digit { return r.presses[r.latest].digit() }

// Press gives the newest press with the length it has had so far, and whether the
// key is still down.
func (r *EventReceiver) Press() (d Digit, down bool) {
	if r.count == 0 {
		return Digit{}, false
	}
	p := &r.presses[r.newest]
	return p.digit(), p.open
}

func (p *eventPress) digit() Digit {
	return Digit{Key: keys[p.event], Way: Event, Start: p.start, Length: p.base + int64(p.last)}
}
