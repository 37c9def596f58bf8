package outside

import (
	"net/netip"
	"testing"
)

func TestAddressesThatAreNotAsked(t *testing.T) {
	for _, c := range []struct {
		to, host string
		named    bool
		want     bool
	}{
		{"192.0.2.1", "example.org", false, true},
		{"10.0.0.1", "sounds.office.example", false, true},
		{"127.0.0.1", "localhost", true, true},
		{"127.0.0.1", "evil.example", false, false},
		{"::1", "evil.example", false, false},
		{"::ffff:127.0.0.1", "evil.example", false, false},
		{"169.254.169.254", "evil.example", false, false},
		{"169.254.169.254", "named.example", true, false}, // its address may change behind its name
		{"169.254.169.254", "169.254.169.254", true, true},
		{"169.254.169.254", "169.254.169.254", false, false},
		{"::ffff:169.254.169.254", "named.example", true, false},
		{"fe80::1%eth0", "named.example", true, false},
		{"fd00:ec2::254", "named.example", true, false},
		{"0.0.0.0", "named.example", true, false},
		{"224.0.0.1", "named.example", true, false},
		{"255.255.255.255", "named.example", true, false},
	} {
		if got := reachable(netip.MustParseAddr(c.to), c.host, c.named); got != c.want {
			t.Errorf("%s for %s, named: %v: %v", c.to, c.host, c.named, got)
		}
	}
}
