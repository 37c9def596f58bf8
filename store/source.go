package store

import "net/netip"

// Source is where calls of a trunk come from: a prefix of addresses, and a port or any.
type Source struct {
	Prefix netip.Prefix
	Port   uint16 // 0: any
}

// ParseSource reads where a trunk's calls come from: as ParseAddress, or one IP address with a port, as 192.0.2.7:5070 or
// [2001:db8::7]:5070.
func ParseSource(text string) (Source, error) {
	var port uint16
	if at, err := netip.ParseAddrPort(text); err == nil && at.Port() != 0 {
		text, port = at.Addr().String(), at.Port()
	}
	prefix, err := ParseAddress(text)
	return Source{prefix, port}, err
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

// String is the source as ParseSource reads it.
func (s Source) String() string {
	switch {
	case s.Port != 0:
		return netip.AddrPortFrom(s.Prefix.Addr(), s.Port).String()
	case s.Prefix.IsSingleIP():
		return s.Prefix.Addr().String()
	}
	return s.Prefix.String()
}

// MarshalText writes it as String does.
func (s Source) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads it as ParseSource does.
func (s *Source) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSource(string(text))
	return err
}

// Covers tells whether an address is the source's.
func (s Source) Covers(at netip.AddrPort) bool {
	return s.Prefix.Contains(at.Addr().Unmap().WithZone("")) && (s.Port == 0 || s.Port == at.Port())
}

func (s Source) valid() bool {
	return s.Prefix.IsValid() && s.Prefix == s.Prefix.Masked() && !s.Prefix.Addr().Is4In6() && (s.Port == 0 || s.Prefix.IsSingleIP())
}

func (s Source) overlaps(other Source) bool {
	return s.Prefix.Overlaps(other.Prefix) && (s.Port == 0 || other.Port == 0 || s.Port == other.Port)
}
