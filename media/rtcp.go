package media

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"time"
)

// RTCP packet types (RFC 3550 §12.1).
const (
	rtcpSender   = 200
	rtcpReceiver = 201
	rtcpSource   = 202
	rtcpBye      = 203
)

const (
	reportEvery = 5000 // ms, on average (RFC 3550 §6.2)
	maxReport   = 256  // bytes of a report of ours: two blocks and the name fit, and encryption
)

// reporter is what a stream remembers of RTCP, both ways.
type reporter struct {
	next     int64 // ms; when to report
	to       target
	toAddr   netip.AddrPort
	reported uint32 // packets sent when the last report left: has anything been sent since?
	sent     uint32 // packets sent when a report comes

	lastSender   uint32 // middle 32 bits of the NTP time in the last sender report (LSR)
	lastSenderOf uint32 // the SSRC whose report that was
	lastSenderAt int64  // ns; when it came
	told         bool   // the far end has said how our packets arrive; what follows is that
	toldOf       uint32 // packets that we had sent then
	remoteLost   int64
	remoteJitter uint32 // samples
	roundTrip    time.Duration
}

// aim says where reports go: to what was advertised, or, when RTP has shown
// that the far end is elsewhere, beside that.
func (p *reporter) aim(params Params, rtp netip.AddrPort, local netip.Addr) {
	switch {
	case !rtp.IsValid():
		p.toAddr = netip.AddrPort{}
	case params.RTCPMux:
		p.toAddr = rtp
	case rtp == params.Remote && params.RemoteRTCP.IsValid():
		p.toAddr = params.RemoteRTCP
	case rtp.Port() == 65535:
		p.toAddr = netip.AddrPort{}
	default:
		p.toAddr = netip.AddrPortFrom(rtp.Addr(), rtp.Port()+1)
	}
	p.to = makeTarget(local, p.toAddr)
}

// nextReport is when the report after now is due: randomised as RFC 3550 §6.2
// asks, so that the streams of a busy server do not report together.
func nextReport(now, every int64) int64 { return now + every/2 + rand.Int64N(every) }

// sendReport tells the far end how we fare. The first report comes after half the time
// (§6.2), not in the first slot, when there is nothing to tell.
func (st *Stream) sendReport(now int64, w *workspace) {
	if st.report.next == 0 {
		st.report.next = nextReport(now, reportEvery/2)
		return
	}
	st.report.next = nextReport(now, reportEvery)
	if !st.params.Send && !st.params.Receive || st.givenUp() {
		return
	}
	st.sendRTCP(st.appendReport(w.report[:0]))
}

func (st *Stream) sendRTCP(packet []byte) {
	if st.cipher != nil {
		packet = st.cipher.sealReport(packet)
	}
	if st.report.to.valid() && packet != nil {
		st.shard.report(st, packet, &st.report.to)
	}
}

// bye ends the session (RFC 3550 §6.6); st.mu is held.
func (st *Stream) bye() {
	if st.sender.packets == 0 || st.givenUp() {
		return
	}
	b := st.appendReport(make([]byte, 0, maxReport))
	b = append(b, 2<<6|1, rtcpBye, 0, 1)
	b = binary.BigEndian.AppendUint32(b, st.ssrc)
	st.sendRTCP(b)
}

// appendReport appends SR or RR with a block for each source heard since the
// last one, and SDES with the name.
func (st *Stream) appendReport(b []byte) []byte {
	p, s := &st.report, &st.sender
	kind, length := byte(rtcpReceiver), 1
	sent := s.packets != p.reported
	if sent {
		kind, length = rtcpSender, 6
	}
	p.reported = s.packets
	start := len(b)
	b = append(b, 2<<6, kind, 0, 0)
	b = binary.BigEndian.AppendUint32(b, st.ssrc)
	ns := st.streams.clock.ns()
	if sent {
		b = binary.BigEndian.AppendUint64(b, ntp(st.streams.clock.wall(ns)))
		b = binary.BigEndian.AppendUint32(b, s.timestamp)
		b = binary.BigEndian.AppendUint32(b, s.packets)
		b = binary.BigEndian.AppendUint32(b, s.octets)
	}
	r := &st.receiver.sources
	for _, source := range []*reception{&r.newest, &r.older} {
		if !source.known || source.received == source.receivedPrior && source.expected() == source.expectedPrior {
			continue
		}
		b[start]++ // report count
		length += 6
		b = p.appendBlock(b, source, ns)
	}
	binary.BigEndian.PutUint16(b[start+2:], uint16(length))
	return appendName(b, st.ssrc, st.streams.name)
}

