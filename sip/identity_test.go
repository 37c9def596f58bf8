package sip

import (
	"net/netip"
	"testing"
)

func id(name, user, host string) CallerID { return CallerID{Name: name, User: user, Host: host} }

func TestCallerOf(t *testing.T) {
	for _, tt := range []struct {
		from string
		want CallerID
	}{
		{`<sip:1000@example.com>`, id("", "1000", "example.com")},
		{`sip:1000@example.com`, id("", "1000", "example.com")},
		{`"Anna Lee" <sip:1000@example.com>`, id("Anna Lee", "1000", "example.com")},
		{`Anna Lee <sip:1000@example.com>`, id("Anna Lee", "1000", "example.com")},
		{`"Mr. \"X\" \\ Y" <sip:1000@example.com>`, id(`Mr. "X" \ Y`, "1000", "example.com")},
		{`"" <sip:1000@example.com>`, id("", "1000", "example.com")},
		{`"Žluťoučký 你好" <sip:1000@example.com>`, id("Žluťoučký 你好", "1000", "example.com")},
		{"\"bad \xff utf8\" <sip:1000@example.com>", id("bad \uFFFD utf8", "1000", "example.com")},
		{"\"a\x07b\x00c\x1b[31m\" <sip:1000@example.com>", id("abc[31m", "1000", "example.com")},
		{`"${SHELL(id)} $[1+1]" <sip:1000@example.com>`, id("${SHELL(id)} $[1+1]", "1000", "example.com")},
		{`"%41" <sip:%41%2541@example.com>`, id("%41", "A%41", "example.com")}, // once, never again
		{`<sip:+33-1(55)@example.com>`, id("", "+33-1(55)", "example.com")},
		{`<sip:+33-1(55)%3bphone-context=x@example.com;user=phone>`, id("", "+33155", "example.com")},
		{`<tel:+1-555-0100;phone-context=example.com>`, id("", "+15550100", "")},
		{`<sip:[2001:db8::1]>`, id("", "", "2001:db8::1")},
		{`<sip:x%0d%0aEvil%3a1@example.com>`, id("", "x%0d%0aEvil:1", "example.com")},
	} {
		got := CallerOf(request(t, "INVITE", "From: "+tt.from+";tag=1"))
		if got != tt.want {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.from, got, tt.want)
		}
	}
}

func TestAssertedIdentityIsForTrunks(t *testing.T) {
	req := request(t, "INVITE", "From: <sip:anonymous@anonymous.invalid>;tag=1", `P-Asserted-Identity: "Doe, Jane" <sip:+33123456789@carrier.example>, <tel:+33123456789>`)
	if got := CallerOf(req).User; got != "anonymous" {
		t.Errorf("of a phone it is believed: %q", got)
	}
	if got, want := TrunkCallerOf(req), (CallerID{Name: "Doe, Jane", User: "+33123456789", Host: "carrier.example", Private: true}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, value := range []string{"", "<", "*", "<sip:carrier.example>"} {
		req := request(t, "INVITE", "P-Asserted-Identity: "+value)
		if got := TrunkCallerOf(req).User; got != "1000" {
			t.Errorf("P-Asserted-Identity %q: %q, want From", value, got)
		}
	}
}

func TestCallersWhoWithholdTheirNumber(t *testing.T) {
	for _, tt := range []struct {
		headers []string
		user    string
		private bool
	}{
		{[]string{"From: <sip:+33111@c.example>;tag=1"}, "+33111", false},
		{[]string{"From: <sip:anonymous@anonymous.invalid>;tag=1"}, "anonymous", true},
		{[]string{"From: <sip:anonymous@anonymous.invalid>;tag=1", "P-Asserted-Identity: <tel:+33122>", "Privacy: id"}, "+33122", true},
		{[]string{"From: <sip:+33111@c.example>;tag=1", "P-Asserted-Identity: <tel:+33122>", "Privacy: none"}, "+33122", false},
		{[]string{"From: <sip:+33111@c.example>;tag=1", `Remote-Party-ID: "Anna" <sip:+33133@c.example>;party=calling;privacy=off`}, "+33133", false},
		{[]string{"From: <sip:+33111@c.example>;tag=1", `Remote-Party-ID: <sip:+33133@c.example>;party=calling;privacy=full`}, "+33133", true},
		{[]string{"From: <sip:+33111@c.example>;tag=1", "Remote-Party-ID: <sip:+33133@c.example>", "P-Asserted-Identity: <sip:+33122@c.example>"}, "+33122", false},
		{[]string{"From: <sip:+33111@c.example>;tag=1", "P-Asserted-Identity: >x<"}, "+33111", false},
	} {
		got := TrunkCallerOf(request(t, "INVITE", tt.headers...))
		if got.User != tt.user || got.Private != tt.private {
			t.Errorf("%q: %+v, want %s, private %v", tt.headers, got, tt.user, tt.private)
		}
	}
}

func TestCalledOf(t *testing.T) {
	for uri, want := range map[string]string{
		"sip:8899@192.0.2.1":                   "8899",
		"sip:%2398@192.0.2.1":                  "#98",
		"sip:*98@192.0.2.1":                    "*98",
		"tel:+1-555-0100":                      "+15550100",
		"sip:+1.555.0100@192.0.2.1;user=phone": "+15550100",
		"sip:192.0.2.1":                        "",
	} {
		if got := CalledOf(request(t, "INVITE", "line:INVITE "+uri+" SIP/2.0")); got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
}

type oneTrunk netip.Prefix

func (p oneTrunk) Knows(from netip.AddrPort) bool { return netip.Prefix(p).Contains(from.Addr()) }

func (p oneTrunk) Match(a Arrival) (Trunk, bool) {
	return Trunk{Name: "carrier"}, netip.Prefix(p).Contains(a.From.Addr())
}

type onePhone struct{}

func (onePhone) Account(user string) (Account, bool) { return account1000(user) }

func TestTrunkOf(t *testing.T) {
	trunk := oneTrunk(netip.MustParsePrefix("203.0.113.0/24"))
	for _, tt := range []struct {
		source, from string
		want         string
	}{
		{"203.0.113.7:5060", "<sip:+33123456789@carrier.example>", "carrier"},
		{"[::ffff:203.0.113.7]:5060", "<sip:+33123456789@carrier.example>", "carrier"},
		{"198.51.100.1:5060", "<sip:+33123456789@203.0.113.7>", ""},   // From names the trunk, the source does not
		{"203.0.113.7:5060", "<sip:1000@carrier.example>", ""},        // a phone of ours: it is challenged
		{"203.0.113.7:5060", "<sip:%31000@carrier.example>", ""},      // however it is written
		{"203.0.113.7:5060", "<sip:1001@carrier.example>", "carrier"}, // no phone of ours
		{"203.0.113.7:5060", "<sip:anonymous@anonymous.invalid>", "carrier"},
	} {
		got, ok := TrunkOf(request(t, "INVITE", "From: "+tt.from+";tag=1"), netip.MustParseAddrPort(tt.source), nil, trunk, onePhone{})
		if name := got.Name; ok && name != tt.want || ok != (tt.want != "") {
			t.Errorf("%s %s: %q, %v, want %q", tt.source, tt.from, got.Name, ok, tt.want)
		}
	}
	if _, ok := TrunkOf(request(t, "INVITE"), netip.MustParseAddrPort("203.0.113.7:5060"), nil, nil, nil); ok {
		t.Error("a trunk without trunks")
	}
}
