package store

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"
)

type rawJSON = json.RawMessage

// Trunk is a carrier's link: calls that come from its address enter the dialplan in its context.
type Trunk struct {
	Name    string       `json:"name"`
	Address netip.Prefix `json:"address"` // no two trunks share an address
	Context string       `json:"context"`
	Created time.Time    `json:"created"`
}

// NewTrunk makes the record of a trunk. It is checked when it is put.
func NewTrunk(name string, address netip.Prefix, context string) Trunk {
	return Trunk{Name: name, Address: address, Context: context, Created: time.Now().Truncate(time.Second)}
}

// ParseAddress reads a network, such as the address of a trunk: one IP address, or a prefix of which the bits behind its length are
// zero. An IPv4 address written as IPv6 is the IPv4 address.
func ParseAddress(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		addr, addrErr := netip.ParseAddr(text)
		if addrErr != nil {
			return netip.Prefix{}, invalid("address %q is neither an IP address nor a prefix such as 203.0.113.0/28", text)
		}
		if addr.Zone() != "" {
			return netip.Prefix{}, invalid("address %q: there can be no zone in it", text)
		}
		p = netip.PrefixFrom(addr, addr.BitLen())
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	if p != p.Masked() {
		return netip.Prefix{}, invalid("address %s has bits behind its length: did you mean %s, or %s?", text, p.Masked(),
			netip.PrefixFrom(p.Addr(), p.Addr().BitLen()))
	}
	return p, nil
}

// Validate says what is wrong with the record, as a *FieldError.
func (t Trunk) Validate() error {
	if err := validName("trunk name", t.Name, ""); err != nil {
		return err
	}
	if !t.Address.IsValid() || t.Address != t.Address.Masked() || t.Address.Addr().Is4In6() {
		return invalid("trunk %s: %s is no address of a trunk", t.Name, t.Address)
	}
	return validContext(t.Context)
}

func checkTrunk(key string, t Trunk, others func(func(string, Trunk) bool)) error {
	if key != t.Name {
		return invalid("trunk %s under the key %q", t.Name, key)
	}
	if err := t.Validate(); err != nil {
		return err
	}
	var err error
	others(func(name string, other Trunk) bool {
		if name != key && other.Address.Overlaps(t.Address) {
			err = invalid("trunk %s: address %s overlaps %s of trunk %s: a call from there could be either's", t.Name, t.Address, other.Address, name)
		}
		return err == nil
	})
	return err
}

// trunkIndex is the list of trunks as of a number of edits.
type trunkIndex struct{ last atomic.Pointer[trunkList] }

type trunkList struct {
	edits  uint64
	trunks []Entry[Trunk]
}

// TrunkAt gives the trunk to which an address belongs. It is for each request that comes in: it reads the disk's
// state once after a change.
func (s *Store) TrunkAt(addr netip.Addr) (Trunk, bool) {
	edits := s.edits[trunkTable].Load()
	list := s.trunkAt.last.Load()
	if list == nil || list.edits != edits {
		trunks, err := s.trunks.List()
		if err != nil {
			s.log.Error("the trunks cannot be read", "why", err)
			return Trunk{}, false
		}
		list = &trunkList{edits, trunks}
		s.trunkAt.last.Store(list)
	}
	addr = addr.Unmap().WithZone("")
	for _, e := range list.trunks {
		if e.Value.Address.Contains(addr) {
			return e.Value, true
		}
	}
	return Trunk{}, false
}

// String is the trunk as a line of text.
func (t Trunk) String() string { return fmt.Sprintf("%s (%s) → %s", t.Name, t.Address, t.Context) }
