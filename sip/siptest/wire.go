// Package siptest tests signalling in virtual time: a Wire is a network of channels, on which a sip.Server lives beside
// Peers, who speak SIP by the letter. In a bubble of testing/synctest a conversation of half a minute takes
// milliseconds, and every delay is exact.
//
//	synctest.Test(t, func(t *testing.T) {
//		wire := siptest.NewWire()
//		server, _ := sip.New(sip.Config{Network: wire.Host("192.0.2.1"), …})
//		phone := wire.Peer(t, "192.0.2.10:5060", "192.0.2.1:5060")
//		call := phone.Invite("8899", sdp)
//		phone.Want("at once", "100")
//		call.Answered(phone.Want("the dialplan answers", "200"))
//		call.Ack()
//		phone.WantIdle("an acknowledged 200 is not sent again", time.Minute)
//	})
package siptest

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"dialtone/sip"
)

// Wire joins hosts. Datagrams arrive at once and in order, unless Lose says otherwise; connections are pipes.
type Wire struct {
	// Lose is asked for each datagram and may have it lost; nil loses none. It is set before anything is sent.
	Lose func(from, to netip.AddrPort, data []byte) bool

	mu        sync.Mutex
	sockets   map[netip.AddrPort]*socket
	listeners map[netip.AddrPort]*listener
	aliases   map[netip.Addr]netip.Addr
	dialled   int
	port      uint16 // last ephemeral one
}

// NewWire makes a network without hosts.
func NewWire() *Wire {
	return &Wire{sockets: make(map[netip.AddrPort]*socket), listeners: make(map[netip.AddrPort]*listener), aliases: make(map[netip.Addr]netip.Addr), port: 40000}
}

// Alias has connections to one address arrive at the host of another.
func (w *Wire) Alias(addr, of string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.aliases[netip.MustParseAddr(addr)] = netip.MustParseAddr(of)
}

// Dialled is how many connections were opened.
func (w *Wire) Dialled() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dialled
}

// Host is a machine on the wire; it is the Network of the Servers that run there.
func (w *Wire) Host(addr string) sip.Network { return &host{w, netip.MustParseAddr(addr)} }

type host struct {
	wire *Wire
	addr netip.Addr
}

// at completes an address to listen on.
func (h *host) at(addr netip.AddrPort) netip.AddrPort {
	ip, port := addr.Addr(), addr.Port()
	if ip.IsUnspecified() || !ip.IsValid() {
		ip = h.addr
	}
	if port == 0 {
		h.wire.port++
		port = h.wire.port
	}
	return netip.AddrPortFrom(ip, port)
}

func (h *host) ListenPacket(addr netip.AddrPort) (sip.PacketConn, error) {
	return h.wire.listenPacket(h, addr)
}

func (w *Wire) listenPacket(h *host, addr netip.AddrPort) (*socket, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := h.at(addr)
	if w.sockets[at] != nil {
		return nil, os.ErrExist
	}
	s := &socket{wire: w, at: at, packets: make(chan packet, 4096), closed: make(chan struct{})}
	w.sockets[at] = s
	return s, nil
}

func (h *host) Listen(addr netip.AddrPort) (net.Listener, error) {
	h.wire.mu.Lock()
	defer h.wire.mu.Unlock()
	at := h.at(addr)
	if h.wire.listeners[at] != nil {
		return nil, os.ErrExist
	}
	l := &listener{wire: h.wire, at: at, conns: make(chan net.Conn, 64), closed: make(chan struct{})}
	h.wire.listeners[at] = l
	return l, nil
}

func (h *host) Dial(_ context.Context, addr netip.AddrPort) (net.Conn, error) {
	h.wire.mu.Lock()
	defer h.wire.mu.Unlock()
	at := addr
	if of, ok := h.wire.aliases[addr.Addr()]; ok {
		at = netip.AddrPortFrom(of, addr.Port())
	}
	l := h.wire.listeners[at]
	if l == nil {
		return nil, errors.New("connection refused")
	}
	from := h.at(netip.AddrPort{})
	a, b := net.Pipe()
	select {
	case l.conns <- newConn(b, at, from):
		h.wire.dialled++
		return newConn(a, from, addr), nil
	default:
		return nil, errors.New("connection refused: the queue is full")
	}
}

func (h *host) Source(netip.Addr) (netip.Addr, error) { return h.addr, nil }

func (h *host) Lookup(context.Context, string) ([]netip.Addr, error) {
	return nil, errors.New("there are no names on a wire")
}

type packet struct {
	data []byte
	from netip.AddrPort
}

// socket is a UDP socket.
type socket struct {
	wire    *Wire
	at      netip.AddrPort
	packets chan packet
	closed  chan struct{}
	once    sync.Once
}

func (s *socket) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case p := <-s.packets:
		return copy(b, p.data), p.from, nil
	case <-s.closed:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

func (s *socket) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	select {
	case <-s.closed:
		return 0, net.ErrClosed
	default:
	}
	if s.wire.Lose != nil && s.wire.Lose(s.at, to, b) {
		return len(b), nil
	}
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	if other := s.wire.sockets[to]; other != nil {
		select {
		case other.packets <- packet{append([]byte(nil), b...), s.at}:
		default: // as the kernel does
		}
	}
	return len(b), nil
}

func (s *socket) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(s.at) }

func (s *socket) Close() error {
	s.once.Do(func() {
		close(s.closed)
		s.wire.mu.Lock()
		delete(s.wire.sockets, s.at)
		s.wire.mu.Unlock()
	})
	return nil
}

// listener takes TCP connections.
type listener struct {
	wire   *Wire
	at     netip.AddrPort
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.at) }

func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		l.wire.mu.Lock()
		delete(l.wire.listeners, l.at)
		l.wire.mu.Unlock()
	})
	return nil
}

// conn is one end of a TCP connection: a pipe with a buffer before it, as the kernel has one.
type conn struct {
	net.Conn
	local, remote netip.AddrPort

	mu      sync.Mutex
	buffer  []byte // written, not yet in the pipe
	pumping bool
	closed  bool
}

// lingering is how long the far end has to read what was written before the end.
const lingering = time.Second

func newConn(pipe net.Conn, local, remote netip.AddrPort) *conn {
	return &conn{Conn: pipe, local: local, remote: remote}
}

func (c *conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, net.ErrClosed
	}
	c.buffer = append(c.buffer, b...)
	if !c.pumping {
		c.pumping = true
		go c.pump()
	}
	return len(b), nil
}

// pump moves the buffer into the pipe.
func (c *conn) pump() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.buffer) > 0 {
		b := c.buffer
		c.buffer = nil
		c.mu.Unlock()
		_, err := c.Conn.Write(b)
		c.mu.Lock()
		if err != nil {
			c.buffer, c.closed = nil, true
		}
	}
	c.pumping = false
	if c.closed {
		c.Conn.Close()
	}
}

// Close ends the connection once the far end has read what was written.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if !c.pumping {
		return c.Conn.Close()
	}
	_ = c.Conn.SetReadDeadline(time.Unix(1, 0)) // whoever reads is told
	return c.Conn.SetWriteDeadline(time.Now().Add(lingering))
}

// SetDeadline and SetWriteDeadline leave writing alone, which never waits.
func (c *conn) SetDeadline(t time.Time) error { return c.Conn.SetReadDeadline(t) }

// SetWriteDeadline does nothing.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

func (c *conn) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(c.local) }
func (c *conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

// forever is more than any timer of signalling.
const forever = 2 * time.Hour
