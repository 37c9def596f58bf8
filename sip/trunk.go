package sip

import (
	"net/netip"

	gosip "github.com/emiago/sipgo/sip"
)

// Trunks knows the trunks. It is asked for each INVITE and must not wait.
type Trunks interface {
	// Match tells by which trunk a request comes, if by any.
	Match(Arrival) (Trunk, bool)
	// Knows tells whether requests of any trunk come from an address: it is nobody to be wary of.
	Knows(from netip.AddrPort) bool
}

// Trunk is what signalling knows of a trunk whose call comes in.
type Trunk struct {
	Name      string
	Untrusted bool  // what it asserts of its callers is not believed (RFC 3325 §5)
	Login     Login // for challenges to our requests in its calls; without a realm they are not answered
}

// Arrival is what tells by which trunk a request comes.
type Arrival struct {
	From netip.AddrPort
	// Proven are the names in the certificate that the far end of the connection has shown, by an authority that we
	// believe. Nobody else can have them.
	Proven []string
	User   string // of the URI that is called, without escapes
	Host   string // of that URI
	Line   string // its parameter "line": what the Contact of a registration of ours has, see Registration
}

// arrivalOf is that of a request.
func arrivalOf(req *gosip.Request, from netip.AddrPort, proven []string) Arrival {
	line, _ := paramOf(req.Recipient.UriParams, lineParam)
	return Arrival{
		From: unmap(from), Proven: proven,
		User: CalledOf(req), Host: req.Recipient.Host, Line: line,
	}
}

// TrunkOf tells which trunk a request came by: its certificate decides, its source address, or what only the trunk was
// told, never a header that others could write. But a request whose From names a phone of ours is that phone's, wherever it comes
// from, and must be challenged. trunks and accounts may be nil.
func TrunkOf(req *gosip.Request, from netip.AddrPort, proven []string, trunks Trunks, accounts Accounts) (trunk Trunk, ok bool) {
	if trunks == nil {
		return Trunk{}, false
	}
	if trunk, ok = trunks.Match(arrivalOf(req, from, proven)); !ok {
		return Trunk{}, false
	}
	if accounts != nil {
		if account, known := accounts.Account(CallerOf(req).User); known && account.Trunk.Name == "" {
			return Trunk{}, false
		}
	}
	return trunk, true
}
