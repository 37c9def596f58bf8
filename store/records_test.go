package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
)

// The hashes are those of RFC 7616 §3.4.2: printf 1000:dialtone:secret | md5sum, and sha256sum.
func TestPhoneKeepsHashesOfItsPassword(t *testing.T) {
	p := NewPhone("1000", "secret", "default")
	if p.HA1MD5 != "c6f3a3319ad7fc92010fc53d6058e123" || p.HA1SHA256 != "cae3a68006fa64b6f5d7644e6d434c37967cb91fed97acd91b8688f2df109e38" {
		t.Errorf("%s %s", p.HA1MD5, p.HA1SHA256)
	}
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
}

func TestPhoneIsChecked(t *testing.T) {
	tests := []struct{ number, context, want string }{
		{"1000", "default", ""},
		{"*8+1#", "from-extern", ""},
		{"alice.b-2_x", "default", ""},
		{"", "default", "no number"},
		{"10 00", "default", `' ' cannot be in it`},
		{"1000@host", "default", `'@' cannot`},
		{"_X.", "default", `'_' cannot`},
		{"-rf", "default", `'-' cannot`},
		{"../x", "default", `'.' cannot`},
		{"ünder", "default", `'ü' cannot`},
		{strings.Repeat("1", 41), "default", "41 characters"},
		{"1000", "", "no context"},
		{"1000", "a,b", `',' cannot`},
		{"1000", "a]b", `']' cannot`},
		{"1000", "a b", `' ' cannot`},
		{"1000", strings.Repeat("c", 80), "80 characters"},
	}
	for _, test := range tests {
		err := NewPhone(test.number, "p", test.context).Validate()
		checkField(t, test.number+" in "+test.context, err, test.want)
	}
	tolls := func(change func(*Phone)) error {
		p := NewPhone("1", "p", "x")
		change(&p)
		return p.Validate()
	}
	if err := tolls(func(p *Phone) { p.MaxCalls, p.CallsPerMinute, p.Allow = 2, 10, []string{"112", "_0[1-7]."} }); err != nil {
		t.Errorf("with limits: %v", err)
	}
	checkField(t, "calls below 0", tolls(func(p *Phone) { p.MaxCalls = -1 }), "max_calls is -1")
	checkField(t, "too many a minute", tolls(func(p *Phone) { p.CallsPerMinute = 1001 }), "calls_per_minute is 1001")
	checkField(t, "an empty pattern", tolls(func(p *Phone) { p.Allow = []string{"112", ""} }), "no extension")
	checkField(t, "a pattern with a space", tolls(func(p *Phone) { p.Allow = []string{"_0 1."} }), "no extension")
	checkField(t, "too many patterns", tolls(func(p *Phone) { p.Allow = make([]string, 65) }), "65 patterns")
	grouped := NewPhone("1", "p", "x")
	grouped.CallGroups, grouped.PickupGroups = []string{"1", "sales"}, []string{"a,b"}
	checkField(t, "groups", grouped.Validate(), "group")
	grouped.PickupGroups = make([]string, 65)
	checkField(t, "groups", grouped.Validate(), "65 groups")
	checkField(t, "without hashes", Phone{Number: "1", Context: "x"}.Validate(), "hashes")
}

func checkField(t *testing.T, name string, err error, want string) {
	t.Helper()
	var field *FieldError
	switch {
	case want == "" && err != nil:
		t.Errorf("%s: %v", name, err)
	case want != "" && (!errors.As(err, &field) || !strings.Contains(err.Error(), want)):
		t.Errorf("%s: %v, does not say %q", name, err, want)
	}
}

func TestRecordUnderAnotherKeyIsRefused(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	_, err := s.Phones().Put("1", NewPhone("2", "p", "x"), Any)
	checkField(t, "phone", err, "under the key")
	_, err = s.Trunks().Put("a", NewTrunk("b", "x", Source{Prefix: netip.MustParsePrefix("192.0.2.0/24")}), Any)
	checkField(t, "trunk", err, "under the key")
	_, err = s.Bindings().Put("", Binding("1"), Any)
	checkField(t, "binding", err, "key of 0 bytes")
}

