package store

import (
	"errors"
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
	_, err = s.Trunks().Put("a", NewTrunk("b", netip.MustParsePrefix("192.0.2.0/24"), "x"), Any)
	checkField(t, "trunk", err, "under the key")
	_, err = s.Bindings().Put("", Binding("1"), Any)
	checkField(t, "binding", err, "key of 0 bytes")
}

func TestAddressOfATrunk(t *testing.T) {
	tests := []struct{ text, want, fault string }{
		{"203.0.113.0/28", "203.0.113.0/28", ""},
		{"203.0.113.5", "203.0.113.5/32", ""},
		{"2001:db8::/32", "2001:db8::/32", ""},
		{"2001:db8::5", "2001:db8::5/128", ""},
		{"::ffff:203.0.113.5", "203.0.113.5/32", ""},
		{"::ffff:203.0.113.0/124", "203.0.113.0/28", ""},
		{"0.0.0.0/0", "0.0.0.0/0", ""},
		{"203.0.113.5/28", "", "did you mean 203.0.113.0/28, or 203.0.113.5/32"},
		{"fe80::1%eth0", "", "zone"},
		{"carrier.example", "", "neither"},
		{"203.0.113.0/33", "", "neither"},
		{"", "", "neither"},
	}
	for _, test := range tests {
		got, err := ParseAddress(test.text)
		checkField(t, test.text, err, test.fault)
		if err == nil && got.String() != test.want {
			t.Errorf("%s: %s, want %s", test.text, got, test.want)
		}
	}
}

func TestOverlappingTrunksAreRefused(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	put := func(name, address string) error {
		prefix, err := ParseAddress(address)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Trunks().Put(name, NewTrunk(name, prefix, "from-extern"), Any)
		return err
	}
	for name, address := range map[string]string{"a": "203.0.113.0/28", "b": "203.0.113.16/28", "six": "2001:db8::/64"} {
		if err := put(name, address); err != nil {
			t.Fatal(err)
		}
	}
	err := put("c", "203.0.113.5")
	checkField(t, "inside", err, "overlaps")
	for _, want := range []string{"trunk c", "203.0.113.5/32", "trunk a", "203.0.113.0/28"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	checkField(t, "around", put("c", "203.0.113.0/24"), "overlaps")
	if err := put("a", "203.0.113.0/29"); err != nil {
		t.Errorf("a trunk overlaps with itself: %v", err)
	}

	at := func(address string) string {
		trunk, _ := s.TrunkAt(netip.MustParseAddr(address))
		return trunk.Name
	}
	for address, want := range map[string]string{
		"203.0.113.7": "a", "203.0.113.8": "", "203.0.113.17": "b", "::ffff:203.0.113.7": "a", "2001:db8::1": "six", "fe80::1%eth0": "",
	} {
		if got := at(address); got != want {
			t.Errorf("%s belongs to %q, want %q", address, got, want)
		}
	}
	s.Trunks().Delete("a", Any)
	if got := at("203.0.113.7"); got != "" {
		t.Errorf("belongs to %q, which was removed", got)
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
