package sip

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"time"
)

// Limits of TCP connections. A stranger who opens many, or sends a byte a minute, harms only themselves.
const (
	maxStreams          = 8192             // in all
	maxStreamsPerSource = 256              // from one address: an office behind NAT
	firstByteTimeout    = 10 * time.Second // a new connection says something within
	messageTimeout      = 10 * time.Second // a message that has begun is complete within
	idleTimeout         = time.Hour        // a connection without traffic; phones ping every minute or two
	writeTimeout        = 5 * time.Second
	dialTimeout         = 5 * time.Second
	maxMessage          = 65535 // bytes of one message
)

// stream is a TCP connection, accepted or dialled. One goroutine reads it; anybody may write whole messages.
type stream struct {
	server *Server
	conn   net.Conn
	local  netip.AddrPort // port: of our listener, where others can reach us
	remote netip.AddrPort
	framer framer // of the reader
	writes sync.Mutex
}

func (c *stream) flow() *flow { return &flow{stream: c, local: c.local, remote: c.remote} }

func (c *stream) write(data []byte) error {
	c.writes.Lock()
	defer c.writes.Unlock()
	if err := c.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	if _, err := c.conn.Write(data); err != nil {
		c.conn.Close() // part of a message may have left: the rest would be read as garbage
		return err
	}
	return nil
}

// read gives the messages of the connection to the server, in their order, until it ends.
func (c *stream) read() {
	defer c.server.sendings.lost(c)
	defer c.server.streams.remove(c)
	defer c.conn.Close()
	buf := make([]byte, 0, 4096)
	f := c.flow()
	until := time.Now().Add(firstByteTimeout)
	for {
		if err := c.conn.SetReadDeadline(until); err != nil {
			return
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := c.conn.Read(buf[len(buf):cap(buf)])
		if n == 0 && err != nil {
			if len(buf) > 0 && errors.Is(err, os.ErrDeadlineExceeded) {
				c.server.counts.garbage.Add(1)
				c.server.garbage(buf, f, errIncomplete)
			}
			return
		}
		began := len(buf) == 0
		buf = buf[:len(buf)+n]
		rest, ok := c.messages(buf, f)
		if !ok {
			return
		}
		switch {
		case len(rest) == 0:
			until = time.Now().Add(idleTimeout)
		case began || len(rest) < len(buf): // a message has begun: its time runs from here
			until = time.Now().Add(messageTimeout)
		}
		buf = buf[:copy(buf, rest)]
		if len(buf) == 0 && cap(buf) > 16384 {
			buf = make([]byte, 0, 4096)
		}
	}
}

// messages takes the complete messages from the front of buf and gives the rest; false when the connection must
// end.
func (c *stream) messages(buf []byte, f *flow) ([]byte, bool) {
	for {
		// RFC 5626 §4.4.1: a double CRLF between messages is a ping; its answer is one CRLF.
		for len(buf) > 0 && (buf[0] == '\r' || buf[0] == '\n' || buf[0] == 0) {
			if bytes.HasPrefix(buf, []byte("\r\n\r\n")) {
				c.server.counts.keepAlives.Add(1)
				if c.write([]byte("\r\n")) != nil {
					return nil, false
				}
				buf = buf[4:]
				continue
			}
			if len(buf) < 4 && bytes.HasPrefix([]byte("\r\n\r\n"), buf) {
				return buf, true // may become a ping
			}
			buf = buf[1:]
		}
		n, err := c.framer.next(buf)
		if err != nil {
			c.server.counts.garbage.Add(1)
			c.server.garbage(buf, f, err)
			return nil, false
		}
		if n == 0 {
			return buf, true
		}
		if !c.server.message(buf[:n], f) {
			return nil, false // where the next message would begin is not certain
		}
		buf = buf[n:]
	}
}

var (
	errIncomplete = errors.New("a message was not complete in time")
	errNoLength   = errors.New("a message on TCP has no Content-Length (RFC 3261 §18.3)")
	errBadLength  = errors.New("a message has a Content-Length that is no number")
	errTooLong    = fmt.Errorf("a message is longer than %d bytes", maxMessage)
)

// framer finds where messages end in a stream (RFC 3261 §18.3). It remembers how far it has looked, so that a
// message that comes byte by byte is not searched again for each.
type framer struct {
	scanned int // bytes of buf without an empty line
	total   int // length of the message, once its headers are complete
}

// next gives the length of the message at the front of buf, or 0 when more must be read. After 0, buf is given
// again with more at its end; after a length, without that message.
func (f *framer) next(buf []byte) (int, error) {
	if f.total == 0 {
		from := max(f.scanned-3, 0)
		end := bytes.Index(buf[from:], []byte("\r\n\r\n"))
		if end < 0 {
			if f.scanned = len(buf); len(buf) > maxMessage {
				return 0, errTooLong
			}
			return 0, nil
		}
		end += from
		length, err := contentLength(buf[:end])
		if err != nil {
			return 0, err
		}
		if f.total = end + 4 + length; f.total > maxMessage {
			return 0, errTooLong
		}
	}
	if f.total > len(buf) {
		return 0, nil
	}
	n := f.total
	*f = framer{}
	return n, nil
}

// contentLength reads Content-Length among header lines.
func contentLength(head []byte) (int, error) {
	length := -1
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		name, value, found := bytes.Cut(line, []byte{':'})
		if !found {
			continue
		}
		name = bytes.TrimSpace(name)
		if !bytes.EqualFold(name, []byte("content-length")) && !bytes.EqualFold(name, []byte("l")) {
			continue
		}
		n, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 10, 31)
		if err != nil || length >= 0 && length != int(n) {
			return 0, errBadLength
		}
		length = int(n)
	}
	if length < 0 {
		return 0, errNoLength
	}
	return length, nil
}