func TestAddressOfATrunk(t *testing.T) {
	tests := []struct{ text, want, fault string }{
		{"203.0.113.0/28", "203.0.113.0/28", ""},
		{"203.0.113.5", "203.0.113.5", ""},
		{"2001:db8::/32", "2001:db8::/32", ""},
		{"2001:db8::5", "2001:db8::5", ""},
		{"::ffff:203.0.113.5", "203.0.113.5", ""},
		{"::ffff:203.0.113.0/124", "203.0.113.0/28", ""},
		{"203.0.113.5:5070", "203.0.113.5:5070", ""},
		{"[2001:db8::5]:5070", "[2001:db8::5]:5070", ""},
		{"0.0.0.0/0", "0.0.0.0/0", ""},
		{"203.0.113.5/28", "", "did you mean 203.0.113.0/28, or 203.0.113.5/32"},
		{"fe80::1%eth0", "", "zone"},
		{"carrier.example", "", "neither"},
		{"203.0.113.0/33", "", "neither"},
		{"", "", "neither"},
	}
	for _, test := range tests {
		got, err := ParseSource(test.text)
		checkField(t, test.text, err, test.fault)
		if err == nil && got.String() != test.want {
			t.Errorf("%s: %s, want %s", test.text, got, test.want)
		}
	}
}

func TestOverlappingTrunksAreRefused(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	put := func(name, address string) error {
		source, err := ParseSource(address)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Trunks().Put(name, NewTrunk(name, "from-extern", source), Any)
		return err
	}
	for name, address := range map[string]string{"a": "203.0.113.0/28", "b": "203.0.113.16/28", "six": "2001:db8::/64"} {
		if err := put(name, address); err != nil {
			t.Fatal(err)
		}
	}
	err := put("c", "203.0.113.5")
	checkField(t, "inside", err, "overlaps")
	for _, want := range []string{"trunk c", "203.0.113.5 ", "trunk a", "203.0.113.0/28"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	checkField(t, "around", put("c", "203.0.113.0/24"), "overlaps")
	if err := put("a", "203.0.113.0/29"); err != nil {
		t.Errorf("a trunk overlaps with itself: %v", err)
	}

	for _, tt := range []struct {
		name, address string
		domains       []string
		want          string
	}{
		{"port", "203.0.113.40:5060", nil, ""},
		{"other-port", "203.0.113.40:5070", nil, ""},
		{"any-port", "203.0.113.40", nil, "overlaps 203.0.113.40:50"},
		{"red", "203.0.113.50", []string{"red.example"}, ""},
		{"blue", "203.0.113.50", []string{"blue.example"}, ""},
		{"pink", "203.0.113.50", []string{"pink.example", "RED.example"}, "overlaps"},
		{"plain", "203.0.113.50", nil, "overlaps"},
	} {
		source, err := ParseSource(tt.address)
		if err != nil {
			t.Fatal(err)
		}
		trunk := NewTrunk(tt.name, "x", source)
		trunk.Domains = tt.domains
		_, err = s.Trunks().Put(tt.name, trunk, Any)
		checkField(t, tt.name, err, tt.want)
	}
}

func TestRecordOfATrunkWithOneAddressIsRead(t *testing.T) {
	var trunk Trunk
	if err := json.Unmarshal([]byte(`{"name":"carrier","address":"203.0.113.0/28","context":"from-extern","created":"2026-01-02T03:04:05Z"}`), &trunk); err != nil {
		t.Fatal(err)
	}
	if trunk.Name != "carrier" || len(trunk.Addresses) != 1 || trunk.Addresses[0].String() != "203.0.113.0/28" || trunk.Context != "from-extern" || trunk.Created.IsZero() {
		t.Errorf("%+v", trunk)
	}
	if err := trunk.Validate(); err != nil {
		t.Error(err)
	}
}

func TestTrunkIsChecked(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Trunk)
		want   string
	}{
		{"whole", func(t *Trunk) {
			t.Servers, t.Transport, t.Qualify, t.MaxCalls = []string{"a.example", "sip:b.example:5070;transport=tcp"}, "tls", 60, 2
			t.Account = TrunkAccount{User: "u", Password: "p", Register: true, Expires: 600, Line: "l"}
			t.Numbers = TrunkNumbers{DIDFrom: "to", Country: "33", International: "00", National: "0", Strip: 1, Prefix: "9", Format: "+e164"}
			t.Caller = TrunkCaller{By: "rpid", FromUser: "u", FromDomain: "example.com"}
			t.EarlyMedia, t.Redirect = "ring", "follow"
		}, ""},
		{"nowhere", func(t *Trunk) { t.Addresses = nil }, "neither an address"},
		{"a proxy to nowhere", func(t *Trunk) { t.Proxies = []string{"a.example"} }, "a proxy without the server"},
		{"a proxy that is none", func(t *Trunk) { t.Servers, t.Proxies = []string{"a.example"}, []string{"<x>"} }, `server "<x>"`},
		{"a certificate alone", func(t *Trunk) { t.Addresses, t.Certificates = nil, []string{"sbc.example"} }, ""},
		{"a certificate that is none", func(t *Trunk) { t.Certificates = []string{"CN=x,O=y"} }, "is no host"},
		{"a server that is none", func(t *Trunk) { t.Servers = []string{"a b"} }, `server "a b"`},
		{"a domain that is none", func(t *Trunk) { t.Domains = []string{"sip:x"} }, `domain "sip:x"`},
		{"a port of many", func(t *Trunk) { t.Addresses[0] = Source{netip.MustParsePrefix("203.0.113.0/28"), 5060} }, "no address"},
		{"registered without a user", func(t *Trunk) { t.Servers, t.Account.Register = []string{"a.example"}, true }, "to register it needs"},
		{"registered nowhere", func(t *Trunk) { t.Account = TrunkAccount{User: "u", Register: true} }, "to register it needs"},
		{"a password alone", func(t *Trunk) { t.Account.Password = "p" }, "without a user"},
		{"a line end in the user", func(t *Trunk) { t.Account.User = "u\r\nX: y" }, "control characters"},
		{"a peer without hashes", func(t *Trunk) { t.Peer.User = "u" }, "hashes"},
		{"a country with a prefix", func(t *Trunk) { t.Numbers.Country = "0033" }, `no country code`},
		{"a format without a country", func(t *Trunk) { t.Numbers.Format = "e164" }, "needs a country"},
		{"a place that is none", func(t *Trunk) { t.Numbers.DIDFrom = "from" }, `did_from "from" is none of auto, ruri, to, pcpid, diversion`},
		{"a transport that is none", func(t *Trunk) { t.Transport = "sctp" }, `transport "sctp" is none of udp, tcp, tls`},
		{"a header in the domain", func(t *Trunk) { t.Caller.FromDomain = "x>\r\nY: z" }, "cannot stand in a URI"},
		{"too many calls", func(t *Trunk) { t.MaxCalls = -1 }, "max_calls is -1"},
		{"too long", func(t *Trunk) { t.Account.Expires = 100000 }, "86400 seconds"},
		{"too many", func(t *Trunk) { t.Servers = make([]string, 33) }, "more than 32"},
	} {
		trunk := NewTrunk("carrier", "from-extern", Source{Prefix: netip.MustParsePrefix("203.0.113.7/32")})
		tt.change(&trunk)
		checkField(t, tt.name, trunk.Validate(), tt.want)
	}
}

