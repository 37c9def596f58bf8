package media

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// control is memory for the one control message that a socket of ours gives with
// each packet: when the kernel got it (SO_TIMESTAMPNS).
type control [stampAt + int(unsafe.Sizeof(syscall.Timespec{}))]byte

// stampAt is where the time stands, behind the message's header.
const stampAt = syscall.SizeofCmsghdr

// arrival turns the kernel's time of day into the stream's clock.
type arrival struct {
	real int64 // time of day in ns when mono was read
	mono int64 // ns of the clock
}

// longestWait bounds how old a packet may be said to be: the time of day may be set
// while it waits.
const longestWait = 200e6 // ns

// now reads both clocks.
func (a *arrival) now(c clock) { a.real, a.mono = time.Now().UnixNano(), c.ns() }

// of gives when a packet came, in ns of the clock; that it came just now where the
// kernel does not tell.
func (a *arrival) of(h *syscall.Msghdr) int64 {
	if int(h.Controllen) < len(control{}) {
		return a.mono
	}
	c := (*control)(unsafe.Pointer(h.Control))
	head := (*syscall.Cmsghdr)(unsafe.Pointer(c))
	if head.Level != syscall.SOL_SOCKET || head.Type != unix.SCM_TIMESTAMPNS {
		return a.mono
	}
	t := (*syscall.Timespec)(unsafe.Pointer(&c[stampAt]))
	return a.mono - min(max(a.real-t.Nano(), 0), longestWait)
}
