package sip

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Limits of connections. A stranger who opens many, or sends a byte a minute, harms only themselves.
const (
	maxStreams          = 8192             // in all
	maxStreamsPerSource = 256              // from one address: an office behind NAT
	handshakeTimeout    = 5 * time.Second  // TLS, and the HTTP request that becomes a WebSocket
	firstByteTimeout    = 10 * time.Second // a new connection says something within
	messageTimeout      = 10 * time.Second // a message that has begun is complete within
	idleTimeout         = time.Hour        // a connection without traffic; phones ping every minute or two
	writeTimeout        = 5 * time.Second
	dialTimeout         = 5 * time.Second
)

// stream is a connection, accepted or dialled. One goroutine reads it; anybody may write whole messages.
type stream struct {
	server    *Server
	transport string // as in Via: TCP, TLS, WS or WSS
	conn      net.Conn
	web       *websocket.Conn // over conn, for WS and WSS: a message is a frame; nil: messages follow one another
	name      string          // whom the far end has proved to be, by TLS; empty: nobody
	local     netip.AddrPort  // port: of our listener, where others can reach us
	remote    netip.AddrPort
	framer    framer // of the reader
	writes    sync.Mutex
}

func (c *stream) flow() *flow { return &flow{stream: c, local: c.local, remote: c.remote} }

func (c *stream) write(data []byte) error {
	if c.web != nil {
		return c.writeFrame(data)
	}
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
	if c.web != nil {
		c.readFrames()
		return
	}
	if !c.handshaken() {
		return
	}
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

// handshaken ends the handshake of TLS, where that is spoken, in its time.
func (c *stream) handshaken() bool {
	secure, ok := c.conn.(*tls.Conn)
	if !ok {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTimeout)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		c.server.refuseHandshake(c.remote, err)
		return false
	}
	return true
}

// messages takes the complete messages from the front of buf and gives the rest; false when the connection must
// end.
func (c *stream) messages(buf []byte, f *flow) ([]byte, bool) {
	for {
		// RFC 5626 §4.4.1: a double CRLF between messages is a ping; its answer is one CRLF.
		for len(buf) > 0 && (buf[0] == '\r' || buf[0] == '\n' || buf[0] == 0) {
			if bytes.HasPrefix(buf, []byte(ping)) {
				if !c.pong() {
					return nil, false
				}
				buf = buf[len(ping):]
				continue
			}
			if len(buf) < len(ping) && bytes.HasPrefix([]byte(ping), buf) {
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

// ping is what a phone sends to see whether its connection lives (RFC 5626 §3.5.1).
const ping = "\r\n\r\n"

// pong answers a ping.
func (c *stream) pong() bool {
	c.server.counts.keepAlives.Add(1)
	return c.write([]byte("\r\n")) == nil
}