func TestDIDIsChecked(t *testing.T) {
	for _, tt := range []struct{ number, exten, want string }{
		{"+33123456789", "8899", ""}, {"_+331234567XX", "s", ""}, {"_+33!", "s", ""},
		{"0123456789", "8899", "neither a number with +"}, {"+", "8899", "neither"}, {"_+33/..", "8899", "neither"}, {"+33XX", "8899", "neither"},
		{"+33123456789", "a b", "extension"},
	} {
		checkField(t, tt.number, DID{Number: tt.number, Context: "default", Exten: tt.exten}.Validate(), tt.want)
	}
	checkField(t, "context", DID{Number: "+33123456789", Context: "a b", Exten: "1"}.Validate(), "context")
}

// A trunk's password is in its record and in no line that is made of one.
func TestPasswordOfATrunkIsNotPrinted(t *testing.T) {
	trunk := NewTrunk("carrier", "x", Source{Prefix: netip.MustParsePrefix("203.0.113.7/32")})
	trunk.Account = TrunkAccount{User: "u", Password: "hush"}
	for _, text := range []string{fmt.Sprint(trunk), fmt.Sprintf("%+v", trunk.Account), fmt.Sprintf("%#v", trunk.Account), fmt.Sprintf("%q", trunk.Account.Password)} {
		if strings.Contains(text, "hush") {
			t.Errorf("the password is in %s", text)
		}
	}
	kept, err := json.Marshal(trunk)
	if err != nil || !strings.Contains(string(kept), "hush") {
		t.Errorf("%s, %v: the record has lost its password", kept, err)
	}
}

func TestPasswordsAreReadableAndDiffer(t *testing.T) {
	form := regexp.MustCompile(`^[a-hjkmnp-z2-9]{4}(-[a-hjkmnp-z2-9]{4}){3}$`)
	seen := map[string]bool{}
	for range 200 {
		p := NewPassword()
		if !form.MatchString(p) || seen[p] {
			t.Fatal(p)
		}
		seen[p] = true
	}
}
