package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dialtone/pjsip"
)

// phoneNow is the account of a number, which has to be there.
func phoneNow(t *testing.T, s *Store, number string) Phone {
	t.Helper()
	p, _, err := s.Phones().Get(number)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// desk makes what a telephone consists of: an endpoint, a line, an extension and a user.
type desk struct {
	endpoint  Endpoint
	line      Line
	extension Extension
	user      User
}

func newDesk(tx *Tx, name, exten string) (d desk, err error) {
	tenant := tx.MasterTenant().UUID
	if d.endpoint, err = tx.Endpoints().Put(Endpoint{Tenant: tenant, Name: name, Sections: pjsip.Sections{Auth: pjsip.Options{{"username", name}, {"password", "secret"}}}}); err != nil {
		return d, err
	}
	if d.user, err = tx.Users().Put(User{Tenant: tenant, Firstname: "Alice", CallerID: `"Alice Martin"`}); err != nil {
		return d, err
	}
	if d.line, err = tx.Lines().Put(Line{Context: "default", Endpoint: d.endpoint.UUID, User: d.user.ID}); err != nil {
		return d, err
	}
	d.extension, err = tx.Extensions().Put(Extension{Exten: exten, Context: "default", Enabled: true, Of: Owner{OwnerLine, d.line.ID}})
	return d, err
}

func TestALineWithAnEndpointIsAPhone(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	var d desk
	update(t, s, func(tx *Tx) (err error) { d, err = newDesk(tx, "abc", "1001"); return err })
	want := NewPhone("abc", "secret", "default")
	p := phoneNow(t, s, "abc")
	if p.HA1MD5 != want.HA1MD5 || p.HA1SHA256 != want.HA1SHA256 || p.Context != "default" || p.Endpoint != d.endpoint.UUID {
		t.Errorf("%+v", p)
	}
	if len(p.Variables) != 5 {
		t.Errorf("a user without wishes: its calls are with %v", p.Variables)
	}
	if p.Caller != (PhoneCaller{"Alice Martin", "1001"}) || p.Variables["WAZO_USERUUID"] != d.user.UUID {
		t.Errorf("its calls are from %+v with %v", p.Caller, p.Variables)
	}
	for _, step := range []struct {
		name   string
		change func(*Tx) error
		holds  func(Phone) bool
	}{
		{"the user has another name", func(tx *Tx) error {
			d.user.CallerID = `"Alice M." <+331>`
			_, err := tx.Users().Put(d.user)
			return err
		}, func(p Phone) bool { return p.Caller == PhoneCaller{"Alice M.", "+331"} }},
		{"the user may do more, and records", func(tx *Tx) error {
			u := d.user
			u.CallTransfer, u.DTMFHangup, u.OnlineCallRecord, u.RecordOutgoingIntern, u.RecordOutgoingExtern = true, true, true, true, true
			_, err := tx.Users().Put(u)
			return err
		}, func(p Phone) bool {
			return p.Variables[CallerOptionsVariable] == "THX" && p.Variables[RecordInternVariable] == "1" && p.Variables[RecordExternVariable] == "1"
		}},
		{"the line says who calls", func(tx *Tx) error {
			d.line.CallerIDName, d.line.CallerIDNumber = "Desk", "7"
			_, err := tx.Lines().Put(d.line)
			return err
		}, func(p Phone) bool { return p.Caller == PhoneCaller{"Desk", "7"} }},
		{"the line has no user", func(tx *Tx) error {
			d.line.CallerIDName, d.line.CallerIDNumber, d.line.User = "", "", 0
			_, err := tx.Lines().Put(d.line)
			return err
		}, func(p Phone) bool { return p.Caller == PhoneCaller{"", "1001"} && len(p.Variables) == 0 }},
		{"the extension is another line's", func(tx *Tx) error {
			d.extension.Of = Owner{}
			_, err := tx.Extensions().Put(d.extension)
			return err
		}, func(p Phone) bool { return p.Caller == PhoneCaller{} }},
		{"a template says who calls", func(tx *Tx) error {
			base, err := tx.Templates().Put(Endpoint{Tenant: d.endpoint.Tenant, Name: "base", Sections: pjsip.Sections{Endpoint: pjsip.Options{{"callerid", `"Lobby" <5>`}, {"set_var", "room=7"}, {"call_group", "1,2"}}}})
			if err != nil {
				return err
			}
			middle, err := tx.Templates().Put(Endpoint{Tenant: d.endpoint.Tenant, Name: "middle", Templates: []string{base.UUID}})
			if err != nil {
				return err
			}
			d.endpoint.Templates = []string{middle.UUID}
			_, err = tx.Endpoints().Put(d.endpoint)
			return err
		}, func(p Phone) bool {
			return p.Caller == PhoneCaller{"Lobby", "5"} && p.Variables["room"] == "7" && slices.Equal(p.CallGroups, []string{"1", "2"})
		}},
		{"the template below the template changes", func(tx *Tx) error {
			base, _ := tx.TemplateNamed("base")
			other := *base
			other.Sections = pjsip.Sections{Endpoint: pjsip.Options{{"callerid", `Hall`}}}
			_, err := tx.Templates().Put(other)
			return err
		}, func(p Phone) bool { return p.Caller == PhoneCaller{Name: "Hall"} && p.Variables["room"] == "" }},
	} {
		update(t, s, step.change)
		if p := phoneNow(t, s, "abc"); !step.holds(p) {
			t.Errorf("%s: %+v", step.name, p)
		}
	}
	if _, err := s.Bindings().Put("abc", []byte(`[]`), New); err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx *Tx) error {
		d.endpoint.Auth = pjsip.Options{{"username", "other"}, {"password", "secret"}}
		_, err := tx.Endpoints().Put(d.endpoint)
		return err
	})
	if p := phoneNow(t, s, "other"); p.Alias != "abc" {
		t.Errorf("the endpoint's name is %q", p.Alias)
	}
	if _, _, err := s.Phones().Get("abc"); err == nil {
		t.Error("the former user name still is a phone")
	}
	if _, _, err := s.Bindings().Get("abc"); err == nil {
		t.Error("the former user name is still registered")
	}
	update(t, s, func(tx *Tx) error { return tx.Endpoints().Delete(d.endpoint.ID) })
	if _, _, err := s.Phones().Get("other"); err == nil {
		t.Error("a phone without an endpoint")
	}
	view(t, s, func(tx *Tx) {
		if l, _, ok := tx.Lines().Get(d.line.ID); !ok || l.Endpoint != "" {
			t.Errorf("the line %+v", l)
		}
	})
}