// streams are the TCP connections that are open.
type streams struct {
	server *Server
	mu     sync.Mutex
	all    map[netip.AddrPort]*stream
	source map[netip.Addr]int
	closed bool
	reads  sync.WaitGroup
}

// add starts reading a connection, unless there are too many.
func (t *streams) add(conn net.Conn, local netip.AddrPort, accepted bool) *stream {
	c := &stream{server: t.server, conn: conn, local: local, remote: addrPort(conn.RemoteAddr())}
	t.mu.Lock()
	defer t.mu.Unlock()
	from := c.remote.Addr()
	if t.closed || accepted && (len(t.all) >= maxStreams || t.source[from] >= maxStreamsPerSource) {
		t.server.counts.refused.Add(1)
		conn.Close()
		return nil
	}
	t.all[c.remote] = c
	t.source[from]++
	t.reads.Go(c.read)
	return c
}

func (t *streams) remove(c *stream) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all[c.remote] == c {
		delete(t.all, c.remote)
	}
	from := c.remote.Addr()
	if t.source[from]--; t.source[from] <= 0 {
		delete(t.source, from)
	}
}

// open tells whether a connection still is.
func (t *streams) open(c *stream) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all[c.remote] == c
}

// at is the open connection to an address; nil: there is none.
func (t *streams) at(to netip.AddrPort) *stream {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.all[to]
}

// get finds the connection to an address, or opens one.
func (t *streams) get(ctx context.Context, to netip.AddrPort) (*stream, error) {
	c := t.at(to)
	if c != nil {
		return c, nil
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	conn, err := t.server.config.Network.Dial(ctx, to)
	if err != nil {
		return nil, err
	}
	local := addrPort(conn.LocalAddr())
	if port := t.server.port("tcp", to.Addr()); port != 0 {
		local = netip.AddrPortFrom(local.Addr(), port)
	}
	if c = t.add(conn, local, false); c == nil {
		return nil, net.ErrClosed
	}
	return c, nil
}

// close ends every connection and waits for their readers.
func (t *streams) close() {
	t.mu.Lock()
	t.closed = true
	for _, c := range t.all {
		c.conn.Close()
	}
	t.mu.Unlock()
	t.reads.Wait()
}

// accept takes the connections of a listener until it is closed.
func (t *streams) accept(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			t.server.log.Warn("cannot accept a TCP connection", "local", l.Addr(), "error", err)
			time.Sleep(100 * time.Millisecond) // out of descriptors: they come back
			continue
		}
		local := addrPort(conn.LocalAddr())
		local = netip.AddrPortFrom(local.Addr(), addrPort(l.Addr()).Port())
		t.add(conn, local, true)
	}
}
