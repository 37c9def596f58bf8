package main

import (
	"net/netip"
	"slices"
	"testing"

	"dialtone/media"
	"dialtone/sip"
)

// Media must not be sent to a socket of this server, under whatever address of the machine.
func TestOwnSockets(t *testing.T) {
	streams, err := media.Open(media.Config{Ports: media.PortRange{Low: 33000, High: 33099}, Shards: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer streams.Close()
	stream, err := streams.New(netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	var c serveCommand
	c.External = netip.MustParseAddr("198.51.100.7")
	listeners := []sip.Listener{
		{Transport: "udp", Addr: netip.MustParseAddrPort("0.0.0.0:5060")}, {Transport: "tcp", Addr: netip.MustParseAddrPort("192.0.2.1:5080")},
	}
	rtp := uint16(stream.LocalPort())
	loopback := netip.MustParseAddr("127.0.0.1")
	for _, tt := range []struct {
		addr netip.Addr
		port uint16
		own  bool
	}{
		{loopback, 5060, true}, {c.External, 5060, true}, {netip.MustParseAddr("203.0.113.9"), 5060, false},
		{netip.MustParseAddr("192.0.2.1"), 5080, true}, {loopback, 5080, false},
		{loopback, rtp, true}, {loopback, rtp + 1, true}, {c.External, rtp, true}, {netip.MustParseAddr("203.0.113.9"), rtp, false},
		{loopback, 4000, false},
	} {
		if got := c.ownSocket(listeners, streams, netip.AddrPortFrom(tt.addr, tt.port)); got != tt.own {
			t.Errorf("%v:%d is ours: %v, want %v", tt.addr, tt.port, got, tt.own)
		}
	}
	stream.Close()
	if c.ownSocket(listeners, streams, netip.AddrPortFrom(loopback, rtp)) {
		t.Error("a port is ours after its call")
	}
}

// Without --local-network those that the machine's cards are in are local, if there is an external address at all.
func TestLocalNetworks(t *testing.T) {
	var c serveCommand
	if n := c.localNetworks(); n != nil {
		t.Errorf("%v without an external address", n)
	}
	c.External = netip.MustParseAddr("198.51.100.7")
	for _, n := range c.localNetworks() {
		if n.Addr().IsLoopback() || n != n.Masked() {
			t.Errorf("%v", n)
		}
	}
	named := netip.MustParsePrefix("10.0.0.0/8")
	c.Local = []network{network(named)}
	if n := c.localNetworks(); !slices.Equal(n, []netip.Prefix{named}) {
		t.Errorf("%v, want only %v", n, named)
	}
}
