package media

import (
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// ring is an io_uring: the packets of all streams whose slot is in one phase go
// to the kernel in one system call, and those that wait in their sockets come
// in one. Nothing in it waits: the sockets are non-blocking, so an operation is
// over when its submission returns. Measured, paced, over loopback, 400 calls:
// 6.4 us a packet sent against 8.8 with sendto, 6.9 against 11 for both ways.
//
// Everything happens under the shard's lock, under which sockets are closed
// too: a number in a submission is always its stream's.
type ring struct {
	fd          int
	sq, cq, sqe []byte // shared with the kernel
	sqTail      *uint32
	sqMask      uint32
	cqHead      *uint32
	cqTail      *uint32
	cqMask      uint32
	completions []completion
	submissions []submission
	queued      uint32
	slots       [ringSize]ringSlot
}

// ringSize is how many operations one system call takes.
const ringSize = 256

// ringSlot is the memory of one operation until it is over.
type ringSlot struct {
	st      *Stream
	to      target
	vector  syscall.Iovec
	header  syscall.Msghdr
	control control
	data    [maxPacket]byte
}

// submission is the kernel's struct io_uring_sqe, as far as it is used here.
type submission struct {
	opcode   uint8
	flags    uint8
	priority uint16
	fd       int32
	addr2    uint64 // of the socket address
	addr     uint64
	len      uint32
	msgFlags uint32
	userData uint64 // index of the slot
	_        uint32
	addrLen  uint16 // of the socket address
	_        uint16
	_        [2]uint64
}

// completion is struct io_uring_cqe.
type completion struct {
	userData uint64
	result   int32
	_        uint32
}

// ringParams is struct io_uring_params.
type ringParams struct {
	sqEntries, cqEntries, flags, cpu, idle, features, wq uint32
	_                                                    [3]uint32
	sq                                                   struct{ head, tail, mask, entries, flags, dropped, array, _ uint32 }
	sqUser                                               uint64
	cq                                                   struct{ head, tail, mask, entries, overflow, cqes, flags, _ uint32 }
	cqUser                                               uint64
}

const (
	sysSetup = 425 // io_uring_setup and io_uring_enter, on all architectures
	sysEnter = 426

	opRecvMsg = 10
	opSend    = 26

	mapSubmissionRing = 0
	mapCompletionRing = 0x8000000
	mapSubmissions    = 0x10000000

	enterGetEvents = 1
)

// newRing gives a ring, or says why there is none: an old kernel, a sandbox.
func newRing() (*ring, error) {
	var p ringParams
	fd, _, errno := syscall.Syscall(sysSetup, ringSize, uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, fmt.Errorf("io_uring: %w", errno)
	}
	r := &ring{fd: int(fd)}
	if err := r.mapMemory(&p); err != nil {
		r.close()
		return nil, fmt.Errorf("io_uring: %w", err)
	}
	for i := range r.slots {
		s := &r.slots[i]
		s.vector.Base = &s.data[0]
		s.vector.SetLen(maxPacket)
		s.header.Name, s.header.Iov, s.header.Iovlen, s.header.Control = &s.to.raw[0], &s.vector, 1, &s.control[0]
	}
	if err := r.try(); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *ring) mapMemory(p *ringParams) (err error) {
	get := func(offset int64, size uint32) []byte {
		if err != nil {
			return nil
		}
		var b []byte
		b, err = syscall.Mmap(r.fd, offset, int(size), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED|syscall.MAP_POPULATE)
		return b
	}
	r.sq = get(mapSubmissionRing, p.sq.array+4*p.sqEntries)
	r.cq = get(mapCompletionRing, p.cq.cqes+p.cqEntries*uint32(unsafe.Sizeof(completion{})))
	r.sqe = get(mapSubmissions, p.sqEntries*uint32(unsafe.Sizeof(submission{})))
	if err != nil {
		return err
	}
	word := func(b []byte, at uint32) *uint32 { return (*uint32)(unsafe.Pointer(&b[at])) }
	order := unsafe.Slice(word(r.sq, p.sq.array), p.sqEntries)
	for i := range order {
		order[i] = uint32(i)
	}
	r.sqTail, r.sqMask = word(r.sq, p.sq.tail), *word(r.sq, p.sq.mask)
	r.cqHead, r.cqTail, r.cqMask = word(r.cq, p.cq.head), word(r.cq, p.cq.tail), *word(r.cq, p.cq.mask)
	r.completions = unsafe.Slice((*completion)(unsafe.Pointer(&r.cq[p.cq.cqes])), p.cqEntries)
	r.submissions = unsafe.Slice((*submission)(unsafe.Pointer(&r.sqe[0])), p.sqEntries)
	return nil
}

func (r *ring) close() {
	for _, b := range [][]byte{r.sq, r.cq, r.sqe} {
		if b != nil {
			_ = syscall.Munmap(b)
		}
	}
	syscall.Close(r.fd)
}

// try sends a packet to itself: kernels before 6.0 know the operation, but not
// its address.
func (r *ring) try() error {
	local := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	fd, err := bind(local, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return err
	}
	own, _ := name.(*syscall.SockaddrInet4)
	if own == nil {
		return errors.New("io_uring: no address")
	}
	to := makeTarget(local, netip.AddrPortFrom(local, uint16(own.Port)))
	for _, queue := range []func(){func() { r.send(nil, fd, []byte("try"), &to) }, func() { r.receive(nil, fd) }} {
		queue()
		if err := r.submit(); err != nil {
			return err
		}
		result := int32(0)
		for c := r.next(); c != nil; c = r.next() {
			result = c.result
		}
		if result != 3 {
			return fmt.Errorf("io_uring: %w", syscall.Errno(-result))
		}
	}
	return nil
}

// full says that submit is due.
func (r *ring) full() bool { return r.queued == ringSize }

// slot gives the memory of the next operation and its submission.
func (r *ring) slot(fd int) (*ringSlot, *submission) {
	slot := &r.slots[r.queued]
	s := &r.submissions[(*r.sqTail+r.queued)&r.sqMask]
	*s = submission{fd: int32(fd), msgFlags: syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL, userData: uint64(r.queued)}
	r.queued++
	return slot, s
}

// send queues a packet; it is copied. The ring must not be full.
func (r *ring) send(st *Stream, fd int, packet []byte, to *target) {
	slot, s := r.slot(fd)
	slot.st, slot.to = st, *to
	s.opcode = opSend
	s.addr, s.len = uint64(uintptr(unsafe.Pointer(&slot.data))), uint32(copy(slot.data[:], packet))
	s.addr2, s.addrLen = uint64(uintptr(unsafe.Pointer(&slot.to.raw))), uint16(slot.to.len)
}

// receive queues the reading of a packet. The ring must not be full.
func (r *ring) receive(st *Stream, fd int) {
	slot, s := r.slot(fd)
	slot.st = st
	slot.header.Namelen = syscall.SizeofSockaddrInet6
	slot.header.SetControllen(len(slot.control))
	slot.header.Flags = 0
	s.opcode = opRecvMsg
	s.addr, s.len = uint64(uintptr(unsafe.Pointer(&slot.header))), 1
}

// submit hands the kernel what is queued and returns when all of it is done;
// next then gives each result.
func (r *ring) submit() error {
	n := r.queued
	r.queued = 0
	atomic.StoreUint32(r.sqTail, *r.sqTail+n)
	for submitted := uint32(0); ; {
		got, _, errno := syscall.Syscall6(sysEnter, uintptr(r.fd), uintptr(n-submitted), uintptr(n), enterGetEvents, 0, 0)
		if errno == 0 {
			submitted += uint32(got)
		}
		switch {
		case submitted == n && atomic.LoadUint32(r.cqTail)-*r.cqHead >= n:
			return nil
		case errno != 0 && errno != syscall.EINTR && errno != syscall.EAGAIN && errno != syscall.EBUSY:
			return fmt.Errorf("io_uring: %w", errno)
		}
	}
}

// next gives the result of an operation; nil when all have been given.
func (r *ring) next() *completion {
	head := *r.cqHead
	if head == atomic.LoadUint32(r.cqTail) {
		return nil
	}
	c := &r.completions[head&r.cqMask]
	atomic.StoreUint32(r.cqHead, head+1)
	return c
}
