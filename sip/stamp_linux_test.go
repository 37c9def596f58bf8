package sip

import (
	"net/netip"
	"testing"
	"time"
)

func TestDatagramsAreStampedOnArrival(t *testing.T) {
	conn, err := machine{}.ListenPacket(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Skipf("no loopback sockets here: %v", err)
	}
	defer conn.Close()
	e := &edge{socket: conn, local: addrPort(conn.LocalAddr())}
	if _, ok := conn.(stampedReader); !ok {
		t.Fatal("the kernel is not asked")
	}
	// On a machine that is busy a datagram may come late, and be read as soon as it is there: not each one shows when it came.
	for range 50 {
		sent := time.Now()
		if _, err := conn.WriteToUDPAddrPort([]byte("hello"), e.local); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond) // it waits to be read
		reads := time.Now()
		buf := make([]byte, 100)
		n, from, came, err := e.read(buf)
		if err != nil || string(buf[:n]) != "hello" || from != e.local {
			t.Fatalf("%q from %v, %v", buf[:n], from, err)
		}
		// The kernel's clock may be a little apart from ours, never by as much as the datagram has waited.
		if came.Before(sent.Add(-5 * time.Millisecond)) {
			t.Fatalf("it came %v before it was sent", sent.Sub(came))
		}
		if came.Before(reads.Add(-15 * time.Millisecond)) {
			return
		}
	}
	t.Error("of 50 datagrams that waited 20 ms none came before it was read")
}
