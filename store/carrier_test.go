package store

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"dialtone/pjsip"
)

func TestWhatOptionsMakeOfATrunk(t *testing.T) {
	source := func(text string) Source {
		s, err := ParseSource(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, test := range []struct {
		name string
		s    pjsip.Sections
		want Trunk
	}{
		{name: "nothing"},
		{
			name: "addresses",
			s:    pjsip.Sections{Identify: pjsip.Options{{"match", "192.0.2.1, 198.51.100.0/24"}, {"match", "203.0.113.9/255.255.255.0"}, {"match", "2001:db8::7"}, {"match", "192.0.2.1:5070"}, {"match", "sip.example.com"}}},
			want: Trunk{Addresses: []Source{source("192.0.2.1"), source("198.51.100.0/24"), source("203.0.113.0/24"), source("2001:db8::7"), source("192.0.2.1:5070")}, Hosts: []string{"sip.example.com"}},
		},
		{
			name: "a registration",
			s: pjsip.Sections{
				Registration:             pjsip.Options{{"server_uri", "sip:sip.example.com:5070"}, {"client_uri", "sip:0123@sip.example.com"}, {"contact_user", "line"}, {"expiration", "600"}, {"retry_interval", "20"}, {"outbound_proxy", `sip:proxy.example.com\;lr`}},
				RegistrationOutboundAuth: pjsip.Options{{"username", "acme"}, {"password", "secret"}, {"realm", "example.com"}},
			},
			want: Trunk{
				Servers: []string{"sip.example.com:5070"}, Proxies: []string{"proxy.example.com"},
				Account: TrunkAccount{User: "acme", Password: "secret", Realm: "example.com", Register: true, Name: "0123", Line: "line", Expires: 600, Retry: 20},
			},
		},
		{
			name: "a registration without a password",
			s:    pjsip.Sections{Registration: pjsip.Options{{"server_uri", "sips:sip.example.com"}, {"client_uri", "sips:0123@sip.example.com"}}},
			want: Trunk{Servers: []string{"sips:sip.example.com"}, Account: TrunkAccount{User: "0123", Register: true}},
		},
		{
			name: "calls elsewhere than the registration",
			s: pjsip.Sections{
				AOR:          pjsip.Options{{"contact", "sip:gate@a.example.com;transport=TCP"}, {"contact", "sip:192.0.2.7"}, {"qualify_frequency", "60"}},
				Registration: pjsip.Options{{"server_uri", "sip:registrar.example.com"}, {"client_uri", "sip:acme@example.com"}},
				OutboundAuth: pjsip.Options{{"username", "acme"}, {"password", "secret"}},
			},
			want: Trunk{
				Servers: []string{"sip:a.example.com;transport=tcp", "192.0.2.7"}, Qualify: 60,
				Account: TrunkAccount{User: "acme", Password: "secret", Register: true, Registrar: "registrar.example.com"},
			},
		},
		{
			name: "a carrier that proves its calls",
			s:    pjsip.Sections{Auth: pjsip.Options{{"username", "them"}, {"password", "secret"}}},
			want: Trunk{Peer: NewTrunkPeer("them", "secret")},
		},
		{
			name: "who calls",
			s:    pjsip.Sections{Endpoint: pjsip.Options{{"from_user", "u"}, {"from_domain", "d.example.com"}, {"send_rpid", "yes"}, {"send_pai", "no"}, {"trust_id_outbound", "no"}, {"send_diversion", "yes"}, {"context", "from-extern"}}},
			want: Trunk{EndpointContext: "from-extern", Caller: TrunkCaller{By: "rpid", FromUser: "u", FromDomain: "d.example.com", Untrusted: true, Diversion: true}},
		},
		{
			name: "who calls, in From",
			s:    pjsip.Sections{Endpoint: pjsip.Options{{"send_rpid", "no"}, {"send_pai", "no"}, {"trust_id_inbound", "yes"}}},
			want: Trunk{Caller: TrunkCaller{By: "from"}},
		},
	} {
		got, err := Trunk{}.fromOptions(test.s)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestOptionsThatCannotBeRead(t *testing.T) {
	for want, s := range map[string]pjsip.Sections{
		"match":             {Identify: pjsip.Options{{"match", "192.0.2.0/33"}}},
		"qualify_frequency": {AOR: pjsip.Options{{"qualify_frequency", "often"}}},
		"expiration":        {Registration: pjsip.Options{{"expiration", "-1"}}},
		"retry_interval":    {Registration: pjsip.Options{{"retry_interval", "99999999999999999999"}}},
	} {
		if _, err := (Trunk{}).fromOptions(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestTheOptionsOfATrunkMakeItAgain: what a command made is the same after somebody has read its endpoint and written it back.
func TestTheOptionsOfATrunkMakeItAgain(t *testing.T) {
	text := func(choices ...string) *rapid.Generator[string] { return rapid.SampledFrom(choices) }
	list := func(choices ...string) *rapid.Generator[[]string] {
		return rapid.SliceOfNDistinct(text(choices...), 0, 3, rapid.ID[string])
	}
	rapid.Check(t, func(t *rapid.T) {
		trunk := NewTrunk("acme", "from-extern")
		for _, address := range list("192.0.2.1", "198.51.100.0/24", "[2001:db8::1]:5070", "2001:db8::/64").Draw(t, "addresses") {
			source, err := ParseSource(address)
			if err != nil {
				t.Fatal(err)
			}
			trunk.Addresses = append(trunk.Addresses, source)
		}
		trunk.Hosts = list("a.example.com", "b.example.com").Draw(t, "hosts")
		trunk.Servers = list("192.0.2.7:5070", "sip:c.example.com;transport=tcp", "sips:d.example.com", "[2001:db8::7]", "e.example.com").Draw(t, "servers")
		trunk.Qualify = rapid.IntRange(0, 3).Draw(t, "qualify")
		trunk.Account = TrunkAccount{
			User: text("acme", "").Draw(t, "user"), Realm: text("", "example.com").Draw(t, "realm"), Line: text("", "line").Draw(t, "line"),
			Password: Secret(text("", "secret").Draw(t, "password")),
		}
		if len(trunk.Servers) > 0 {
			trunk.Proxies = list("192.0.2.8", "sip:f.example.com;transport=tls").Draw(t, "proxies")
			trunk.Account.Register = rapid.Bool().Draw(t, "register")
		}
		if trunk.Account.User == "" {
			trunk.Account = TrunkAccount{}
		}
		trunk.Account.Expires, trunk.Account.Retry = rapid.IntRange(0, 3).Draw(t, "expires"), rapid.IntRange(0, 3).Draw(t, "retry")
		if trunk.Account.Register {
			trunk.Account.Registrar = text("", "registrar.example.com").Draw(t, "registrar")
			trunk.Account.Name = text("", "0123").Draw(t, "name")
		}
		trunk.Caller = TrunkCaller{
			By: text("", "pai", "ppi", "rpid", "from", "none").Draw(t, "by"), FromUser: text("", "u").Draw(t, "from user"), FromDomain: text("", "d").Draw(t, "from domain"),
			Untrusted: rapid.Bool().Draw(t, "untrusted"), Diversion: rapid.Bool().Draw(t, "diversion"), Format: text("", "+e164").Draw(t, "format"),
		}
		if rapid.Bool().Draw(t, "peer") {
			trunk.Peer = NewTrunkPeer("them", "secret")
		}
		trunk.LegRules = drawLegRules(t)
		trunk.MaxCalls, trunk.Domains = 7, []string{"example.com"}
		others := pjsip.Sections{Endpoint: pjsip.Options{{"tos_audio", "ef"}, {"send_pai", "yes"}}, AOR: pjsip.Options{{"contact", "sip:old.example.com"}, {"max_contacts", "1"}}}
		options := trunk.options(others)
		again, err := trunk.fromOptions(options)
		if err != nil {
			t.Fatal(err)
		}
		if !again.equal(trunk) {
			t.Fatalf("%s\nby %+v\nis %s", asJSON(t, trunk), options, asJSON(t, again))
		}
		if options.Endpoint.Get("tos_audio") != "ef" || options.AOR.Get("max_contacts") != "1" {
			t.Fatalf("other options are gone: %+v", options)
		}
		if diff := cmp.Diff(options, trunk.options(options)); diff != "" {
			t.Fatalf("options that say it are not left alone: %s", diff)
		}
	})
}

func asJSON(t rapid.TB, v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// FuzzOptionsOfATrunk: whatever somebody writes into options is a trunk or an error, and that is kept or refused as a record is.
func FuzzOptionsOfATrunk(f *testing.F) {
	f.Add("192.0.2.1/255.255.255.0", "sip:a@b;transport=tcp", "sip:u@h", "60")
	f.Add("host.example", `<sip:h\;lr>`, "u", "x")
	f.Fuzz(func(t *testing.T, match, contact, client, seconds string) {
		s := pjsip.Sections{
			Identify: pjsip.Options{{"match", match}}, AOR: pjsip.Options{{"contact", contact}, {"qualify_frequency", seconds}},
			Registration: pjsip.Options{{"server_uri", contact}, {"client_uri", client}},
		}
		trunk, err := NewTrunk("acme", "from-extern").fromOptions(s)
		if err == nil && trunk.Validate() == nil {
			trunk.options(pjsip.Sections{})
		}
	})
}