func TestAPhoneOfACommandHasAnEndpointAndALine(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	phone := NewPhone("*12", "secret", "sales")
	phone.MaxCalls, phone.PickupGroups = 3, []string{"sales"}
	if _, err := s.Phones().Put("*12", phone, New); err != nil {
		t.Fatal(err)
	}
	var e Endpoint
	view(t, s, func(tx *Tx) {
		found, ok := tx.EndpointNamed("-12")
		if !ok || found.Auth.Get("username") != "*12" || found.Auth.Get("password") != "" || found.Endpoint.Get("named_pickup_group") != "sales" {
			t.Fatalf("endpoint %+v", found)
		}
		e = *found
		if l, ok := tx.LineOf(e.UUID); !ok || l.Context != "sales" {
			t.Errorf("line %+v", l)
		}
		if c, ok := tx.Context("sales"); !ok || c.Type != ContextInternal {
			t.Errorf("context %+v", c)
		}
	})
	// An endpoint that is written back as it was changes nothing, and another password is that of the phone.
	update(t, s, func(tx *Tx) error { _, err := tx.Endpoints().Put(e); return err })
	if p := phoneNow(t, s, "*12"); p.HA1SHA256 != phone.HA1SHA256 || p.MaxCalls != 3 || !slices.Equal(p.PickupGroups, phone.PickupGroups) {
		t.Errorf("%+v", p)
	}
	update(t, s, func(tx *Tx) error {
		e.Auth = pjsip.Options{{"username", "*12"}, {"password", "other"}}
		_, err := tx.Endpoints().Put(e)
		return err
	})
	changed := phoneNow(t, s, "*12")
	if want := NewPhone("*12", "other", ""); changed.HA1MD5 != want.HA1MD5 || changed.MaxCalls != 3 {
		t.Errorf("%+v", changed)
	}
	// A command that says another context leaves the password that is known as it is.
	changed.Context = "default"
	if _, err := s.Phones().Put("*12", changed, Any); err != nil {
		t.Fatal(err)
	}
	view(t, s, func(tx *Tx) {
		found, _ := tx.Endpoint(e.UUID)
		if l, _ := tx.LineOf(e.UUID); l.Context != "default" || found.Auth.Get("password") != "other" {
			t.Errorf("line %+v of %+v", l, found)
		}
	})
	if err := s.Phones().Delete("*12", Any); err != nil {
		t.Fatal(err)
	}
	view(t, s, func(tx *Tx) {
		if tx.Endpoints().Len() != 0 || tx.Lines().Len() != 0 || tx.Phones().Len() != 0 {
			t.Errorf("%d endpoints, %d lines, %d phones are left", tx.Endpoints().Len(), tx.Lines().Len(), tx.Phones().Len())
		}
	})
}

