package media

// reception follows one SSRC of the far end (RFC 3550 A.1, A.3, A.8): which
// packets are new, how many were lost, how evenly they come.
type reception struct {
	ssrc          uint32
	known         bool
	maxSeq        uint16
	cycles        uint32 // sequence number wraps, in the upper 16 bits
	base          uint32 // extended sequence number of the first packet
	after         uint16 // the number that would confirm a jump
	jumped        bool   // after is set
	seen          uint64 // bit i: maxSeq-i has come
	received      uint32
	lostBefore    int64 // lost before the sequence began anew
	expectedPrior uint32
	receivedPrior uint32
	transit       int64 // arrival less timestamp of the last packet, in samples
	timed         bool  // transit is set
	jitter        int64 // in 1/16 sample
}

const (
	maxDropout  = 3000 // RFC 3550 A.1: a larger step forward is a jump
	maxMisorder = 100  // a packet older than this is a jump too
)

func (r *reception) start(ssrc uint32, seq uint16) {
	*r = reception{ssrc: ssrc, known: true, maxSeq: seq, base: uint32(seq), seen: 1, received: 1}
}

// packet takes in a sequence number.
func (r *reception) packet(seq uint16) Drop {
	step := seq - r.maxSeq
	switch {
	case step == 0:
		return DropDuplicate
	case step < maxDropout:
		if seq < r.maxSeq {
			r.cycles += 1 << 16
		}
		r.maxSeq = seq
		r.seen = r.seen<<step | 1
	case step <= 65535-maxMisorder:
		if !r.jumped || seq != r.after {
			r.jumped, r.after = true, seq+1
			return DropSequence
		}
		lost := r.lost() // two in sequence: the far end began anew
		transit, timed, jitter := r.transit, r.timed, r.jitter
		r.start(r.ssrc, seq)
		r.lostBefore, r.transit, r.timed, r.jitter = lost, transit, timed, jitter
		return keep
	default:
		back := -step
		if back >= 64 || r.seen>>back&1 == 1 {
			return DropDuplicate
		}
		r.seen |= 1 << back
		if first := r.extended() - uint32(back); first < r.base {
			r.base = first // it was sent before the first that came
		}
	}
	r.jumped = false
	r.received++
	return keep
}

// extended is the highest sequence number with its wraps.
func (r *reception) extended() uint32 { return r.cycles | uint32(r.maxSeq) }

func (r *reception) expected() uint32 { return r.extended() - r.base + 1 }

// lost is how many packets are missing so far.
func (r *reception) lost() int64 {
	if !r.known {
		return 0
	}
	return r.lostBefore + int64(r.expected()) - int64(r.received)
}

// arrived takes in when a packet came, in samples of the receive clock (A.8).
func (r *reception) arrived(at int64, timestamp uint32) {
	transit := at - int64(timestamp)
	d := int64(int32(transit - r.transit)) // timestamps wrap
	r.transit = transit
	if !r.timed {
		r.timed = true
		return
	}
	d = min(max(d, -d), 8000) // one jump must not spoil the estimate for long
	r.jitter += d - (r.jitter+8)>>4
}

// fractionLost is the share lost since the last call, in 1/256 (A.3).
func (r *reception) fractionLost() uint8 {
	expected := r.expected() - r.expectedPrior
	received := r.received - r.receivedPrior
	r.expectedPrior, r.receivedPrior = r.expected(), r.received
	lost := int64(expected) - int64(received)
	if expected == 0 || expected > 1<<31 || lost <= 0 {
		return 0
	}
	return uint8(min(lost<<8/int64(expected), 255))
}

// sources are the SSRCs of the far end: the newest, and one before it, as some
// send events under one of their own. A further one must come twice in sequence
// before it is believed, and then takes the place of the older.
type sources struct {
	newest, older reception
	next          reception // on probation: only ssrc, maxSeq and known are used
	lostBefore    int64     // lost by those that were forgotten
}

// accept says whether the packet is to be used, and what follows its source.
func (s *sources) accept(ssrc uint32, seq uint16) (*reception, Drop) {
	switch {
	case s.newest.known && ssrc == s.newest.ssrc:
		return &s.newest, s.newest.packet(seq)
	case s.older.known && ssrc == s.older.ssrc:
		return &s.older, s.older.packet(seq)
	case s.newest.known:
		if !s.next.known || s.next.ssrc != ssrc || seq != s.next.maxSeq+1 {
			s.next = reception{known: true, ssrc: ssrc, maxSeq: seq}
			return nil, DropSSRC
		}
		s.lostBefore += s.older.lost()
		s.older, s.next = s.newest, reception{}
	}
	s.newest.start(ssrc, seq)
	return &s.newest, keep
}

// lost is how many packets are missing, of all sources so far.
func (s *sources) lost() int64 { return s.lostBefore + s.older.lost() + s.newest.lost() }
