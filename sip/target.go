package sip

import (
	"context"
	"fmt"
	"net/netip"

	gosip "github.com/emiago/sipgo/sip"
)

// Target is who is called, and as whom.
type Target struct {
	URI      string // sip:8899@192.0.2.1:5060;transport=tcp
	Route    string // URI of the next hop; empty: the host of URI
	Hop      *Hop   // where that is, if it was resolved; nil: it will be
	Name     string // display name of the caller
	From     string // URI of the caller; empty: sip:User@our address
	Caller   string // user of the caller's URI, where From is empty; empty: User
	User     string // account for challenges; empty: they are not answered
	Password string
	Secret   Secret // in place of the password, for who has only its hashes
	Trunk    string // by which the call leaves; empty: by none
	Realm    string // of that account; empty: the first that asks for credentials
	// Path and Flow are the way to a contact of a phone, see Server.Contacts: the Route of the INVITE (RFC 3327), each with
	// < >, and where its REGISTER came from. The zero Flow: to Route, or the host of URI.
	Path []string
	Flow Source
	// MaxForwards is 1..255; 0: 70. A call that is passed on has one less than it came with.
	MaxForwards int
	Diversion   Diversion // who diverted the call; zero: nobody
	Headers     []Header  // others that the INVITE carries, such as P-Asserted-Identity
}

// check tells what of the target cannot be sent.
func (t *Target) check() error {
	if t.MaxForwards < 0 || t.MaxForwards > 255 {
		return fmt.Errorf("a call cannot be passed on %d times: Max-Forwards is 1 to 255", t.MaxForwards)
	}
	for _, h := range t.Headers {
		if err := h.Check(); err != nil {
			return err
		}
	}
	return nil
}

// flowFor is the flow on which a call to a target, whose URI is uri, begins.
func (s *Server) flowFor(ctx context.Context, target *Target, uri *gosip.Uri) (*flow, error) {
	switch {
	case target.Flow.Addr.IsValid():
		return s.flowBack(ctx, target)
	case target.Hop != nil:
		return s.flowToHop(ctx, *target.Hop, netip.AddrPort{})
	case target.Route == "":
		return s.flowTo(ctx, uri)
	}
	var route gosip.Uri
	if err := gosip.ParseUri(target.Route, &route); err != nil {
		return nil, fmt.Errorf("%q is no URI of a next hop: %w", target.Route, err)
	}
	return s.flowTo(ctx, &route)
}