func TestAnAccountIsOneTelephones(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	update(t, s, func(tx *Tx) error { _, err := newDesk(tx, "abc", "1001"); return err })
	err := s.Update(func(tx *Tx) error {
		d, err := newDesk(tx, "def", "1002")
		if err != nil {
			return err
		}
		d.endpoint.Auth = pjsip.Options{{"username", "abc"}, {"password", "secret"}}
		_, err = tx.Endpoints().Put(d.endpoint)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), `"abc"`) {
		t.Errorf("two endpoints have one user name: %v", err)
	}
	for _, wrong := range []string{"a b", "", strings.Repeat("x", 41)} {
		err := s.Update(func(tx *Tx) error {
			d, err := newDesk(tx, "ghi", "1003")
			if err != nil {
				return err
			}
			d.endpoint.Auth = pjsip.Options{{"username", wrong}, {"password", "secret"}}
			_, err = tx.Endpoints().Put(d.endpoint)
			return err
		})
		if (err == nil) != (wrong == "") {
			t.Errorf("user name %q: %v", wrong, err)
		}
		if wrong == "" {
			view(t, s, func(tx *Tx) {
				if tx.Phones().Len() != 1 {
					t.Error("an endpoint without a user name is a phone")
				}
			})
		}
	}
}

func TestATrunkIsWhatItsEndpointSays(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	var trunk Trunk
	var e Endpoint
	update(t, s, func(tx *Tx) (err error) {
		tenant := tx.MasterTenant().UUID
		if trunk, err = tx.Trunks().Put(Trunk{Tenant: tenant, Managed: true}); err != nil {
			return err
		}
		e, err = tx.Endpoints().Put(Endpoint{Tenant: tenant, Name: "carrier", Sections: pjsip.Sections{Identify: pjsip.Options{{"match", "192.0.2.7"}}, AOR: pjsip.Options{{"contact", "sip:192.0.2.7"}}}})
		return err
	})
	if trunk.Name != "trunk-1" || trunk.Entry() != "from-extern" {
		t.Errorf("%+v", trunk)
	}
	update(t, s, func(tx *Tx) error {
		trunk.Endpoint = e.UUID
		_, err := tx.Trunks().Put(trunk)
		return err
	})
	got, _, err := s.Trunks().Get("carrier")
	if err != nil || len(got.Addresses) != 1 || !slices.Equal(got.Servers, []string{"192.0.2.7"}) {
		t.Fatalf("%+v, %v", got, err)
	}
	// A command changes the endpoint, too.
	got.Servers, got.MaxCalls = []string{"192.0.2.8"}, 9
	if _, err := s.Trunks().Put("carrier", got, Any); err != nil {
		t.Fatal(err)
	}
	view(t, s, func(tx *Tx) {
		found, _ := tx.Endpoint(e.UUID)
		if contact := found.AOR.Get("contact"); contact != "sip:192.0.2.8" {
			t.Errorf("the endpoint's contact is %q", contact)
		}
		e = *found
	})
	// Another trunk may not have the same addresses, by whatever way it comes.
	err = s.Update(func(tx *Tx) error {
		double := e
		double.ID, double.UUID, double.Name = 0, "", "double"
		double, err := tx.Endpoints().Put(double)
		if err != nil {
			return err
		}
		_, err = tx.Trunks().Put(Trunk{Tenant: e.Tenant, Managed: true, Endpoint: double.UUID})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "overlaps") {
		t.Errorf("two trunks have one address: %v", err)
	}
	// Without its endpoint there is nothing left of it but itself.
	update(t, s, func(tx *Tx) error { return tx.Endpoints().Delete(e.ID) })
	view(t, s, func(tx *Tx) {
		left, _, ok := tx.Trunks().Get(trunk.ID)
		if !ok || left.Name != "trunk-1" || len(left.Addresses)+len(left.Servers) != 0 || left.MaxCalls != 9 {
			t.Errorf("%+v", left)
		}
	})
}

func TestATrunkOfACommandHasAnEndpoint(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	source, _ := ParseSource("192.0.2.7")
	if _, err := s.Trunks().Put("carrier", NewTrunk("carrier", "from-carrier", source), New); err != nil {
		t.Fatal(err)
	}
	view(t, s, func(tx *Tx) {
		e, ok := tx.EndpointNamed("carrier")
		if !ok || e.Identify.Get("match") != "192.0.2.7" {
			t.Errorf("%+v", e)
		}
		if c, ok := tx.Context("from-carrier"); !ok || c.Type != ContextIncall {
			t.Errorf("context %+v", c)
		}
	})
	if _, err := s.Trunks().Put("other", NewTrunk("other", "x"), New); err == nil {
		t.Error("a command made a trunk that leads nowhere")
	}
	if err := s.Trunks().Delete("carrier", Any); err != nil {
		t.Fatal(err)
	}
	view(t, s, func(tx *Tx) {
		if tx.Endpoints().Len() != 0 || tx.Trunks().Len() != 0 {
			t.Errorf("%d endpoints, %d trunks are left", tx.Endpoints().Len(), tx.Trunks().Len())
		}
	})
}

func TestATemplateMayBeBasedOnItself(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	update(t, s, func(tx *Tx) error {
		tenant := tx.MasterTenant().UUID
		a, err := tx.Templates().Put(Endpoint{Tenant: tenant, Name: "a", Sections: pjsip.Sections{Endpoint: pjsip.Options{{"callerid", "A"}}}})
		if err != nil {
			return err
		}
		b, err := tx.Templates().Put(Endpoint{Tenant: tenant, Name: "b", Templates: []string{a.UUID}})
		if err != nil {
			return err
		}
		a.Templates = []string{b.UUID, a.UUID}
		if a, err = tx.Templates().Put(a); err != nil {
			return err
		}
		if got := tx.Merged(&b).Endpoint; len(got) != 1 {
			return fmt.Errorf("merged to %v", got)
		}
		return nil
	})
}

// TestPhonesAndTrunksSayWhatTheirObjectsSay does anything, in any order, by objects and by command.
func TestPhonesAndTrunksSayWhatTheirObjectsSay(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	rapid.Check(t, func(r *rapid.T) {
		now := s.objects.Load()
		try := func(f func(*Tx) error) { // what is refused changes nothing
			if tx := newTx(now); tx.run(f) == nil {
				now = tx.state
			}
		}
		names := rapid.SampledFrom([]string{"a", "b", "c"})
		pick := func(label string, n int) int { return rapid.IntRange(1, n).Draw(r, label) }
		options := func() pjsip.Sections {
			all := pjsip.Sections{
				Auth:     pjsip.Options{{"username", names.Draw(r, "user")}, {"password", names.Draw(r, "password")}},
				Identify: pjsip.Options{{"match", fmt.Sprintf("192.0.2.%d", pick("address", 3))}}, AOR: pjsip.Options{{"contact", "sip:" + names.Draw(r, "server")}},
			}
			for _, section := range all.All() {
				if rapid.Bool().Draw(r, "left out") {
					*section = nil
				}
			}
			return all
		}
		for range 12 {
			try(func(tx *Tx) error {
				tenant := tx.MasterTenant().UUID
				uuid := ""
				if e, _, ok := tx.Endpoints().Get(pick("endpoint", 4)); ok {
					uuid = e.UUID
				}
				switch rapid.IntRange(0, 8).Draw(r, "what") {
				case 0:
					e := Endpoint{Tenant: tenant, Name: names.Draw(r, "name"), Sections: options()}
					if t, ok := tx.TemplateNamed("t"); ok && rapid.Bool().Draw(r, "based") {
						e.Templates = []string{t.UUID}
					}
					if old, ok := tx.EndpointNamed(e.Name); ok {
						e.ID, e.UUID = old.ID, old.UUID
					}
					_, err := tx.Endpoints().Put(e)
					return err
				case 1:
					e := Endpoint{Tenant: tenant, Name: "t", Sections: options()}
					if old, ok := tx.TemplateNamed("t"); ok {
						e.ID, e.UUID = old.ID, old.UUID
					}
					_, err := tx.Templates().Put(e)
					return err
				case 2:
					l := Line{Context: "default", Endpoint: uuid}
					if old, _, ok := tx.Lines().Get(pick("line", 3)); ok {
						l.ID = old.ID
					}
					_, err := tx.Lines().Put(l)
					return err
				case 3:
					t := Trunk{Tenant: tenant, Managed: true, Endpoint: uuid}
					if old, _, ok := tx.Trunks().Get(pick("trunk", 3)); ok {
						t = *old
						t.Managed, t.Endpoint = true, uuid
					}
					_, err := tx.Trunks().Put(t)
					return err
				case 4:
					return tx.Endpoints().Delete(pick("endpoint", 4))
				case 5:
					return tx.Lines().Delete(pick("line", 3))
				case 6:
					return tx.Templates().Delete(pick("template", 2))
				case 7:
					return tx.Trunks().Delete(pick("trunk", 3))
				}
				return nil
			})
			name := names.Draw(r, "command's name")
			try(func(tx *Tx) (err error) {
				switch rapid.IntRange(0, 9).Draw(r, "command") {
				case 0:
					_, err = s.Phones().put(tx, name, NewPhone(name, "secret", "default"), Any)
				case 1:
					err = s.Phones().remove(tx, name, Any)
				case 2:
					source, _ := ParseSource(fmt.Sprintf("192.0.2.%d", pick("address", 3)))
					_, err = s.Trunks().put(tx, name, NewTrunk(name, "from-extern", source), Any)
				case 3:
					err = s.Trunks().remove(tx, name, Any)
				}
				return err
			})
			agree(r, newTx(now))
		}
	})
}

// agree checks that phones and trunks say what their objects say.
func agree(r *rapid.T, tx *Tx) {
	phones := 0
	for e := range tx.Endpoints().All() {
		account, has := tx.PhoneOf(e.UUID)
		want, ok, err := tx.phoneOf(e.UUID, account)
		if err != nil || ok != has || has && !want.equal(*account) {
			r.Fatalf("endpoint %+v is the phone %+v, %v; its objects say %+v, %v, %v", e, account, has, want, ok, err)
		}
		if has {
			phones++
		}
		if t, ok := tx.TrunkOf(e.UUID); ok {
			want, err := t.fromOptions(tx.Merged(e))
			if want.Name = e.Name; err != nil || !want.equal(*t) {
				r.Fatalf("endpoint %+v is the trunk %+v; its options say %+v, %v", e, t, want, err)
			}
			if _, line := tx.LineOf(e.UUID); line {
				r.Fatalf("endpoint %s is a line's and a trunk's", e.Name)
			}
		}
	}
	if phones != tx.Phones().Len() {
		r.Fatalf("%d phones, %d of them of endpoints", tx.Phones().Len(), phones)
	}
	for t := range tx.Trunks().All() {
		if t.Endpoint == "" && len(t.Addresses)+len(t.Servers) > 0 {
			r.Fatalf("a trunk without an endpoint leads somewhere: %+v", t)
		}
	}
}
