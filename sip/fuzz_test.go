package sip

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// nowhere is a UDP socket that loses all.
type nowhere struct{}

func (nowhere) ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error) {
	return 0, netip.AddrPort{}, net.ErrClosed
}
func (nowhere) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) { return len(b), nil }
func (nowhere) LocalAddr() net.Addr                                        { return &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5060} }
func (nowhere) Close() error                                               { return nil }

type openDoor struct{}

func (openDoor) Knows(netip.AddrPort) bool { return true }

func (openDoor) Match(Arrival) (Trunk, bool) { return Trunk{Name: "trunk"}, true }

// Any datagram from anywhere is answered or dropped; nothing panics, and a call that it makes ends.
func FuzzDatagram(f *testing.F) {
	files, err := filepath.Glob("../testdata/sip/*/*.dat")
	if err != nil || len(files) == 0 {
		f.Fatalf("no messages of RFC 4475 and 5118: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	s, err := New(Config{Trunks: openDoor{}, Incoming: func(l *Leg) { l.Reject(NotFound("nobody")) }})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.close)
	e := &edge{server: s, socket: nowhere{}, local: netip.MustParseAddrPort("192.0.2.1:5060")}
	f.Fuzz(func(t *testing.T, data []byte) {
		e.packet(data, netip.MustParseAddrPort("192.0.2.9:5060"), time.Now())
		stream := &stream{server: s, conn: dead{}, remote: netip.MustParseAddrPort("192.0.2.9:5060"), local: e.local}
		stream.messages(data, stream.flow())
	})
}

// dead is a TCP connection that nobody reads.
type dead struct{ net.Conn }

func (dead) Write([]byte) (int, error) { return 0, net.ErrClosed }

func (dead) SetWriteDeadline(time.Time) error { return nil }
func (dead) Close() error                     { return nil }
