package sip

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// flow is a way to a far end: a UDP socket with an address, or a connection. Answers leave by the flow on which
// their request came (RFC 3261 §18.2.2, RFC 3581), whatever the Via claims: nobody can have them sent elsewhere, and
// phones behind NAT hear them. A flow is a value that may be copied and kept.
//
// sipgo's transactions write through it (it is a gosip.Connection).
type flow struct {
	socket PacketConn // nil: a connection
	stream *stream    // nil: UDP
	local  netip.AddrPort
	remote netip.AddrPort
	came   time.Time // of the datagram at this machine
	size   int       // bytes of the datagram that came by it; 0: none did, or a connection
}

func (f *flow) transport() string {
	if f.stream != nil {
		return f.stream.transport
	}
	return "UDP"
}

// uri is the URI of ours under which the far end of f reaches user at an address of ours; sips where it has said sips.
func (f *flow) uri(scheme, user string, at netip.AddrPort) string {
	uri := "sip:"
	if scheme == "sips" && isSecure(f.transport()) {
		uri = "sips:" // RFC 3261 §12.1.1
	}
	if user != "" {
		uri += escapeUser(user) + "@"
	}
	return uri + at.String() + f.transportParam()
}

// transportParam names the transport in a URI; that of UDP is left out. RFC 7118 §5.2.1 has one for both WebSockets.
func (f *flow) transportParam() string {
	switch f.transport() {
	case "UDP":
		return ""
	case "WSS":
		return ";transport=ws"
	}
	return ";transport=" + lower(f.transport())
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// wire is a message as it is sent, in memory of just its length.
func wire(msg gosip.Message) []byte {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	msg.StringWrite(buf)
	return bytes.Clone(buf.Bytes())
}

// WriteMsg sends a message.
func (f *flow) WriteMsg(msg gosip.Message) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	msg.StringWrite(buf)
	return f.write(buf.Bytes())
}

// maxDatagram is the most that a UDP datagram can carry over IPv4, in bytes.
const maxDatagram = 65507

func (f *flow) write(data []byte) error {
	if f.stream != nil {
		return f.stream.write(data)
	}
	if len(data) > maxDatagram {
		return fmt.Errorf("message of %d bytes to %s: UDP carries %d at most", len(data), f.remote, maxDatagram)
	}
	_, err := f.socket.WriteToUDPAddrPort(data, f.remote)
	return err
}

// proven are the names in the certificate that the far end has shown; none where it was not asked for one.
func (f *flow) proven() []string {
	if f.stream == nil {
		return nil
	}
	secure, ok := f.stream.conn.(*tls.Conn)
	if !ok {
		return nil
	}
	chains := secure.ConnectionState().VerifiedChains
	if len(chains) == 0 {
		return nil
	}
	leaf := chains[0][0]
	return append(slices.Clone(leaf.DNSNames), leaf.Subject.CommonName)
}

// LocalAddr, Ref, TryClose and Close make a flow a gosip.Connection. The socket outlives every transaction, so that
// counting references has no use.
func (f *flow) LocalAddr() net.Addr {
	if f.stream != nil {
		return net.TCPAddrFromAddrPort(f.local)
	}
	return net.UDPAddrFromAddrPort(f.local)
}

// Ref is part of gosip.Connection.
func (f *flow) Ref(int) int { return 1 }

// TryClose is part of gosip.Connection.
func (f *flow) TryClose() (int, error) { return 1, nil }

// Close is part of gosip.Connection.
func (f *flow) Close() error { return nil }
