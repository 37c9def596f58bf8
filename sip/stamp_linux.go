package sip

import (
	"net"
	"net/netip"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stampedConn is a UDP socket that also tells when the kernel had each datagram.
type stampedConn struct {
	*net.UDPConn
	control stamp // of the one reader
}

// stamp is memory for the control message that comes with each datagram (SO_TIMESTAMPNS, socket(7)).
type stamp [stampAt + int(unsafe.Sizeof(syscall.Timespec{}))]byte

// stampAt is where the time stands, behind the message's header.
const stampAt = syscall.SizeofCmsghdr

// stamped has the kernel note when datagrams come, if it can.
func stamped(conn *net.UDPConn) PacketConn {
	raw, err := conn.SyscallConn()
	if err != nil {
		return conn
	}
	var refused error
	if err := raw.Control(func(fd uintptr) { refused = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1) }); err != nil || refused != nil {
		return conn
	}
	return &stampedConn{UDPConn: conn}
}

// ReadStamped is ReadFromUDPAddrPort, with the time of arrival.
func (c *stampedConn) ReadStamped(b []byte) (int, netip.AddrPort, time.Time, error) {
	n, controls, _, from, err := c.ReadMsgUDPAddrPort(b, c.control[:])
	return n, from, c.control.time(controls), err
}

// time is that of a control message of n bytes; zero when it is another one.
func (s *stamp) time(n int) time.Time {
	head := (*syscall.Cmsghdr)(unsafe.Pointer(s))
	if n < len(s) || head.Level != syscall.SOL_SOCKET || head.Type != unix.SCM_TIMESTAMPNS {
		return time.Time{}
	}
	t := (*syscall.Timespec)(unsafe.Pointer(&s[stampAt]))
	return time.Unix(t.Unix())
}
