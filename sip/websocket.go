package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// subprotocol is what a WebSocket speaks that carries SIP (RFC 7118 §4.1).
const subprotocol = "sip"

// upgrades is the HTTP server of a listener for WebSockets: all it does is to let requests become them.
func (s *Server) upgrades(l *listening) *http.Server {
	web := &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.streams.upgrade(l, w, r) }),
		ReadHeaderTimeout: handshakeTimeout, // TLS's as well
		WriteTimeout:      handshakeTimeout,
		MaxHeaderBytes:    16384,
		TLSConfig:         s.config.TLS,
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, carrier{}, conn)
		},
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}, // no HTTP/2, which has no upgrade
		ErrorLog:     log.New(io.Discard, "", 0),                               // a stranger could fill it
	}
	web.SetKeepAlivesEnabled(false)
	return web
}

// carrier is the key under which the context of an HTTP request has its net.Conn.
type carrier struct{}

// upgrade makes a stream of an HTTP request. From which page a browser comes is not asked: who calls or registers proves
// by digest who they are, and a browser adds no proof of its own.
func (t *streams) upgrade(l *listening, w http.ResponseWriter, r *http.Request) {
	if !offersSIP(r) {
		http.Error(w, `this address speaks SIP over WebSocket (RFC 7118): the subprotocol is "sip"`, http.StatusBadRequest)
		return
	}
	web, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}, InsecureSkipVerify: true})
	if err != nil {
		return // it was answered
	}
	conn := r.Context().Value(carrier{}).(net.Conn)
	web.SetReadLimit(maxMessage)
	if !t.add(&stream{server: t.server, transport: upper(l.transport), conn: conn, web: web, local: l.local(conn), remote: addrPort(conn.RemoteAddr())}) {
		web.CloseNow()
	}
}

// offersSIP tells whether a request asks for our subprotocol.
func offersSIP(r *http.Request) bool {
	for _, header := range r.Header.Values("Sec-WebSocket-Protocol") {
		offered := strings.Split(header, ",")
		if slices.ContainsFunc(offered, func(p string) bool { return strings.EqualFold(strings.TrimSpace(p), subprotocol) }) {
			return true
		}
	}
	return false
}

// readFrames is read for a WebSocket: each frame is a message, with or without Content-Length (RFC 7118 §4.2, §5.2).
func (c *stream) readFrames() {
	defer c.web.CloseNow()
	f := c.flow()
	wait := firstByteTimeout
	for {
		data, err := c.readFrame(wait)
		if err != nil {
			return
		}
		wait = idleTimeout
		switch {
		case string(data) == ping:
			if !c.pong() {
				return
			}
		case isKeepAlive(data):
			c.server.counts.keepAlives.Add(1)
		default:
			c.server.message(data, f) // what is no message was answered and counted; where the next begins is certain
		}
	}
}

// readFrame reads one message that begins within wait.
func (c *stream) readFrame(wait time.Duration) ([]byte, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	timer := time.AfterFunc(wait, cancel)
	defer timer.Stop()
	_, r, err := c.web.Reader(ctx)
	if err != nil {
		return nil, err
	}
	timer.Reset(messageTimeout)
	data, err := io.ReadAll(r)
	if errors.Is(err, websocket.ErrMessageTooBig) {
		c.server.counts.oversize.Add(1)
	}
	return data, err
}

// writeFrame sends one message: as text where it is (RFC 7118 §4.2).
func (c *stream) writeFrame(data []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	kind := websocket.MessageText
	if !utf8.Valid(data) {
		kind = websocket.MessageBinary
	}
	return c.web.Write(ctx, kind, data)
}
