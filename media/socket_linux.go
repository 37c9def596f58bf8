package media

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// errInUse is returned by bindPair when somebody else holds one of the ports.
var errInUse error = syscall.EADDRINUSE

// receiveBuffer is what the kernel may keep for a stream between two looks. It
// also bounds what a flood can make it keep.
const receiveBuffer = 64 << 10

// socketPair is the RTP and RTCP sockets of a stream: non-blocking, unknown to
// Go's poller.
type socketPair struct{ rtp, rtcp int }

// bindPair binds both ports.
func bindPair(local netip.Addr, port int) (socketPair, error) {
	rtp, err := bind(local, port)
	if err != nil {
		return socketPair{}, err
	}
	rtcp, err := bind(local, port+1)
	if err != nil {
		syscall.Close(rtp)
		return socketPair{}, err
	}
	return socketPair{rtp, rtcp}, nil
}

func (p socketPair) close() {
	syscall.Close(p.rtp)
	syscall.Close(p.rtcp)
}

func bind(local netip.Addr, port int) (fd int, err error) {
	family := syscall.AF_INET
	if local.Is6() {
		family = syscall.AF_INET6
	}
	fd, err = syscall.Socket(family, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		if errors.Is(err, syscall.EMFILE) {
			return -1, fmt.Errorf("media: too many open files for another call; raise the limit (ulimit -n): %w", err)
		}
		return -1, fmt.Errorf("media: socket: %w", err)
	}
	if err = setup(fd, local, port); err != nil {
		syscall.Close(fd)
		return -1, fmt.Errorf("media: RTP port %v: %w", netip.AddrPortFrom(local, uint16(port)), err)
	}
	return fd, nil
}

func setup(fd int, local netip.Addr, port int) error {
	if local.Is4() {
		if err := syscall.Bind(fd, &syscall.SockaddrInet4{Port: port, Addr: local.As4()}); err != nil {
			return err
		}
	} else {
		only6 := 1
		if local.IsUnspecified() {
			only6 = 0 // :: takes IPv4 too
		}
		if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, only6); err != nil {
			return err
		}
		scope, err := scopeOf(local)
		if err != nil {
			return err
		}
		if err := syscall.Bind(fd, &syscall.SockaddrInet6{Port: port, Addr: local.As16(), ZoneId: scope}); err != nil {
			return err
		}
		// What follows makes the service better, not possible.
		_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, unix.IPV6_RECVERR, 1)
		_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_TCLASS, expedited)
	}
	if local.Is4() || local.IsUnspecified() {
		_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, syscall.IP_RECVERR, 1) // tells of ICMP errors
		_ = syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, syscall.IP_TOS, expedited)
	}
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_RCVBUF, receiveBuffer)
	_ = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	return nil
}

// expedited is the DSCP of voice, EF (RFC 4594 §4.1), in its place in the octet.
const expedited = 46 << 2

// scopeOf is the number of a link-local address's interface.
func scopeOf(a netip.Addr) (uint32, error) {
	if a.Zone() == "" {
		return 0, nil
	}
	i, err := interfaceIndex(a.Zone())
	return uint32(i), err
}

// target is an address as the kernel reads it.
type target struct {
	raw [syscall.SizeofSockaddrInet6]byte
	len uintptr
}

// makeTarget prepares an address to send to from a socket bound to local. The
// zero address gives a target that is not valid.
func makeTarget(local netip.Addr, to netip.AddrPort) (t target) {
	if !to.IsValid() {
		return t
	}
	if local.Is4() {
		binary.NativeEndian.PutUint16(t.raw[0:], syscall.AF_INET)
		binary.BigEndian.PutUint16(t.raw[2:], to.Port())
		ip := to.Addr().As4()
		copy(t.raw[4:], ip[:])
		t.len = syscall.SizeofSockaddrInet4
		return t
	}
	binary.NativeEndian.PutUint16(t.raw[0:], syscall.AF_INET6)
	binary.BigEndian.PutUint16(t.raw[2:], to.Port())
	ip := to.Addr().As16()
	copy(t.raw[8:], ip[:])
	if scope, err := scopeOf(to.Addr()); err == nil {
		binary.NativeEndian.PutUint32(t.raw[24:], scope)
	}
	t.len = syscall.SizeofSockaddrInet6
	return t
}

func (t *target) valid() bool { return t.len != 0 }

// addrPort reads an address that the kernel wrote.
func addrPort(raw *[syscall.SizeofSockaddrInet6]byte) netip.AddrPort {
	port := binary.BigEndian.Uint16(raw[2:])
	switch binary.NativeEndian.Uint16(raw[0:]) {
	case syscall.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(raw[4:8])), port)
	case syscall.AF_INET6:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(raw[8:24])).Unmap(), port)
	}
	return netip.AddrPort{}
}

// sendTo sends without blocking and without telling the Go scheduler: it takes
// a microsecond.
func sendTo(fd int, b []byte, to *target) syscall.Errno {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)),
		syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL, uintptr(unsafe.Pointer(&to.raw)), to.len)
	return errno
}
