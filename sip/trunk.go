package sip

import (
	"net/netip"

	gosip "github.com/emiago/sipgo/sip"
)

// TrunkOf tells which trunk a request came by: its source address decides, never a header. But a request whose From
// names a phone of ours is that phone's, wherever it comes from, and must be challenged. trunks and accounts may be nil.
func TrunkOf(req *gosip.Request, from netip.AddrPort, trunks Trunks, accounts Accounts) (name string, ok bool) {
	if trunks == nil {
		return "", false
	}
	if name, ok = trunks.Match(netip.AddrPortFrom(from.Addr().Unmap(), from.Port())); !ok {
		return "", false
	}
	if accounts != nil {
		if _, phone := accounts.Account(CallerOf(req).User); phone {
			return "", false
		}
	}
	return name, true
}
