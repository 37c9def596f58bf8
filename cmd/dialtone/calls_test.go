package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"dialtone/call"
	"dialtone/store"
)

// What strangers send must not reach a terminal as it is.
func TestCallsPrintNoControlCharacters(t *testing.T) {
	s := call.Snapshot{From: "10\x1b[2J00", To: "88\n99", Context: "default", Exten: "\u202e1", App: "NoOp", Args: "a\tb\x07"}
	for _, text := range []string{describe(time.Now(), s), printable(s.From), application(s)} {
		if strings.ContainsAny(text, "\x1b\n\t\x07\u202e") {
			t.Errorf("%q", text)
		}
	}
	if got := printable(""); got != "-" {
		t.Errorf("nothing is %q, which moves the columns of a table", got)
	}
	if got := application(call.Snapshot{App: "NoOp", Args: strings.Repeat("é", 100)}); len([]rune(got)) != 60 {
		t.Errorf("%d characters: %s", len([]rune(got)), got)
	}
}

func TestColumnsOfTheSound(t *testing.T) {
	for _, c := range []struct {
		m    *store.MediaRecord
		want string
	}{
		{nil, "-/-\t-/-\t-\t-/-"},
		{&store.MediaRecord{Received: 9, Loss: 1.25, Jitter: 3.04, MOS: 4.36}, "1.2/-\t3.0/-\t-\t4.4/-"},
		{&store.MediaRecord{Far: &store.FarRecord{Jitter: 2, RoundTrip: 40.4, MOS: 4.1}}, "-/0.0\t-/2.0\t40\t-/4.1"},
	} {
		if got := soundColumns(c.m); got != c.want {
			t.Errorf("%+v is %q, want %q", c.m, got, c.want)
		}
	}
}

func TestCallsAsJSONHaveNumberAndDuration(t *testing.T) {
	began := time.Unix(100, 0)
	text, err := json.Marshal(newLiveCall(call.Snapshot{From: "1000", Started: began, Ended: began.Add(1500 * time.Millisecond), Priority: 3}))
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"number": "1000", "duration": 1.5, "priority": 3.0} {
		if fields[name] != want {
			t.Errorf("%s is %v, want %v", name, fields[name], want)
		}
	}
	for _, name := range []string{"context", "extension", "application"} {
		if _, ok := fields[name]; !ok && name != "application" {
			t.Errorf("%s is missing in %s", name, text)
		}
	}
}
