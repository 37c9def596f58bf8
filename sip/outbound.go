package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// ErrFlowGone is returned when a far end can only be reached over the connection that it opened, and that is no more (RFC 5626 §5.3.1: 430
// Flow Failed).
var ErrFlowGone = errors.New("the connection over which it is reached is gone")

// Contacts are the ways to a phone: one Target for each of its contacts that can be reached, to be called all at once. The
// highest q comes first (RFC 3261 §20.10), of equal ones the newest. A telephone that has registered over several flows
// (RFC 5626) is there once, by the newest of them that lives. None: the phone is not registered, or its bindings cannot be
// read, which is logged.
//
// A Target goes where its REGISTER came from, through NAT and proxies, whatever host the contact names.
func (s *Server) Contacts(number string) []Target {
	if s.config.Bindings == nil {
		return nil
	}
	bindings, err := s.config.Bindings.Load(number)
	if err != nil {
		s.log.Error("the registrations of a phone cannot be read", "phone", number, "error", err)
		return nil
	}
	reachable := s.reachable(number, Alive(bindings, time.Now()))
	targets := make([]Target, len(reachable))
	for i, b := range reachable {
		targets[i] = Target{URI: b.Contact, Path: b.Path, Flow: b.Source}
	}
	return targets
}

// reachable picks from the bindings of a phone those that can be called, the best first.
func (s *Server) reachable(number string, bindings []Binding) []Binding {
	bindings = slices.DeleteFunc(bindings, func(b Binding) bool { return !s.lives(b) || s.presences.unreachable(number, b.Contact) })
	slices.Reverse(bindings) // saved in the order of their registration
	slices.SortStableFunc(bindings, func(a, b Binding) int { return cmp.Compare(b.q(), a.q()) })
	seen := make(map[string]bool)
	return slices.DeleteFunc(bindings, func(b Binding) bool {
		if b.Instance == "" || b.RegID == 0 {
			return false
		}
		again := seen[b.Instance]
		seen[b.Instance] = true
		return again
	})
}

// lives tells whether there is a way to a binding: always over UDP, else while the connection is open or another may
// be opened.
func (s *Server) lives(b Binding) bool {
	if s.connected(b.Source) {
		return true
	}
	_, ok := b.listens()
	return ok
}

// q is the preference of a contact, 0 to 1; 1 when it says none.
func (b *Binding) q() float64 {
	for param := range strings.SplitSeq(b.Params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			if q, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && q >= 0 && q <= 1 {
				return q
			}
		}
	}
	return 1
}

// listens gives the address at which a telephone takes connections, once the one it registered over is gone. There is
// none behind NAT, where the contact names another address than that which the REGISTER came from, none of a browser,
// and none of who keeps flows itself (RFC 5626): those come back.
func (b *Binding) listens() (netip.AddrPort, bool) {
	if b.RegID != 0 || b.Source.Transport != "tcp" {
		return netip.AddrPort{}, false
	}
	var uri gosip.Uri
	next := b.Contact
	if len(b.Path) > 0 {
		next = uriOf(b.Path[0])
	}
	if gosip.ParseUri(next, &uri) != nil {
		return netip.AddrPort{}, false
	}
	addr, err := hostAddr(uri.Host)
	if err != nil || addr != b.Source.Addr.Addr() || uri.Port < 0 || uri.Port > 65535 {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(addr, uint16(cmp.Or(uri.Port, 5060))), true
}

// flowBack is the way to a contact: where its REGISTER came from.
func (s *Server) flowBack(ctx context.Context, target *Target) (*flow, error) {
	source := target.Flow
	if source.Transport == "udp" {
		e := s.edgeFor(source.Addr.Addr(), source.Local)
		if e == nil {
			return nil, fmt.Errorf("no way to %s: no UDP socket for it", source.Addr)
		}
		return &flow{socket: e.socket, local: e.local, remote: source.Addr}, nil
	}
	if c := s.streams.at(source.Transport, source.Addr); c != nil {
		return c.flow(), nil
	}
	binding := Binding{Contact: target.URI, Path: target.Path, Source: source}
	addr, ok := binding.listens()
	if !ok {
		return nil, ErrFlowGone
	}
	c, err := s.streams.get(ctx, Hop{Transport: "tcp", Addr: addr})
	if err != nil {
		return nil, fmt.Errorf("no way to %s: %w", addr, err)
	}
	return c.flow(), nil
}

// uriOf is the URI of an element of Route or Path: what stands between < and >.
func uriOf(text string) string {
	if _, rest, ok := strings.Cut(text, "<"); ok {
		text, _, _ = strings.Cut(rest, ">")
	}
	return strings.TrimSpace(text)
}
