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
	pollEvents = 256
)

// poller is the sockets of a shard in an epoll set, and the memory to read
// them. Nobody waits in it: the shard asks every 5 ms which have something and
// takes at most a batch from each, in one system call. So many packets cost
// few wake-ups, and a flood on one port leaves the others their time.
type poller struct {
	fd     int
	ring   *ring // nil: the kernel has none for us
	events [pollEvents]syscall.EpollEvent
	data   [batch][maxPacket]byte
	from   [batch][syscall.SizeofSockaddrInet6]byte
	vector [batch]syscall.Iovec
	msgs   [batch]message
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
		h.Name, h.Iov, h.Iovlen = &p.from[i][0], &p.vector[i], 1
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

// add watches both sockets, until they are closed; an event's Pad says which it
// is of.
func (p *poller) add(st *Stream) error {
	for i, fd := range []int{st.sockets.rtp, st.sockets.rtcp} {
		event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(st.index), Pad: int32(i)}
		if err := syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_ADD, fd, &event); err != nil {
			return fmt.Errorf("media: epoll: %w", err)
		}
	}
	return nil
}

// poll takes what has come. The shard's lock is held.
func (p *poller) poll(s *Scheduler) {
	byRing := p.ring != nil
	for range 3 + 2*s.count/pollEvents {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events)), pollEvents, 0, 0, 0)
		if errno != 0 || n == 0 {
			return
		}
		ns := s.streams.clock.ns()
		if byRing && n >= ringWorth {
			// One packet from each; sockets that hold more show up again.
			p.takeOne(s, p.events[:n], ns)
			byRing = n == pollEvents && p.ring != nil
			continue
		}
		for i := range int(n) {
			e := &p.events[i]
			if st := s.table[e.Fd]; st != nil {
				p.drain(st, e.Pad == 1, e.Events, ns, &s.space)
			}
		}
		if n < pollEvents {
			return
		}
	}
}

// ringWorth is from how many sockets on the ring is worth the second look.
const ringWorth = 4

// takeOne takes a packet from each of the sockets, all in one system call.
func (p *poller) takeOne(s *Scheduler, events []syscall.EpollEvent, ns int64) {
	for i := range events {
		e := &events[i]
		if st := s.table[e.Fd]; st != nil && e.Events == syscall.EPOLLIN {
			fd := st.sockets.rtp
			if e.Pad == 1 {
				fd = st.sockets.rtcp
			}
			p.ring.receive(st, fd, e.Pad == 1)
		}
	}
	err := p.ring.submit()
	for c := p.ring.next(); c != nil; c = p.ring.next() {
		if c.result >= 0 {
			slot := &p.ring.slots[c.userData]
			slot.st.mu.Lock()
			p.take(slot.st, slot.rtcp, ns, &slot.to.raw, slot.data[:c.result], int(slot.header.Flags), &s.space)
			slot.st.mu.Unlock()
		}
	}
	p.ringFailed(s, err)
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

// drain takes at most a batch from one socket.
func (p *poller) drain(st *Stream, rtcp bool, events uint32, ns int64, w *workspace) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return
	}
	fd := st.sockets.rtp
	if rtcp {
		fd = st.sockets.rtcp
	}
	if events&syscall.EPOLLERR != 0 && p.drainErrors(fd) && !rtcp {
		st.absence.refused(ns / 1e6)
	}
	if events&syscall.EPOLLIN == 0 {
		return
	}
	for i, m := range p.receive(fd) {
		p.take(st, rtcp, ns, &p.from[i], p.data[i][:m.n], int(m.header.Flags), w)
	}
}

// receive gives the messages that were waiting.
func (p *poller) receive(fd int) []message {
	for i := range p.msgs {
		p.msgs[i].header.Namelen = syscall.SizeofSockaddrInet6
	}
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&p.msgs)), batch, syscall.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return nil
	}
	return p.msgs[:n]
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
		if n < syscall.SizeofCmsghdr+4 {
			continue
		}
		// The control message is struct sock_extended_err: first the errno.
		switch syscall.Errno(binary.NativeEndian.Uint32(control[syscall.SizeofCmsghdr:])) {
		case syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH:
			unreachable = true
		}
	}
	return unreachable
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
