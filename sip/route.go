package sip

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// reachedAt is the address under which the far end of f reaches us: in Contact, Via and SDP.
func (s *Server) reachedAt(f *flow) netip.AddrPort {
	addr := f.local.Addr()
	switch {
	case s.seesExternal(f.remote.Addr()):
		addr = s.config.External
	case addr.IsUnspecified():
		addr = s.source(f.remote.Addr(), addr)
	}
	return netip.AddrPortFrom(addr, f.local.Port())
}

// seesExternal tells whether a far end is told the external address.
func (s *Server) seesExternal(addr netip.Addr) bool {
	return s.config.External.IsValid() && s.config.External.Is4() == addr.Is4() &&
		!slices.ContainsFunc(s.config.Local, func(n netip.Prefix) bool { return n.Contains(addr) })
}

// source is the address from which packets to a far end leave; asked once for each.
func (s *Server) source(to, otherwise netip.Addr) netip.Addr {
	if a, ok := s.sources.Load(to); ok {
		return a.(netip.Addr)
	}
	addr, err := s.config.Network.Source(to)
	if err != nil {
		return otherwise
	}
	if s.known.Add(1) > sourcesKnown {
		s.sources.Clear()
		s.known.Store(1)
	}
	s.sources.Store(to, addr)
	return addr
}

// port is the port of ours for a transport and the IP version of to; 0 when we do not listen on it.
func (s *Server) port(transport string, to netip.Addr) uint16 {
	for _, l := range s.Addrs() {
		if l.Transport == transport && l.Addr.Addr().Is4() == to.Is4() {
			return l.Addr.Port()
		}
	}
	return 0
}

// flowTo is the way to the host of a URI: to the first of its hops that can be reached.
func (s *Server) flowTo(ctx context.Context, uri *gosip.Uri) (*flow, error) {
	return s.flowBy(ctx, uri, netip.AddrPort{})
}

// flowBy is flowTo; on UDP from the socket local, if that is one of ours.
func (s *Server) flowBy(ctx context.Context, uri *gosip.Uri, local netip.AddrPort) (*flow, error) {
	hops, err := s.hops(ctx, uri)
	if err != nil {
		return nil, err
	}
	for _, hop := range hops {
		var f *flow
		if f, err = s.flowToHop(ctx, hop, local); err == nil {
			return f, nil
		}
	}
	return nil, err
}

// flowToHop is the way to a hop; on UDP from the socket local, if that is one of ours.
func (s *Server) flowToHop(ctx context.Context, hop Hop, local netip.AddrPort) (*flow, error) {
	if hop.Transport == "udp" {
		if e := s.edgeFor(hop.Addr.Addr(), local); e != nil {
			return &flow{socket: e.socket, local: e.local, remote: hop.Addr}, nil
		}
		return nil, fmt.Errorf("no way to %s: there is no UDP socket for its IP version", hop)
	}
	c, err := s.streams.get(ctx, hop)
	if err != nil {
		return nil, fmt.Errorf("no way to %s: %w", hop, err)
	}
	return c.flow(), nil
}

// edgeFor is the socket from which packets to addr leave: local if it is one of ours, or any of that IP version.
func (s *Server) edgeFor(addr netip.Addr, local netip.AddrPort) *edge {
	var found *edge
	for _, e := range s.edges {
		if e.local == local {
			return e
		}
		if found == nil && e.local.Addr().Is4() == addr.Is4() {
			found = e
		}
	}
	return found
}

// flowOf is the way of a request in a dialog; last is where the far side's last request came from.
func (s *Server) flowOf(d *Dialog, last *flow, trunk bool) (*flow, error) {
	host, port := d.hop(trunk)
	if last.stream != nil && len(d.RouteSet) == 0 {
		if s.streams.open(last.stream) {
			return last, nil
		}
		// The connection is lost: the far side may listen at its Contact.
		var contact gosip.Uri
		if gosip.ParseUri(d.RemoteTarget, &contact) == nil {
			host, port = contact.Host, contact.Port
		}
	}
	if port == 0 {
		way, _ := serviceOf(d.Transport)
		port = int(way.port)
	}
	// A proxy that has connected to us is reached by that connection, whatever port it listens on.
	if last.stream == nil && last.remote.Port() == uint16(port) || last.stream != nil && s.streams.open(last.stream) {
		if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil && addr.Unmap() == last.remote.Addr() {
			return last, nil
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	next := gosip.Uri{Scheme: "sip", Host: host, Port: port, UriParams: gosip.HeaderParams{{K: "transport", V: d.Transport}}}
	return s.flowBy(ctx, &next, d.Local)
}

func upper(text string) string { return strings.ToUpper(text) }

func lower(text string) string { return strings.ToLower(text) }
