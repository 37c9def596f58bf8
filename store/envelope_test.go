package store

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestEnvelopesOfOtherFormsAreRead(t *testing.T) {
	for text, want := range map[string]envelope{
		`{"v":1,"record":{"a":1}}`:                     {1, 0, json.RawMessage(`{"a":1}`)},
		`{"v":1,"rev":7,"record":{"a":1}}`:             {1, 7, json.RawMessage(`{"a":1}`)},
		` { "record" : [ ] , "rev" : 8, "v" : 1 }`:     {1, 8, json.RawMessage(`[ ]`)},
		`{"v":2,"rev":9,"record":"of a newer server"}`: {2, 9, json.RawMessage(`"of a newer server"`)},
	} {
		e, err := unseal([]byte(text))
		if err != nil || e.Version != want.Version || e.Revision != want.Revision || !bytes.Equal(e.Record, want.Record) {
			t.Errorf("%s: %+v, %v", text, e, err)
		}
	}
	for _, text := range []string{"", "{", `{"v":1,"rev":x,"record":1}`, `{"v":1,"rev":1,"record":}`, `{"v":1,"rev":1`} {
		if e, err := unseal([]byte(text)); err == nil {
			t.Errorf("%s: %+v", text, e)
		}
	}
}

// What the quick way reads is what JSON says, for all that is JSON.
func FuzzEnvelope(f *testing.F) {
	f.Add([]byte(`{"v":1,"rev":7,"record":{"a":1}}`))
	f.Add([]byte(`{"v":1,"rev":7,"record":1,"record":2}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := unseal(raw)
		if err != nil || !json.Valid(e.Record) {
			return
		}
		again, err := unseal(seal(e.Revision, e.Record))
		if err != nil || again.Revision != e.Revision || !bytes.Equal(again.Record, e.Record) {
			t.Errorf("%s: sealed again: %+v, %v", raw, again, err)
		}
	})
}

func TestRememberedRecordsAreThoseOnDisk(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	put := func(context string) {
		t.Helper()
		if _, err := s.Phones().Put("1000", NewPhone("1000", "secret", context), Any); err != nil {
			t.Fatal(err)
		}
	}
	want := func(why, context string) {
		t.Helper()
		for range 2 {
			phone, _, err := s.Phones().Get("1000")
			if err != nil || phone.Context != context {
				t.Errorf("%s: context %q, %v; want %q", why, phone.Context, err, context)
			}
		}
	}
	put("a")
	want("new", "a")
	put("b")
	want("changed", "b")
	if err := s.Phones().Delete("1000", Any); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Phones().Get("1000"); err == nil {
		t.Error("a phone that was removed is there")
	}
}