// appendBlock appends a report block (§6.4.1).
func (p *reporter) appendBlock(b []byte, r *reception, ns int64) []byte {
	lost := min(max(r.lost(), -1<<23), 1<<23-1)
	b = binary.BigEndian.AppendUint32(b, r.ssrc)
	b = binary.BigEndian.AppendUint32(b, uint32(r.fractionLost())<<24|uint32(lost)&0xffffff)
	b = binary.BigEndian.AppendUint32(b, r.extended())
	b = binary.BigEndian.AppendUint32(b, uint32(r.jitter>>4))
	last, delay := uint32(0), uint32(0)
	if p.lastSender != 0 && p.lastSenderOf == r.ssrc {
		last, delay = p.lastSender, uint32(min((ns-p.lastSenderAt)*65536/1e9, 1<<32-1))
	}
	b = binary.BigEndian.AppendUint32(b, last)
	return binary.BigEndian.AppendUint32(b, delay)
}

// appendName appends SDES with the CNAME (§6.5.1).
func appendName(b []byte, ssrc uint32, name string) []byte {
	start := len(b)
	b = append(b, 2<<6|1, rtcpSource, 0, 0)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = append(b, 1, byte(len(name)))
	b = append(b, name...)
	b = append(b, 0) // end of the items
	for (len(b)-start)%4 != 0 {
		b = append(b, 0)
	}
	binary.BigEndian.PutUint16(b[start+2:], uint16((len(b)-start)/4-1))
	return b
}

// ntp is a wall time as RFC 3550 §4 has it: seconds since 1900, and 1/2^32 s.
func ntp(t time.Time) uint64 {
	const since1900 = 2208988800
	return uint64(t.Unix()+since1900)<<32 | uint64(t.Nanosecond())<<32/1e9
}

// arriveReport takes in a packet from the RTCP port.
func (st *Stream) arriveReport(ns int64, from netip.AddrPort, b []byte, w *workspace) {
	// Who may report is who may send: the host we believe, or the one advertised.
	if host := st.receiver.latch.Remote().Addr(); from.Addr() != host {
		st.drop(DropRTCP, w)
		return
	}
	if st.cipher != nil {
		opened, ok := st.cipher.openReport(b)
		if !ok {
			st.drop(DropSRTP, w)
			return
		}
		b = opened
	}
	p := &st.report
	p.sent = st.sender.packets
	if !p.parse(b, st.ssrc, ns, st.streams.clock) {
		st.drop(DropRTCP, w)
	}
}

// parse reads a compound packet (§6.1). It believes no length further than the
// bytes that came. A BYE changes nothing: signalling ends calls. Extended reports
// (RFC 3611), feedback and what else there may be are passed over.
func (p *reporter) parse(b []byte, ssrc uint32, ns int64, c clock) bool {
	if len(b) < 8 || len(b)%4 != 0 || b[1] != rtcpSender && b[1] != rtcpReceiver {
		return false
	}
	for len(b) >= 4 {
		size := 4 * (1 + int(binary.BigEndian.Uint16(b[2:])))
		if b[0]>>6 != 2 || size > len(b) {
			return false
		}
		p.part(b[:size], ssrc, ns, c)
		b = b[size:]
	}
	return true
}

// part reads one packet of a compound.
func (p *reporter) part(b []byte, ssrc uint32, ns int64, c clock) {
	blocks := 8
	switch b[1] {
	case rtcpSender:
		blocks = 28
		if len(b) >= blocks {
			p.lastSender = uint32(binary.BigEndian.Uint64(b[8:]) >> 16)
			p.lastSenderOf = binary.BigEndian.Uint32(b[4:])
			p.lastSenderAt = ns
		}
	case rtcpReceiver:
	default:
		return
	}
	for i := range int(b[0] & 0x1f) {
		at := blocks + 24*i
		if at+24 > len(b) {
			return
		}
		if block := b[at : at+24]; binary.BigEndian.Uint32(block) == ssrc {
			p.block(block, ns, c)
		}
	}
}

// block reads what the far end says of our packets.
func (p *reporter) block(b []byte, ns int64, c clock) {
	p.told, p.toldOf = true, p.sent
	p.remoteLost = int64(int32(binary.BigEndian.Uint32(b[4:])<<8) >> 8)
	p.remoteJitter = min(binary.BigEndian.Uint32(b[12:]), 8000*60)
	lsr, dlsr := binary.BigEndian.Uint32(b[16:]), binary.BigEndian.Uint32(b[20:])
	if lsr == 0 {
		return
	}
	now := uint32(ntp(c.wall(ns)) >> 16)
	trip := int32(now - lsr - dlsr) // §6.4.1, figure 2
	if trip < 0 || trip > 10<<16 {
		return // absurd: clocks were set, or it is a lie
	}
	p.roundTrip = time.Duration(trip) * time.Second / 65536
}

func (p *reporter) stats(s *StreamStats) {
	s.Told, s.ToldOf = p.told, uint64(p.toldOf)
	s.RemoteLost, s.RemoteJitter, s.RoundTrip = p.remoteLost, samples(int64(p.remoteJitter)), p.roundTrip
}

// samples is how long n samples last.
func samples(n int64) time.Duration { return time.Duration(n) * time.Second / 8000 }
