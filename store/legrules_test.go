package store

import (
	"slices"
	"strings"
	"testing"

	"dialtone/pjsip"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestOptionsSayHowSoundAndKeysTravel(t *testing.T) {
	for _, test := range []struct {
		options pjsip.Options
		want    LegRules
	}{
		{nil, LegRules{}},
		{pjsip.Options{{"dtmf_mode", "inband"}}, LegRules{Keys: KeysByTone}},
		{pjsip.Options{{"dtmf_mode", "auto_info"}}, LegRules{Keys: KeysAutoInfo}},
		{pjsip.Options{{"disallow", "all"}, {"allow", "alaw"}}, LegRules{Codecs: []string{"alaw"}}},
		{pjsip.Options{{"allow", "!all,g722,alaw:20,ulaw"}}, LegRules{Codecs: []string{"alaw", "ulaw"}}},
		{pjsip.Options{{"allow", "all"}, {"disallow", "ulaw"}}, LegRules{Codecs: []string{"alaw"}}},
		{pjsip.Options{{"allow", "alaw"}, {"disallow", "all"}}, LegRules{}},
		{pjsip.Options{{"allow", "opus"}}, LegRules{}}, // none that we speak: all that we speak
		{pjsip.Options{{"media_encryption", "no"}}, LegRules{Encryption: EncryptionOff}},
		{pjsip.Options{{"media_encryption", "sdes"}}, LegRules{Encryption: EncryptionRequired}},
		{pjsip.Options{{"media_encryption", "sdes"}, {"media_encryption_optimistic", "yes"}}, LegRules{Encryption: EncryptionOptional}},
		{pjsip.Options{{"media_encryption", "dtls"}}, LegRules{}},
		{pjsip.Options{{"rtp_timeout", "0"}, {"rtp_timeout_hold", "300"}}, LegRules{Silence: -1, HoldSilence: 300}},
		{pjsip.Options{{"language", "fr_FR"}, {"moh_suggest", "jazz"}, {"device_state_busy_at", "2"}}, LegRules{Language: "fr_FR", Music: "jazz", BusyAt: 2}},
	} {
		got, err := legRulesIn(test.options)
		if err != nil || got.valid("phone 1") != nil {
			t.Errorf("%v: %v, %v", test.options, err, got.valid("phone 1"))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%v: %s", test.options, diff)
		}
	}
	for want, options := range map[string]pjsip.Options{
		`dtmf_mode "smoke"`:          {{"dtmf_mode", "smoke"}},
		`rtp_timeout "soon"`:         {{"rtp_timeout", "soon"}},
		`rtp_timeout_hold "-1"`:      {{"rtp_timeout_hold", "-1"}},
		`device_state_busy_at "1.5"`: {{"device_state_busy_at", "1.5"}},
	} {
		if _, err := legRulesIn(options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", options, err)
		}
	}
}

func TestOptionsSayWhatHoldsForRegistrations(t *testing.T) {
	for _, test := range []struct {
		options pjsip.Options
		want    ContactRules
	}{
		{nil, ContactRules{}},
		{pjsip.Options{{"max_contacts", "1"}}, ContactRules{Most: 1}},
		{pjsip.Options{{"max_contacts", "0"}}, ContactRules{Most: -1}},
		{pjsip.Options{{"max_contacts", "2"}, {"remove_existing", "true"}}, ContactRules{Most: 2, Replace: true}},
		{pjsip.Options{{"remove_existing", "no"}}, ContactRules{}},
		{pjsip.Options{{"default_expiration", "120"}, {"minimum_expiration", "90"}, {"maximum_expiration", "300"}}, ContactRules{Default: 120, Min: 90, Max: 300}},
		{pjsip.Options{{"qualify_frequency", "0"}}, ContactRules{Qualify: -1}},
		{pjsip.Options{{"qualify_frequency", "30"}}, ContactRules{Qualify: 30}},
	} {
		got, err := contactRulesIn(test.options)
		if err != nil || got != test.want || got.valid("phone 1") != nil {
			t.Errorf("%v: %+v, %v, want %+v", test.options, got, err, test.want)
		}
	}
	for _, options := range []pjsip.Options{{{"max_contacts", "many"}}, {{"max_contacts", "-1"}}, {{"maximum_expiration", "1e3"}}, {{"qualify_frequency", "99999999999"}}} {
		if got, err := contactRulesIn(options); err == nil {
			t.Errorf("%v: %+v", options, got)
		}
	}
}

func drawLegRules(t *rapid.T) LegRules {
	return LegRules{
		Keys:       rapid.SampledFrom(keyWays).Draw(t, "keys"),
		Codecs:     rapid.SliceOfNDistinct(rapid.SampledFrom(pjsip.Spoken), 0, 2, rapid.ID[string]).Draw(t, "codecs"),
		Encryption: rapid.SampledFrom(encryptions).Draw(t, "encryption"),
		Silence:    rapid.IntRange(-1, 2).Draw(t, "silence"), HoldSilence: rapid.IntRange(-1, 2).Draw(t, "hold silence"),
		Language: rapid.SampledFrom([]string{"", "fr_FR"}).Draw(t, "language"), Music: rapid.SampledFrom([]string{"", "jazz"}).Draw(t, "music"),
		BusyAt: rapid.IntRange(0, 2).Draw(t, "busy at"),
	}
}

// TestTheOptionsOfAPhoneMakeItAgain: what a command says of a phone its endpoint says, over whatever that and its templates said before.
func TestTheOptionsOfAPhoneMakeItAgain(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	rapid.Check(t, func(t *rapid.T) {
		phone := NewPhone("1001", "secret", "default")
		phone.LegRules = drawLegRules(t)
		phone.CallGroups = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"1", "sales"}), 0, 2, rapid.ID[string]).Draw(t, "groups")
		phone.Contacts = ContactRules{
			Most: rapid.IntRange(-1, 2).Draw(t, "most"), Replace: rapid.Bool().Draw(t, "replace"), Default: rapid.IntRange(0, 2).Draw(t, "default"),
			Min: rapid.IntRange(0, 2).Draw(t, "min"), Max: rapid.IntRange(0, 2).Draw(t, "max"), Qualify: rapid.IntRange(-1, 2).Draw(t, "qualify"),
		}
		tx := newTx(s.objects.Load())
		before := pjsip.Sections{
			Endpoint: pjsip.Options{{"dtmf_mode", "info"}, {"allow", "!all,alaw"}, {"tos_audio", "ef"}, {"media_encryption", "sdes"}, {"call_group", "7"}},
			AOR:      pjsip.Options{{"max_contacts", "5"}, {"qualify_frequency", "0"}, {"mailboxes", "1"}}, Auth: pjsip.Options{{"realm", "old"}},
		}
		err := tx.run(func(tx *Tx) error {
			tenant := tx.MasterTenant().UUID
			e := Endpoint{Tenant: tenant, Name: "1001"}
			if rapid.Bool().Draw(t, "by a template") {
				template, err := tx.Templates().Put(Endpoint{Tenant: tenant, Name: "t", Sections: before})
				if err != nil {
					return err
				}
				e.Templates = []string{template.UUID}
			} else {
				e.Sections = before
			}
			e.Auth = append(slices.Clone(e.Auth), pjsip.Option{"username", "1001"}, pjsip.Option{"password", "other"})
			e, err := tx.Endpoints().Put(e)
			if err != nil {
				return err
			}
			_, err = tx.Lines().Put(Line{Context: "default", Endpoint: e.UUID})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		tx = newTx(tx.state)
		if err := tx.run(func(tx *Tx) error { _, err := s.Phones().put(tx, "1001", phone, Any); return err }); err != nil {
			t.Fatal(err)
		}
		got, _ := tx.Phone("1001")
		want := phone
		want.ID, want.Created, want.Endpoint, want.Caller, want.Variables = got.ID, got.Created, got.Endpoint, got.Caller, got.Variables
		if !want.equal(*got) {
			t.Fatalf("%s\nis kept as %s", asJSON(t, want), asJSON(t, got))
		}
		if e, _ := tx.Endpoint(got.Endpoint); tx.Merged(e).Endpoint.Get("tos_audio") != "ef" || tx.Merged(e).AOR.Get("mailboxes") != "1" {
			t.Fatalf("other options are gone: %+v", e.Sections)
		}
	})
}

