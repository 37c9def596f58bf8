package media

import "net/netip"

// Latch decides whom to believe: RTP is accepted from one address and sent back
// to it (symmetric RTP), and strangers who guess a port get nothing.
//
//	          first packet of the advertised address,
//	          or of its host or the signalling's
//	 searching ───────────────────────────────────────► locked
//	     │                                              ▲  │ other addresses: dropped
//	     │ several packets in sequence of one stranger, │  │
//	     └──── not before patience is over ─────────────┘  │
//	                                                       │
//	back to the advertised address whenever it sends within its window;
//	to another port of the same host when the source has fallen silent;
//	searching again, once, after an Update
//
// It is a value that is told the time (in ms) and holds no socket. Addresses
// must be unmapped (netip.Addr.Unmap).
type Latch struct {
	advertised netip.AddrPort // by the SDP
	signalling netip.Addr     // where signalling comes from; may be zero
	locked     netip.AddrPort // whom we believe; zero: nobody yet
	since      int64          // ms; when the search began
	heard      int64          // ms; last packet of the locked source
	reopened   bool           // an Update allows one new source although one is locked
	candidate  candidate
}

// candidate is a stranger on its way to be believed.
type candidate struct {
	from   netip.AddrPort
	ssrc   uint32
	seq    uint16 // of its last packet
	run    int    // packets in sequence
	lastAt int64  // ms
}

const (
	latchPatience = 300    // ms the advertised address has before a stranger may be believed
	latchWindow   = 10_000 // ms in which the advertised address may still take over, and an Update's re-latch happen
	latchSilence  = 2_000  // ms without a packet after which the source may have moved
	latchRun      = 4      // packets in sequence that make another host plausible
	latchRunNear  = 3      // the same for another port of a host already believed
	latchGap      = 400    // ms between two packets of a candidate at most
)

// Update says what the signalling advertises now. The source in force stays
// when the advertised address is the same, and is forgotten when it is another.
func (l *Latch) Update(now int64, advertised netip.AddrPort, signalling netip.Addr) {
	if advertised != l.advertised {
		l.locked = netip.AddrPort{}
	}
	l.reopened = l.locked.IsValid()
	l.advertised, l.signalling = advertised, signalling
	l.since, l.candidate = now, candidate{}
}

// Remote is where to send: the source in force, else the advertised address.
func (l *Latch) Remote() netip.AddrPort {
	if l.locked.IsValid() && l.advertised.IsValid() {
		return l.locked
	}
	return l.advertised
}

// Locked is whom we believe; zero while nobody has been believed.
func (l *Latch) Locked() netip.AddrPort { return l.locked }

// Believe says whether a valid RTP packet from an address may be used, and
// whether Remote has changed by it.
func (l *Latch) Believe(now int64, from netip.AddrPort, ssrc uint32, seq uint16) (ok, moved bool) {
	if from == l.locked {
		l.heard = now
		return true, false
	}
	if !l.advertised.IsValid() {
		return false, false // nothing negotiated: nobody is expected
	}
	need := l.needs(now, from)
	if need == 0 {
		return false, false
	}
	if c := &l.candidate; c.from == from && c.ssrc == ssrc && seq == c.seq+1 && now-c.lastAt <= latchGap {
		c.seq, c.lastAt = seq, now
		c.run++
	} else if need == 1 || c.from != l.advertised || now-c.lastAt > latchGap {
		*c = candidate{from, ssrc, seq, 1, now}
	}
	if l.candidate.from != from || l.candidate.run < need {
		return false, false
	}
	before := l.Remote()
	l.locked, l.heard = from, now
	l.reopened, l.candidate = false, candidate{}
	return true, l.Remote() != before
}

// needs is how many packets in sequence make from plausible; 0: it is not.
func (l *Latch) needs(now int64, from netip.AddrPort) int {
	age := now - l.since
	if !l.locked.IsValid() {
		switch {
		case from == l.advertised:
			return 1
		case from.Addr() == l.advertised.Addr() || from.Addr() == l.signalling:
			return 1
		case age >= latchPatience:
			return latchRun
		}
		return 0
	}
	silent := now-l.heard >= latchSilence
	near := from.Addr() == l.locked.Addr() || from.Addr() == l.advertised.Addr() || from.Addr() == l.signalling
	switch {
	case from == l.advertised && (age < latchWindow || silent):
		return 1
	case l.reopened && age < latchWindow && near:
		return latchRunNear
	case l.reopened && age < latchWindow && age >= latchPatience:
		return latchRun
	case silent && near:
		return latchRunNear
	}
	return 0
}
