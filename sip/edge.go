package sip

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// maxLines is the most header lines a message may have; more costs more to parse than a message is worth.
const maxLines = 256

// Counts tell what arrived at the edge since the start.
type Counts struct {
	Messages      uint64 `json:"messages"`      // requests and responses that were read
	KeepAlives    uint64 `json:"keepAlives"`    // CRLF, NUL and STUN: phones that hold a NAT open
	Garbage       uint64 `json:"garbage"`       // not SIP, or broken SIP
	Oversize      uint64 `json:"oversize"`      // too long, or too many header lines
	Strays        uint64 `json:"strays"`        // responses and ACKs that belong to nothing
	Refused       uint64 `json:"refused"`       // connections above the limits
	Handshakes    uint64 `json:"handshakes"`    // of TLS that failed
	Overload      uint64 `json:"overload"`      // requests refused because there were too many
	Limited       uint64 `json:"limited"`       // messages of strangers who sent too many
	Banned        uint64 `json:"banned"`        // messages and connections of banned sources
	Guesses       uint64 `json:"guesses"`       // requests with a wrong password, or one that was not looked at
	Registrations uint64 `json:"registrations"` // REGISTERs that were accepted
}

// counts are the Counts while they are counted.
type counts struct {
	messages, keepAlives, garbage, oversize, strays, refused, handshakes, overload, registrations atomic.Uint64
}

func (c *counts) get() Counts {
	return Counts{
		Messages: c.messages.Load(), KeepAlives: c.keepAlives.Load(), Garbage: c.garbage.Load(), Oversize: c.oversize.Load(),
		Strays: c.strays.Load(), Refused: c.refused.Load(), Handshakes: c.handshakes.Load(), Overload: c.overload.Load(), Registrations: c.registrations.Load(),
	}
}

// edge reads one UDP socket. It throws away what is no message before anything is allocated for it, answers
// what cannot be parsed, and gives the rest to the server one after the other: the order of messages is
// never lost between the socket and the mailbox of a leg.
type edge struct {
	server *Server
	socket PacketConn
	local  netip.AddrPort
}

// run reads until the socket is closed.
func (e *edge) run() {
	buf := make([]byte, 65536)
	for {
		n, from, came, err := e.read(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			// An ICMP error of an earlier packet shows here; the socket is well.
			e.server.log.Debug("udp socket", "local", e.local, "error", err)
			continue
		}
		e.packet(buf[:n], unmap(from), came)
	}
}

// read gives the next datagram, and when it arrived.
func (e *edge) read(buf []byte) (n int, from netip.AddrPort, came time.Time, err error) {
	if s, ok := e.socket.(stampedReader); ok {
		n, from, came, err = s.ReadStamped(buf)
	} else {
		n, from, err = e.socket.ReadFromUDPAddrPort(buf)
	}
	if age := time.Since(came); age < 0 || age > longestWait {
		came = time.Now() // not known, or the time of day was set meanwhile
	}
	return n, from, came, err
}

// longestWait is how long a datagram may be said to have waited until it was read.
const longestWait = 5 * time.Second

// packet takes one datagram, which came at a time.
func (e *edge) packet(data []byte, from netip.AddrPort, came time.Time) {
	f := flow{socket: e.socket, local: e.local, remote: from, size: len(data), came: came}
	if isKeepAlive(data) {
		e.server.counts.keepAlives.Add(1)
		return
	}
	e.server.message(bytes.TrimLeft(data, "\r\n"), &f)
}

// isKeepAlive tells whether a datagram only holds a NAT open: up to 4 bytes of anything, line ends, NULs, or STUN
// (RFC 5626 §4.4.2; RFC 5389 §6: the first two bits are 0, the magic cookie at the fourth byte).
func isKeepAlive(data []byte) bool {
	if len(data) <= 4 {
		return true
	}
	if len(data) >= 20 && data[0] < 0x40 && bytes.Equal(data[4:8], []byte{0x21, 0x12, 0xa4, 0x42}) {
		return true
	}
	for _, b := range data {
		if b != '\r' && b != '\n' && b != 0 && b != ' ' {
			return false
		}
	}
	return true
}

// message parses one message that came by f and gives it on. It reports whether it was one, or dropped unread.
func (s *Server) message(data []byte, f *flow) bool {
	if !s.guard.admits(f.remote, time.Now()) {
		return true
	}
	head := data
	if i := bytes.Index(data, []byte("\r\n\r\n")); i >= 0 {
		head = data[:i]
	}
	if bytes.Count(head, []byte{'\n'}) > maxLines {
		s.counts.oversize.Add(1)
		s.garbage(data, f, errTooManyLines)
		return false
	}
	msg, err := s.parser.ParseSIP(data)
	if err != nil {
		s.counts.garbage.Add(1)
		s.garbage(data, f, err)
		return false
	}
	s.counts.messages.Add(1)
	msg.SetTransport(f.transport())
	switch msg := msg.(type) {
	case *gosip.Request:
		s.request(msg, f)
	case *gosip.Response:
		s.response(msg)
	}
	return true
}

// garbage answers what cannot be parsed, when it is a request that can be answered, and says so in the log now
// and then. Answers are limited per second, so that nobody is flooded with them in another's name.
func (s *Server) garbage(data []byte, f *flow, why error) {
	logged, answered := s.noise.allow(time.Now())
	if logged {
		s.log.Warn("message that cannot be read", "from", f.remote, "transport", f.transport(), "bytes", len(data), "error", clip(why.Error(), 200),
			slog.Uint64("so-far", s.counts.garbage.Load()+s.counts.oversize.Load()))
	}
	if !answered {
		return
	}
	if answer := ReplyToGarbage(data, f.remote, why); answer != nil && len(answer) <= amplification*len(data) {
		_ = f.write(answer) // a stranger that is gone needs no answer
	}
}

var errTooManyLines = errors.New("more header lines than a message may have")

func clip(text string, n int) string {
	if len(text) > n {
		return text[:n] + "…"
	}
	return text
}

// noise limits what strangers can make us do with garbage: a line in the log every ten seconds and a hundred answers
// a second.
type noise struct {
	mu      sync.Mutex
	logged  time.Time
	second  int64
	answers int
}

func (n *noise) allow(now time.Time) (log, answer bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if now.Sub(n.logged) >= 10*time.Second {
		n.logged, log = now, true
	}
	if sec := now.Unix(); sec != n.second {
		n.second, n.answers = sec, 0
	}
	n.answers++
	return log, n.answers <= 100
}
