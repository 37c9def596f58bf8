package sip_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"dialtone/sip"
)

// loopback runs a server on real sockets of the machine.
func loopback(t testing.TB, config sip.Config) (udp, tcp netip.AddrPort, server *sip.Server) {
	t.Helper()
	config.Listen = []sip.Listener{listener("udp:127.0.0.1:0"), listener("tcp:127.0.0.1:0"), listener("udp:[::1]:0")}
	if config.Incoming == nil {
		config.Incoming = func(l *sip.Leg) { l.SetNegotiator(&media{}); l.Answer() }
	}
	if config.Trunks == nil {
		config.Trunks = everybody{}
	}
	server, err := sip.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Listen(); err != nil {
		t.Skipf("no loopback sockets here: %v", err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.Background()) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	addrs := server.Addrs()
	return addrs[0].Addr, addrs[2].Addr, server
}

// request writes a request with as many bytes of a header that nobody knows.
func request(method, transport, addr, branch, body string, filler int) string {
	return fmt.Sprintf("%s sip:8899@%s SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:9;rport;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n"+
		"From: <sip:x@127.0.0.1>;tag=1\r\nTo: <sip:8899@%s>\r\nCall-ID: %s\r\nCSeq: 1 %s\r\nContact: <sip:x@127.0.0.1:9>\r\n"+
		"Subject: %s\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
		method, addr, transport, branch, addr, branch, method, strings.Repeat("x", filler), len(body), body)
}

func TestLongRequestOverUDP(t *testing.T) {
	udp, _, _ := loopback(t, sip.Config{})
	conn, err := net.Dial("udp", udp.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write([]byte(request("OPTIONS", "UDP", udp.String(), "long", sdp, 60000))); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 65536)
	n, err := conn.Read(buf)
	if err != nil || !bytes.HasPrefix(buf[:n], []byte("SIP/2.0 200 OK\r\n")) {
		t.Errorf("%v, %.60q", err, buf[:n])
	}
}

func TestINVITEOf6kByteByByteOverTCP(t *testing.T) {
	_, tcp, server := loopback(t, sip.Config{})
	conn, err := net.Dial("tcp", tcp.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	conn.(*net.TCPConn).SetNoDelay(true)
	for _, c := range []byte("\r\n\r\n" + request("INVITE", "TCP", tcp.String(), "bytes", sdp, 6000)) {
		if _, err := conn.Write([]byte{c}); err != nil {
			t.Fatal(err)
		}
	}
	var got []byte
	buf := make([]byte, 65536)
	for !bytes.Contains(got, []byte("SIP/2.0 200 OK")) {
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatalf("%v after %q", err, got)
		}
		got = append(got, buf[:n]...)
	}
	if !bytes.HasPrefix(got, []byte("\r\nSIP/2.0 100 Trying\r\n")) {
		t.Errorf("want a pong and 100 first, got %.80q", got)
	}
	if server.Legs() != 1 {
		t.Errorf("%d legs", server.Legs())
	}
}

func TestTCPWithoutContentLengthIsClosed(t *testing.T) {
	_, tcp, _ := loopback(t, sip.Config{})
	conn, err := net.Dial("tcp", tcp.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(conn, "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n")
	var got bytes.Buffer
	if _, err := got.ReadFrom(conn); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(got.String(), "SIP/2.0 400 ") {
		t.Errorf("got %q, want 400 and the end (RFC 3261 §18.3)", got.String())
	}
}

func TestIPv6(t *testing.T) {
	_, _, server := loopback(t, sip.Config{Incoming: func(l *sip.Leg) { l.Ring() }})
	to := server.Addrs()[1].Addr
	conn, err := net.Dial("udp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	conn.Write([]byte(strings.Replace(request("INVITE", "UDP", to.String(), "six", sdp, 0), "127.0.0.1:9;rport", "[::1]:9;rport", 1)))
	buf := make([]byte, 65536)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(buf[:n], []byte("SIP/2.0 180 Ringing\r\n")) {
			if !bytes.Contains(buf[:n], []byte("Contact: <sip:8899@"+to.String()+">")) || !bytes.Contains(buf[:n], []byte("received=::1")) {
				t.Errorf("got %s", buf[:n])
			}
			return
		}
	}
}

// BenchmarkCall is a call set up and hung up, both ends in this process: 100, 180, 200, ACK, BYE, 200.
func BenchmarkCall(b *testing.B) {
	udp, _, _ := loopback(b, sip.Config{Incoming: func(l *sip.Leg) { l.SetNegotiator(&media{}); l.Ring(); l.Answer() }})
	phone, err := sip.New(sip.Config{Listen: []sip.Listener{listener("udp:127.0.0.1:0")}})
	if err != nil {
		b.Fatal(err)
	}
	if err := phone.Listen(); err != nil {
		b.Fatal(err)
	}
	go phone.Serve(context.Background())
	defer phone.Shutdown(context.Background())
	b.ReportAllocs()
	for b.Loop() {
		l, err := phone.Dial(context.Background(), sip.Target{URI: "sip:8899@" + udp.String(), User: "1000"}, &media{})
		if err != nil {
			b.Fatal(err)
		}
		for e := range l.Events() {
			if _, ok := e.(sip.AnsweredEvent); ok {
				l.Hangup(16)
			}
		}
	}
}

// BenchmarkServedCall is the server's part of a call only: the far end writes ready-made bytes.
func BenchmarkServedCall(b *testing.B) {
	udp, _, _ := loopback(b, sip.Config{Incoming: func(l *sip.Leg) { l.SetNegotiator(&media{}); l.Ring(); l.Answer() }})
	conn, err := net.Dial("udp", udp.String())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	buf := make([]byte, 65536)
	wait := func(what string) []byte {
		for {
			n, err := conn.Read(buf)
			if err != nil {
				b.Fatalf("%s: %v", what, err)
			}
			if bytes.HasPrefix(buf[:n], []byte("SIP/2.0 200")) {
				return buf[:n]
			}
		}
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		branch := fmt.Sprintf("bench%d", i)
		conn.Write([]byte(request("INVITE", "UDP", udp.String(), branch, sdp, 0)))
		ok := wait("INVITE")
		from := bytes.Index(ok, []byte("\r\nTo: ")) + 6
		to := string(ok[from : from+bytes.IndexByte(ok[from:], '\r')])
		in := func(method string, seq int) {
			text := request(method, "UDP", udp.String(), branch, "", 0)
			text = strings.Replace(text, fmt.Sprintf("To: <sip:8899@%s>", udp), "To: "+to, 1)
			text = strings.Replace(text, "CSeq: 1 ", fmt.Sprintf("CSeq: %d ", seq), 1)
			conn.Write([]byte(strings.Replace(text, "branch=z9hG4bK", "branch=z9hG4bK"+method, 1)))
		}
		in("ACK", 1)
		in("BYE", 2)
		wait("BYE")
	}
}