// FuzzOptionsOfAPhone: whatever somebody writes into options is a phone or an error, and what is kept its options say again.
func FuzzOptionsOfAPhone(f *testing.F) {
	f.Add("!all,alaw:20,opus", "ulaw", "info", "60", "3", "fr_FR")
	f.Add("all", "!ulaw,,!", "auto_info", "0", "-1", "../x")
	f.Fuzz(func(t *testing.T, allow, disallow, keys, seconds, count, language string) {
		s := pjsip.Sections{
			Endpoint: pjsip.Options{{"allow", allow}, {"disallow", disallow}, {"dtmf_mode", keys}, {"rtp_timeout", seconds}, {"rtp_timeout_hold", seconds}, {"device_state_busy_at", count}, {"language", language}},
			AOR:      pjsip.Options{{"max_contacts", count}, {"remove_existing", count}, {"default_expiration", seconds}, {"qualify_frequency", seconds}},
		}
		phone := NewPhone("1001", "secret", "default")
		if phone.readRules(s) != nil || phone.Validate() != nil {
			return
		}
		if !phone.said(phone.sayRules(s)) || !phone.said(phone.sayRules(pjsip.Sections{})) {
			t.Errorf("%+v is not what its own options say: %+v", phone, phone.sayRules(s))
		}
	})
}
