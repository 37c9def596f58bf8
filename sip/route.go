package sip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// reachedAt is the address under which the far end of f reaches us: in Contact, Via and SDP.
func (s *Server) reachedAt(f *flow) netip.AddrPort {
	addr := f.local.Addr()
	switch {
	case s.config.External.IsValid() && s.config.External.Is4() == f.remote.Addr().Is4():
		addr = s.config.External
	case addr.IsUnspecified():
		addr = s.source(f.remote.Addr(), addr)
	}
	return netip.AddrPortFrom(addr, f.local.Port())
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

// flowTo is the way to the host of a URI.
func (s *Server) flowTo(ctx context.Context, uri *gosip.Uri) (*flow, error) {
	transport := lower(uri.UriParams.GetOr("transport", "udp"))
	if uri.Scheme == "sips" || transport != "udp" && transport != "tcp" {
		return nil, fmt.Errorf("no way to %s: only udp and tcp are spoken", uri.String())
	}
	return s.flowToHost(ctx, transport, uri.Host, uri.Port, netip.AddrPort{})
}

// flowToHost is the way to a host; on UDP from the socket local, if that is one of ours.
func (s *Server) flowToHost(ctx context.Context, transport, host string, port int, local netip.AddrPort) (*flow, error) {
	if port == 0 {
		port = 5060
	}
	if port < 0 || port > 65535 {
		return nil, fmt.Errorf("no way to %s: %d is no port", host, port)
	}
	addrs, err := s.resolve(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("no way to %s: %w", host, err)
	}
	why := error(nil)
	for _, addr := range addrs {
		to := netip.AddrPortFrom(addr, uint16(port))
		if transport == "tcp" {
			c, err := s.streams.get(ctx, to)
			if err != nil {
				why = err
				continue
			}
			return c.flow(), nil
		}
		if e := s.edgeFor(addr, local); e != nil {
			return &flow{socket: e.socket, local: e.local, remote: to}, nil
		}
		why = fmt.Errorf("no UDP socket for %s", addr)
	}
	return nil, fmt.Errorf("no way to %s: %w", net.JoinHostPort(host, fmt.Sprint(port)), why)
}

// resolve gives the addresses of a host. Names are looked up as they are: without SRV (RFC 3263).
func (s *Server) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return []netip.Addr{addr.Unmap()}, nil
	}
	addrs, err := s.config.Network.Lookup(ctx, host)
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	if err == nil && len(addrs) == 0 {
		err = fmt.Errorf("host %q has no address", host)
	}
	return addrs, err
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
		port = 5060
	}
	if last.remote.Port() == uint16(port) && (last.stream == nil || s.streams.open(last.stream)) {
		if addr, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil && addr.Unmap() == last.remote.Addr() {
			return last, nil
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	return s.flowToHost(ctx, d.Transport, host, port, d.Local)
}

func lower(text string) string { return strings.ToLower(text) }
