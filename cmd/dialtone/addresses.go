package main

import (
	"net"
	"net/netip"
	"slices"

	"dialtone/media"
	"dialtone/sip"
)

// ownSocket tells whether an address is a listener's, or that of a call's audio: media sent there would come back for ever.
func (c serveCommand) ownSocket(listeners []sip.Listener, streams *media.Streams, a netip.AddrPort) bool {
	own := streams.Uses(int(a.Port()))
	for _, l := range listeners {
		if l.Addr == a {
			return true
		}
		own = own || l.Addr.Port() == a.Port() && l.Addr.Addr().IsUnspecified()
	}
	return own && (a.Addr() == c.External || isOwn(a.Addr()))
}

// isOwn tells whether an address is this machine's.
func isOwn(a netip.Addr) bool {
	return slices.ContainsFunc(interfaces(), func(n netip.Prefix) bool { return n.Addr() == a })
}

// localNetworks are those whose hosts reach this machine at its own address: of --local-network, else those that its cards are
// in. Who calls from the machine itself has asked for the address that others see.
func (c serveCommand) localNetworks() (networks []netip.Prefix) {
	for _, n := range c.Local {
		networks = append(networks, netip.Prefix(n))
	}
	if c.Local != nil || !c.External.IsValid() {
		return networks
	}
	for _, own := range interfaces() {
		if !own.Addr().IsLoopback() {
			networks = append(networks, own.Masked())
		}
	}
	return networks
}

// interfaces are the machine's addresses, each with the network that it is in.
func interfaces() (all []netip.Prefix) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8"), netip.MustParsePrefix("::1/128")}
	}
	for _, addr := range addrs {
		if prefix, err := netip.ParsePrefix(addr.String()); err == nil {
			all = append(all, netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()))
		}
	}
	return all
}
