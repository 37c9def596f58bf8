package pjsip_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dialtone/pjsip"
)

func TestTheLastValueOfAKeyHolds(t *testing.T) {
	o := pjsip.Options{{"username", "a"}, {"match", "192.0.2.1"}, {"username", "b"}, {"match", "192.0.2.2"}}
	if got := o.Get("username"); got != "b" {
		t.Errorf("username is %q", got)
	}
	if got := o.Get("password"); got != "" {
		t.Errorf("password is %q", got)
	}
	if got, want := o.Values("match"), []string{"192.0.2.1", "192.0.2.2"}; !slices.Equal(got, want) {
		t.Errorf("match is %q, not %q", got, want)
	}
}

func TestOptionsTakeThePlaceOfThoseOfATemplate(t *testing.T) {
	for _, test := range []struct {
		name            string
		own, base, want pjsip.Options
	}{
		{name: "nothing", want: pjsip.Options{}},
		{name: "of the template", base: pjsip.Options{{"context", "a"}}, want: pjsip.Options{{"context", "a"}}},
		{name: "of its own", own: pjsip.Options{{"context", "a"}}, want: pjsip.Options{{"context", "a"}}},
		{
			name: "both", own: pjsip.Options{{"context", "own"}, {"callerid", "x"}}, base: pjsip.Options{{"context", "base"}, {"from_user", "u"}},
			want: pjsip.Options{{"from_user", "u"}, {"context", "own"}, {"callerid", "x"}},
		},
		{
			name: "keys that add up", own: pjsip.Options{{"match", "192.0.2.2"}, {"match", "192.0.2.1"}}, base: pjsip.Options{{"match", "192.0.2.1"}, {"match", "192.0.2.3"}},
			want: pjsip.Options{{"match", "192.0.2.3"}, {"match", "192.0.2.2"}, {"match", "192.0.2.1"}},
		},
	} {
		before := slices.Clone(test.base)
		if diff := cmp.Diff(test.want, append(pjsip.Options{}, test.own.Over(test.base)...)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		if !slices.Equal(before, test.base) {
			t.Errorf("%s: the template was changed", test.name)
		}
	}
}

func TestEverySectionIsKnownByItsName(t *testing.T) {
	var s pjsip.Sections
	for section, options := range s.All() {
		*options = pjsip.Options{{"type", string(section)}}
		if s.Of(section) != options {
			t.Errorf("%s is not found", section)
		}
		if !pjsip.Known(section, "type") || pjsip.Known(section, "username ") {
			t.Errorf("%s: its options are not known", section)
		}
	}
	if s.Of("acl") != nil {
		t.Error("there is a section acl")
	}
	over := s.Over(pjsip.Sections{AOR: pjsip.Options{{"type", "x"}, {"contact", "sip:192.0.2.1"}}})
	if want := (pjsip.Options{{"contact", "sip:192.0.2.1"}, {"type", "aor"}}); !slices.Equal(over.AOR, want) {
		t.Errorf("over a template: %v", over.AOR)
	}
	if len(s.AOR) != 1 {
		t.Error("the endpoint's own options were changed")
	}
}

// TestEveryEffectIsOfAKnownOption fails when a table names an option that Asterisk does not have.
func TestEveryEffectIsOfAKnownOption(t *testing.T) {
	var s pjsip.Sections
	for section := range s.All() {
		for _, key := range pjsip.KeysWithEffect(section) {
			if !pjsip.Known(section, key) {
				t.Errorf("%s has no option %s", section, key)
			}
		}
	}
}

func TestOptionsWithoutEffectAreNamedOnce(t *testing.T) {
	s := pjsip.Sections{
		Endpoint: pjsip.Options{{"context", "default"}, {"t38_udptl", "yes"}, {"tos_audio", "ef"}, {"t38_udptl", "no"}, {"direct_media", "no"}, {"media_encryption", "dtls"}, {"allow", "!all,g722,ulaw"}},
		Auth:     pjsip.Options{{"username", "a"}, {"md5_cred", "b"}},
	}
	if got, want := pjsip.Without(s), []string{"auth: md5_cred", "endpoint: t38_udptl", "endpoint: tos_audio", "endpoint: media_encryption dtls", "endpoint: allow g722"}; !slices.Equal(got, want) {
		t.Errorf("without effect: %q, not %q", got, want)
	}
}

func TestCodecsAreThoseThatAreLeft(t *testing.T) {
	for _, test := range []struct {
		options        pjsip.Options
		spoken, others []string
	}{
		{},
		{options: pjsip.Options{{"context", "x"}}},
		{options: pjsip.Options{{"allow", "alaw"}, {"allow", "ulaw"}}, spoken: []string{"alaw", "ulaw"}},
		{options: pjsip.Options{{"disallow", "all"}, {"allow", "g722, ALAW:20 ,opus"}}, spoken: []string{"alaw"}, others: []string{"g722", "opus"}},
		{options: pjsip.Options{{"allow", "alaw"}, {"allow", "!all,ulaw"}}, spoken: []string{"ulaw"}},
		{options: pjsip.Options{{"allow", "all,!ulaw,!g722"}}, spoken: []string{"alaw"}},
		{options: pjsip.Options{{"allow", "all"}, {"disallow", "!ulaw,alaw"}}, spoken: []string{"ulaw"}},
		{options: pjsip.Options{{"allow", "g722"}, {"disallow", "all"}}},
		{options: pjsip.Options{{"allow", ",,!,ulaw,ulaw"}}, spoken: []string{"ulaw"}},
	} {
		spoken, others := pjsip.Codecs(test.options)
		if !slices.Equal(spoken, test.spoken) || !slices.Equal(others, test.others) {
			t.Errorf("%v: %q and %q, not %q and %q", test.options, spoken, others, test.spoken, test.others)
		}
	}
}
