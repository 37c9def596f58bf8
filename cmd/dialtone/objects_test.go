package main

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dialtone/call"
	"dialtone/pjsip"
	"dialtone/sip"
	"dialtone/store"
)

// What the options of an endpoint say reaches signalling, calls and lamps; a telephone that says no language has its user's.
func TestTheOptionsOfAnEndpointReachItsCalls(t *testing.T) {
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Update(func(tx *store.Tx) error {
		tenant := tx.MasterTenant().UUID
		user, err := tx.Users().Put(store.User{Tenant: tenant, Firstname: "Anna", Language: "fr_FR"})
		if err != nil {
			return err
		}
		desk, err := tx.Endpoints().Put(store.Endpoint{Tenant: tenant, Name: "desk", Sections: pjsip.Sections{
			Auth:     pjsip.Options{{"username", "desk"}, {"password", "secret"}, {"realm", "office.example"}},
			AOR:      pjsip.Options{{"max_contacts", "2"}, {"maximum_expiration", "300"}, {"qualify_frequency", "0"}},
			Endpoint: pjsip.Options{{"allow", "alaw"}, {"device_state_busy_at", "1"}},
		}})
		if err != nil {
			return err
		}
		if _, err = tx.Lines().Put(store.Line{Context: "default", Endpoint: desk.UUID, User: user.ID}); err != nil {
			return err
		}
		carrier, err := tx.Endpoints().Put(store.Endpoint{Tenant: tenant, Name: "carrier", Sections: pjsip.Sections{
			Identify: pjsip.Options{{"match", "192.0.2.1"}}, Endpoint: pjsip.Options{{"dtmf_mode", "inband"}, {"device_state_busy_at", "2"}},
		}})
		if err == nil {
			_, err = tx.Trunks().Put(store.Trunk{Tenant: tenant, Managed: true, Endpoint: carrier.UUID})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	account, ok := accounts{store: s}.Account("desk")
	want := sip.ContactRules{Most: 2, Refuse: true, Max: 5 * time.Minute, Qualify: -time.Second}
	if !ok || account.Realm != "office.example" || account.Contacts != want {
		t.Errorf("the account is %+v, want the contacts %+v", account, want)
	}
	for door, want := range map[call.Door]store.LegRules{
		{Phone: "desk"}:    {Codecs: []string{"alaw"}, BusyAt: 1, Language: "fr_FR"},
		{Trunk: "carrier"}: {Keys: store.KeysByTone, BusyAt: 2},
		{Phone: "nobody"}:  {},
		{Trunk: "nobody"}:  {},
	} {
		if diff := cmp.Diff(want, legs{s}.of(door)); diff != "" {
			t.Errorf("%s: %s", door, diff)
		}
	}
	devices := newDevices(s, func(string) bool { return true })
	for _, device := range []string{"PJSIP/desk", "PJSIP/carrier"} {
		devices.Up(device, device)
	}
	if desk, carrier := devices.State("PJSIP/desk"), devices.State("PJSIP/carrier"); desk != call.DeviceBusy || carrier != call.DeviceInUse {
		t.Errorf("with a call each: desk %s, carrier %s", desk, carrier)
	}
}

// What a phone may do at trunks is what its record says, and where that says nothing, what holds for all.
func TestTollsOfAllAreThoseOfPhonesThatSayNothing(t *testing.T) {
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	limited := store.NewPhone("1001", "p", "default")
	limited.MaxCalls, limited.Allow = 5, []string{"112"}
	for _, phone := range []store.Phone{store.NewPhone("1000", "p", "default"), limited} {
		if _, err := s.Phones().Put(phone.Number, phone, store.New); err != nil {
			t.Fatal(err)
		}
	}
	all := settings{PhoneCalls: 2, PhoneCallsPerMinute: 10, PhoneAllow: []exten{"_0X."}}.tolls()
	for number, want := range map[string]call.TollLimits{
		"1000": {MaxCalls: 2, CallsPerMinute: 10, Allow: []string{"_0X."}},
		"1001": {MaxCalls: 5, CallsPerMinute: 10, Allow: []string{"112"}},
	} {
		got, ok := tolls{s, all}.of(number)
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s, known %v: %s", number, ok, diff)
		}
	}
	if _, ok := (tolls{s, all}).of("1002"); ok {
		t.Error("a phone that is none has limits")
	}
}

// A dialplan names a phone by its number, or by its endpoint's name: that of another phone's number, or of a trunk, is not meant by it.
func TestPhonesAreNamedByNumberAndEndpoint(t *testing.T) {
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.Update(func(tx *store.Tx) error {
		tenant := tx.MasterTenant().UUID
		for _, e := range []struct{ name, user string }{{"desk", "1000"}, {"1001", "hall"}, {"1002", "1001"}, {"1003", "1003"}, {"carrier", "1004"}} {
			made, err := tx.Endpoints().Put(store.Endpoint{Tenant: tenant, Name: e.name, Sections: pjsip.Sections{Auth: pjsip.Options{{"username", e.user}, {"password", "secret"}}}})
			if err != nil {
				return err
			}
			if _, err := tx.Lines().Put(store.Line{Context: "default", Endpoint: made.UUID}); err != nil {
				return err
			}
		}
		_, err := tx.Trunks().Put(store.NewTrunk("carrier", "default", store.Source{Prefix: netip.MustParsePrefix("192.0.2.1/32")}))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][2]string{
		"1000": {"1000", "desk"}, "desk": {"1000", "desk"}, "hall": {"hall", "1001"}, "1001": {"1001", "1002"}, "1002": {"1001", "1002"}, "1003": {"1003", ""}, "carrier": {}, "1004": {"1004", "carrier"}, "nobody": {}, "": {},
	} {
		if number, alias := (names{s}).of(name); number != want[0] || alias != want[1] {
			t.Errorf("%q is phone %q, alias %q; want %q", name, number, alias, want)
		}
	}
}
