package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	batch      = 32   // packets taken from a socket in one look: the budget of each stream
	maxPacket  = 1600 // bytes; no packet that is ours is longer than an Ethernet frame
	pollEvents = 64
	ringWorth  = 4  // streams in a phase from which on the ring is worth its system call
	lookEvery  = 16 // slots after which a stream is drained, whatever came before
)

// poller reads the sockets of a shard. A stream's RTP is read in its slot, just
// before it is used: a steady line brings one packet a slot, so one is taken, those
// of all streams of the phase in one system call. What comes in a bunch follows an
// empty slot; then, and now and then in any case, a batch is taken at once. So
// packets cost no wake-ups, no socket is asked in vain, and a flood on one port
// leaves the others their time. When a packet came is known from the kernel, not
// from when it was read.
//
// RTCP comes seldom: its sockets are in an epoll set, which is asked each 20 ms.
type poller struct {
	fd      int
	ring    *ring // nil: the kernel has none for us
	events  [pollEvents]syscall.EpollEvent
	data    [batch][maxPacket]byte
	from    [batch][syscall.SizeofSockaddrInet6]byte
	control [batch]control
	vector  [batch]syscall.Iovec
	msgs    [batch]message
	arrival arrival
}

// message is the kernel's struct mmsghdr.
type message struct {
	header syscall.Msghdr
	n      uint32
}

func newPoller() (*poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("media: epoll: %w", err)
	}
	p := &poller{fd: fd}
	for i := range p.msgs {
		p.vector[i] = syscall.Iovec{Base: &p.data[i][0]}
		p.vector[i].SetLen(maxPacket)
		h := &p.msgs[i].header
		h.Name, h.Iov, h.Iovlen, h.Control = &p.from[i][0], &p.vector[i], 1, &p.control[i][0]
	}
	return p, nil
}

// useRing has packets go many at a time, where the kernel allows it.
func (p *poller) useRing() (err error) {
	p.ring, err = newRing()
	return err
}

func (p *poller) close() {
	syscall.Close(p.fd)
	if p.ring != nil {
		p.ring.close()
	}
}

// add watches the RTCP socket, until it is closed.
func (p *poller) add(st *Stream) error {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(st.index)}
	if err := syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_ADD, st.sockets.rtcp, &event); err != nil {
		return fmt.Errorf("media: epoll: %w", err)
	}
	return nil
}

// adopt watches the RTCP socket of a stream that another poller has watched so far.
func (p *poller) adopt(st *Stream, from *poller) error {
	if err := syscall.EpollCtl(from.fd, syscall.EPOLL_CTL_DEL, st.sockets.rtcp, nil); err != nil {
		return fmt.Errorf("media: epoll: %w", err)
	}
	return p.add(st)
}

// receive takes what has come for the streams whose slot it is. The shard's lock
// is held.
func (p *poller) receive(s *Scheduler, due []*Stream) {
	p.arrival.now(s.streams.clock)
	byRing := p.ring != nil && len(due) >= ringWorth
	for _, st := range due {
		st.looks++
		if !byRing || !st.steady || st.looks%lookEvery == 0 {
			st.steady = p.drain(st, st.sockets.rtp, false, &s.space) == 1
			continue
		}
		if p.ring.full() {
			p.taken(s)
			if byRing = p.ring != nil; !byRing {
				continue
			}
		}
		p.ring.receive(st, st.sockets.rtp)
	}
	if byRing {
		p.taken(s)
	}
}

// taken has the ring read, and gives the streams what they got.
func (p *poller) taken(s *Scheduler) {
	if p.ring.queued == 0 {
		return
	}
	err := p.ring.submit()
	for c := p.ring.next(); c != nil; c = p.ring.next() {
		slot := &p.ring.slots[c.userData]
		st := slot.st
		slot.st = nil
		st.steady = c.result >= 0
		switch {
		case c.result >= 0:
			st.mu.Lock()
			p.take(st, false, p.arrival.of(&slot.header), &slot.to.raw, slot.data[:c.result], int(slot.header.Flags), &s.space)
			st.mu.Unlock()
		case c.result != -int32(syscall.EAGAIN):
			p.failed(st, st.sockets.rtp)
		}
	}
	p.ringFailed(s, err)
}

