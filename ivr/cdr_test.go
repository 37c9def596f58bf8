package ivr

import "testing"

func TestFieldsOfARecordThatWasHandedOutStay(t *testing.T) {
	r := &Run{limits: DefaultLimits}
	if err := r.SetRecord("mine", "1"); err != nil {
		t.Fatal(err)
	}
	before := r.Record()
	if err := r.SetRecord("mine", "2"); err != nil {
		t.Fatal(err)
	}
	if before.Fields["mine"] != "1" || r.Record().Fields["mine"] != "2" {
		t.Errorf("%v, then %v", before.Fields, r.Record().Fields)
	}
	if err := r.SetRecord("Duration", "1"); err == nil {
		t.Error("the duration of a call was set")
	}
	for range maxRecordFields * 2 {
		r.SetRecord("n"+string(rune('a'+len(r.record.Fields))), "x")
	}
	if n := len(r.record.Fields); n > maxRecordFields {
		t.Errorf("%d fields", n)
	}
}
