package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dialtone/call"
	"dialtone/store"
)

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