// reports takes the RTCP that has come. The shard's lock is held.
func (p *poller) reports(s *Scheduler) {
	p.arrival.now(s.streams.clock)
	for range 2 + s.count.Load()/pollEvents {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events)), pollEvents, 0, 0, 0)
		if errno != 0 {
			return
		}
		for i := range int(n) {
			if st := s.table[p.events[i].Fd]; st != nil {
				p.drain(st, st.sockets.rtcp, true, &s.space)
			}
		}
		if n < pollEvents {
			return
		}
	}
}

// take gives a packet to the stream, whose lock is held.
func (p *poller) take(st *Stream, rtcp bool, ns int64, from *[syscall.SizeofSockaddrInet6]byte, b []byte, flags int, w *workspace) {
	switch {
	case st.closed:
	case flags&syscall.MSG_TRUNC != 0:
		st.drop(DropLong, w)
	case rtcp:
		st.arriveReport(ns, addrPort(from), b, w)
	default:
		st.arrive(ns, addrPort(from), b, w)
	}
}

// drain takes at most a batch from one socket, and says how many packets it was.
func (p *poller) drain(st *Stream, fd int, rtcp bool, w *workspace) int {
	msgs, errno := p.read(fd)
	if errno != 0 && errno != syscall.EAGAIN {
		p.failed(st, fd)
		msgs, errno = p.read(fd) // what waits behind the error: the next packet sent may bring another one
	}
	if errno != 0 {
		return 0
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for i := range msgs {
		m := &msgs[i]
		p.take(st, rtcp, p.arrival.of(&m.header), &p.from[i], p.data[i][:m.n], int(m.header.Flags), w)
	}
	return len(msgs)
}

// read gives the packets that wait in a socket.
func (p *poller) read(fd int) ([]message, syscall.Errno) {
	for i := range p.msgs {
		p.msgs[i].header.Namelen = syscall.SizeofSockaddrInet6
		p.msgs[i].header.SetControllen(len(control{}))
	}
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&p.msgs)), batch, syscall.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return nil, errno
	}
	return p.msgs[:n], 0
}

// failed deals with a socket that gives an error in place of a packet: the
// network's word that something sent from it could not be delivered.
func (p *poller) failed(st *Stream, fd int) {
	if unreachable := p.drainErrors(fd); unreachable && fd == st.sockets.rtp {
		st.mu.Lock()
		st.absence.refused(p.arrival.mono / 1e6)
		st.mu.Unlock()
	}
}

// drainErrors empties the socket's queue of ICMP errors, up to a bound, and
// says whether one of them means that nobody is there.
func (p *poller) drainErrors(fd int) (unreachable bool) {
	var control [256]byte
	for range batch {
		_, n, _, _, err := unix.Recvmsg(fd, p.data[0][:], control[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if err != nil {
			return unreachable
		}
		parts, err := unix.ParseSocketControlMessage(control[:n])
		if err != nil {
			continue
		}
		for _, part := range parts {
			unreachable = unreachable || isUnreachable(part)
		}
	}
	return unreachable
}

// isUnreachable reads a control message: struct sock_extended_err, first the errno.
func isUnreachable(m unix.SocketControlMessage) bool {
	ip := m.Header.Level == unix.SOL_IP && m.Header.Type == unix.IP_RECVERR || m.Header.Level == unix.SOL_IPV6 && m.Header.Type == unix.IPV6_RECVERR
	if !ip || len(m.Data) < 4 {
		return false
	}
	switch syscall.Errno(binary.NativeEndian.Uint32(m.Data)) {
	case syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH:
		return true
	}
	return false
}

func interfaceIndex(name string) (int, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return 0, err
	}
	return i.Index, nil
}

// RaiseFileLimit lets the process open as many files as the system allows it,
// and gives that number: a call needs two.
func RaiseFileLimit() (uint64, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("limit of open files: %w", err)
	}
	raised := syscall.Rlimit{Cur: limit.Max, Max: limit.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised); err != nil {
		return limit.Cur, errors.Join(errors.New("limit of open files stays"), err)
	}
	return limit.Max, nil
}
