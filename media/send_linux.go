package media

import "syscall"

// sendPacket sends an RTP packet, or with a ring queues it until flush.
func sendPacket(st *Stream, packet []byte, to *target) {
	p := st.shard.poller
	if p.ring == nil {
		sent(st, sendTo(st.sockets.rtp, packet, to))
		return
	}
	if p.ring.full() {
		p.flush(st.shard)
		if p.ring == nil {
			sent(st, sendTo(st.sockets.rtp, packet, to))
			return
		}
	}
	p.ring.send(st, st.sockets.rtp, packet, to)
}

// sent counts a packet by what the kernel said.
func sent(st *Stream, errno syscall.Errno) {
	w := &st.shard.space
	switch errno {
	case 0:
		w.sent++
	case syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH:
		// Not this packet's fault: the kernel tells of an ICMP message that
		// came since the last one. It was not sent.
		w.unsent++
		st.absence.refused(st.shard.last)
	default:
		w.unsent++
	}
}

// flush hands the kernel what a Tick has queued. The shard's lock is held.
func (p *poller) flush(s *Scheduler) {
	if p.ring == nil || p.ring.queued == 0 {
		return
	}
	err := p.ring.submit()
	for c := p.ring.next(); c != nil; c = p.ring.next() {
		errno := syscall.Errno(0)
		if c.result < 0 {
			errno = syscall.Errno(-c.result)
		}
		slot := &p.ring.slots[c.userData]
		sent(slot.st, errno)
		slot.st = nil
	}
	p.ringFailed(s, err)
}

// ringFailed goes on without the ring if there is an error.
func (p *poller) ringFailed(s *Scheduler, err error) {
	if err != nil {
		s.streams.log.Warn("sending and receiving packets one by one from now on", "reason", err)
		p.ring.close()
		p.ring = nil
	}
}

// sendReport sends an RTCP packet. It may run outside the shard's thread.
func sendReport(st *Stream, packet []byte, to *target) {
	fd := st.sockets.rtcp
	if st.params.RTCPMux {
		fd = st.sockets.rtp
	}
	_ = sendTo(fd, packet, to) // a report that is lost is followed by the next
}
