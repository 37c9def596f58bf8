package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// A Network opens the sockets of a Server. The zero Config uses the machine's own; siptest has one made of channels,
// on which signalling runs in virtual time.
type Network interface {
	// ListenPacket opens a UDP socket; port 0 takes a free one.
	ListenPacket(addr netip.AddrPort) (PacketConn, error)
	// Listen opens a TCP socket for connections that arrive.
	Listen(addr netip.AddrPort) (net.Listener, error)
	// Dial connects by TCP.
	Dial(ctx context.Context, addr netip.AddrPort) (net.Conn, error)
	// Source is the address of ours from which packets to addr leave.
	Source(addr netip.Addr) (netip.Addr, error)
	// Lookup finds the addresses of a host name.
	Lookup(ctx context.Context, host string) ([]netip.Addr, error)
}

// PacketConn is what the edge needs of a UDP socket; *net.UDPConn has it.
type PacketConn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	LocalAddr() net.Addr
	Close() error
}

// stampedReader is a PacketConn that may know when a datagram arrived, before it was read; the zero time: not this one.
type stampedReader interface {
	ReadStamped(b []byte) (int, netip.AddrPort, time.Time, error)
}

// socketBuffer is what the kernel may hold for a UDP socket, in bytes: some thousand requests that arrive at once.
const socketBuffer = 4 << 20

// machine is the Network of the operating system.
type machine struct{}

func (machine) ListenPacket(addr netip.AddrPort) (PacketConn, error) {
	conn, err := net.ListenUDP(family("udp", addr.Addr()), net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return nil, err
	}
	// The kernel gives less when its own limit is lower, which is no reason to fail.
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	return stamped(conn), nil
}

func (machine) Listen(addr netip.AddrPort) (net.Listener, error) {
	return net.ListenTCP(family("tcp", addr.Addr()), net.TCPAddrFromAddrPort(addr))
}

func (machine) Dial(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, "tcp", addr.String())
}

func (machine) Source(addr netip.Addr) (netip.Addr, error) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 5060))) // sends nothing
	if err != nil {
		return netip.Addr{}, err
	}
	defer conn.Close()
	return addrPort(conn.LocalAddr()).Addr(), nil
}

func (machine) Lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

// family is the network of one IP version: [::] does not also take IPv4, so that 0.0.0.0 may stand beside it.
func family(network string, addr netip.Addr) string {
	if addr.Is4() || addr.Is4In6() {
		return network + "4"
	}
	return network + "6"
}

// addrPort is the address of a socket; the zero value when it has none.
func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		return unmap(a.AddrPort())
	case *net.TCPAddr:
		return unmap(a.AddrPort())
	}
	if a == nil {
		return netip.AddrPort{}
	}
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return unmap(ap)
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// Listener is one address on which a Server listens.
type Listener struct {
	Transport string // "udp", "tcp", "tls", "ws" or "wss"
	Addr      netip.AddrPort
}

// String gives the listener as it is written in settings: udp:0.0.0.0:5060.
func (l Listener) String() string { return l.Transport + ":" + l.Addr.String() }

// transports are the names of those that are spoken.
var transports = func() (names []string) {
	for _, s := range services {
		names = append(names, s.transport)
	}
	return names
}()

// ParseListener reads transport:address:port, as in udp:0.0.0.0:5060 or tls:[::1]:5061.
func ParseListener(text string) (Listener, error) {
	for _, transport := range transports {
		rest, ok := cutPrefixFold(text, transport+":")
		if !ok {
			continue
		}
		addr, err := netip.ParseAddrPort(rest)
		if err != nil {
			return Listener{}, fmt.Errorf("%q is no address to listen on: %w (as in udp:0.0.0.0:5060 or tcp:[::]:5060)", text, err)
		}
		return Listener{Transport: transport, Addr: unmap(addr)}, nil
	}
	return Listener{}, fmt.Errorf("%q is no address to listen on: it begins with one of %s, as in udp:0.0.0.0:5060", text, strings.Join(transports, ":, ")+":")
}
