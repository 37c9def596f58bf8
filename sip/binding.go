package sip

import (
	"net/netip"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// Binding is one place where an account is reached (RFC 3261 §10): a value, kept as JSON.
type Binding struct {
	Contact   string    `json:"contact"`          // the URI with its parameters
	Params    string    `json:"params,omitempty"` // the contact's parameters, from the first ";", without expires
	Path      []string  `json:"path,omitempty"`   // RFC 3327: the Route of requests to the contact, each with < >
	CallID    string    `json:"callID"`
	CSeq      uint32    `json:"cseq"`
	Instance  string    `json:"instance,omitempty"` // +sip.instance without quotes and < > (RFC 5626 §4.1)
	RegID     int       `json:"regID,omitempty"`    // RFC 5626 §4.2; 0: none
	Source    Source    `json:"source"`             // where the REGISTER came from
	UserAgent string    `json:"userAgent,omitempty"`
	Expires   time.Time `json:"expires"`
}

// Source is where a request came from: the way back to a telephone behind NAT.
type Source struct {
	Transport string         `json:"transport"` // as in Listener
	Addr      netip.AddrPort `json:"addr"`
	Local     netip.AddrPort `json:"local,omitzero"` // the socket of ours on which it came
}

// Bindings is where registrations are kept. A Registrar calls it for one AOR at a time, and never twice at once for
// the same.
type Bindings interface {
	// Load gives the bindings of an AOR in the order in which they were saved; none is no error.
	Load(aor string) ([]Binding, error)
	// Save replaces the bindings of an AOR; none removes it. They are on disk when it returns.
	Save(aor string, bindings []Binding) error
	// Each gives the bindings of each AOR that has any, in no order.
	Each(func(aor string, bindings []Binding)) error
}

// SameURI compares two URIs by RFC 3261 §19.1.4: user and password by their characters, whether escaped or not, host and
// parameter names without regard to case; a port or transport that only one of them names makes them differ.
func SameURI(a, b *gosip.Uri) bool {
	if !strings.EqualFold(a.Scheme, b.Scheme) {
		return false
	}
	if a.Scheme != "sip" && a.Scheme != "sips" {
		return a.Raw() == b.Raw() && a.Wildcard == b.Wildcard
	}
	if unescape(a.User) != unescape(b.User) || unescape(a.Password) != unescape(b.Password) ||
		!sameHost(a.Host, b.Host) || a.Port != b.Port {
		return false
	}
	return sameParams(a.UriParams, b.UriParams) && sameParams(b.UriParams, a.UriParams) && sameHeaders(a.Headers, b.Headers)
}

// sameParams tells whether each parameter of a is equal in b, or may be absent there.
func sameParams(a, b gosip.HeaderParams) bool {
	for _, p := range a {
		value, found := paramOf(b, p.K)
		if found {
			if !strings.EqualFold(unescape(p.V), unescape(value)) {
				return false
			}
			continue
		}
		switch strings.ToLower(p.K) {
		case "user", "ttl", "method", "maddr", "transport":
			return false
		}
	}
	return true
}

// sameHeaders tells whether two lists of URI headers are equal in any order; these never count as absent.
func sameHeaders(a, b gosip.HeaderParams) bool {
	if len(a) != len(b) {
		return false
	}
	for _, h := range a {
		value, found := paramOf(b, h.K)
		if !found || unescape(h.V) != unescape(value) {
			return false
		}
	}
	return true
}

// paramOf finds a parameter by its name, in any case.
func paramOf(params gosip.HeaderParams, name string) (value string, found bool) {
	for _, p := range params {
		if strings.EqualFold(p.K, name) {
			return p.V, true
		}
	}
	return "", false
}

// sameHost compares host names without regard to case, and addresses by their value.
func sameHost(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	one, err1 := hostAddr(a)
	other, err2 := hostAddr(b)
	return err1 == nil && err2 == nil && one == other
}

// hostAddr reads the host of a URI as an address, with or without brackets. The three colons that RFC 3261's grammar
// allowed by mistake before an IPv4 part mean two (RFC 5118 §4.10).
func hostAddr(host string) (netip.Addr, error) {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	addr, err := netip.ParseAddr(strings.Replace(host, ":::", "::", 1))
	return addr.Unmap(), err
}

// unescape undoes every %-escape, once; what is no escape stays as it is.
func unescape(text string) string {
	if strings.IndexByte(text, '%') < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			hi, lo := unhex(text[i+1]), unhex(text[i+2])
			if hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// unhex is the value of a hexadecimal digit, or -1.
func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
