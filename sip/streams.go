package sip

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// streams are the connections that are open. Each is counted from the moment it is accepted, before anything of it is
// read, until it is closed.
type streams struct {
	server *Server
	mu     sync.Mutex
	conns  map[*counted]struct{}
	source map[netip.Addr]int // of conns, by their far ends
	all    map[place]*stream  // those on which messages come and go; the newest to a place
	closed bool
	reads  sync.WaitGroup
}

// place is where a stream leads.
type place struct {
	transport string
	remote    netip.AddrPort
}

func newStreams(s *Server) streams {
	return streams{server: s, conns: make(map[*counted]struct{}), source: make(map[netip.Addr]int), all: make(map[place]*stream)}
}

// listening is a socket that takes connections of one transport.
type listening struct {
	net.Listener
	transport string // "tcp", "tls", "ws" or "wss"
	streams   *streams
	web       *http.Server // of ws and wss
}

func (t *streams) listening(l net.Listener, transport string) *listening {
	made := &listening{Listener: l, transport: transport, streams: t}
	if transport == "ws" || transport == "wss" {
		made.web = t.server.upgrades(made)
	}
	return made
}

// Accept takes the next connection that may be had, until the socket is closed.
func (l *listening) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		switch {
		case err == nil && !l.streams.server.guard.listens(addrPort(conn.RemoteAddr()), time.Now()):
			conn.Close()
		case err == nil:
			if counted := l.streams.count(conn, true); counted != nil {
				return counted, nil
			}
		case errors.Is(err, net.ErrClosed):
			return nil, err
		default:
			l.streams.server.log.Warn("cannot accept a connection", "transport", l.transport, "local", l.Addr(), "error", err)
			time.Sleep(100 * time.Millisecond) // out of descriptors: they come back
		}
	}
}

// local is the address of ours of a connection, with the port of the listener.
func (l *listening) local(conn net.Conn) netip.AddrPort {
	return netip.AddrPortFrom(addrPort(conn.LocalAddr()).Addr(), addrPort(l.Addr()).Port())
}

// counted is a connection that counts until it is closed.
type counted struct {
	net.Conn
	streams *streams
	from    netip.Addr
}

// Close closes the connection, which counts no more.
func (c *counted) Close() error {
	t := c.streams
	t.mu.Lock()
	if _, open := t.conns[c]; open {
		delete(t.conns, c)
		if t.source[c.from]--; t.source[c.from] <= 0 {
			delete(t.source, c.from)
		}
	}
	t.mu.Unlock()
	return c.Conn.Close()
}

// count counts a connection; one that was accepted is closed, and nil, when there are too many.
func (t *streams) count(conn net.Conn, accepted bool) *counted {
	c := &counted{Conn: conn, streams: t, from: addrPort(conn.RemoteAddr()).Addr()}
	t.mu.Lock()
	if t.closed || accepted && (len(t.conns) >= maxStreams || t.source[c.from] >= maxStreamsPerSource) {
		t.mu.Unlock()
		t.server.counts.refused.Add(1)
		conn.Close()
		return nil
	}
	t.conns[c] = struct{}{}
	t.source[c.from]++
	t.mu.Unlock()
	return c
}

// accept takes the connections of a listener until it is closed.
func (t *streams) accept(l *listening) {
	switch l.transport { // Serve ends when the listener is closed
	case "ws":
		_ = l.web.Serve(l)
		return
	case "wss":
		_ = l.web.ServeTLS(l, "", "")
		return
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		c := &stream{server: t.server, transport: "TCP", conn: conn, local: l.local(conn), remote: addrPort(conn.RemoteAddr())}
		if l.transport == "tls" {
			c.transport, c.conn = "TLS", tls.Server(conn, t.server.config.TLS)
		}
		t.add(c)
	}
}

// add starts reading a connection; false when the server is closed.
func (t *streams) add(c *stream) bool {
	t.mu.Lock()
	closed := t.closed
	if !closed {
		t.all[c.place()] = c
		t.reads.Go(c.read)
	}
	t.mu.Unlock()
	if closed {
		c.conn.Close()
	}
	return !closed
}

func (c *stream) place() place { return place{c.transport, c.remote} }

func (t *streams) remove(c *stream) {
	t.mu.Lock()
	last := t.all[c.place()] == c
	if last {
		delete(t.all, c.place())
	}
	t.mu.Unlock()
	if last {
		t.server.presences.disconnected(c)
	}
}

// open tells whether a connection still is.
func (t *streams) open(c *stream) bool { return t.at(lower(c.transport), c.remote) == c }

// at finds the connection to an address; nil: there is none.
func (t *streams) at(transport string, remote netip.AddrPort) *stream {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all[place{upper(transport), remote}]
}

// get finds the connection to a hop, or opens one (RFC 5923 §4). By TLS the far end must have proved whose it is, on a
// connection that it has opened as well.
func (t *streams) get(ctx context.Context, to Hop) (*stream, error) {
	name := cmp.Or(to.Name, to.Addr.Addr().String())
	if c := t.at(to.Transport, to.Addr); c != nil && (to.Transport != "tls" || c.name == name) {
		return c, nil
	}
	if to.Transport != "tcp" && to.Transport != "tls" {
		return nil, ErrFlowGone // the far end opens a WebSocket
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	raw, err := t.server.config.Network.Dial(ctx, to.Addr)
	if err != nil {
		return nil, err
	}
	conn := t.count(raw, false)
	if conn == nil {
		return nil, net.ErrClosed
	}
	c := &stream{server: t.server, transport: upper(to.Transport), conn: conn, local: addrPort(conn.LocalAddr()), remote: to.Addr}
	if port := t.server.port(to.Transport, to.Addr.Addr()); port != 0 {
		c.local = netip.AddrPortFrom(c.local.Addr(), port)
	}
	if to.Transport == "tls" {
		secure := tls.Client(conn, t.server.outgoing(name))
		if err := secure.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, err
		}
		c.conn, c.name = secure, name
	}
	if !t.add(c) {
		return nil, net.ErrClosed
	}
	return c, nil
}

// close ends every connection and waits for their readers.
func (t *streams) close() {
	t.mu.Lock()
	t.closed = true
	conns := make([]*counted, 0, len(t.conns))
	for c := range t.conns {
		conns = append(conns, c)
	}
	t.mu.Unlock()
	for _, c := range conns {
		c.Close()
	}
	t.reads.Wait()
}
