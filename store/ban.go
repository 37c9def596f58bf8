package store

import (
	"net/netip"
	"time"
)

// Ban is a network to which the server does not listen, by an operator's word. Bans that the server makes itself are not kept: no
// stranger makes the database grow.
type Ban struct {
	Source netip.Prefix `json:"source"` // its text is the record's key
	Since  time.Time    `json:"since"`
	Until  time.Time    `json:"until,omitzero"` // zero: until it is lifted
	Why    string       `json:"why"`
}

// maxWhy is how long the reason of a ban may be, in bytes.
const maxWhy = 200

func checkBan(key string, b Ban) error {
	switch {
	case !b.Source.IsValid() || b.Source != b.Source.Masked() || b.Source.Addr().Is4In6():
		return invalid("%s is no network that can be banned", b.Source)
	case key != b.Source.String():
		return invalid("the ban of %s under the key %q", b.Source, key)
	case len(b.Why) > maxWhy:
		return invalid("the reason of a ban has %d bytes (at most %d)", len(b.Why), maxWhy)
	}
	return nil
}
