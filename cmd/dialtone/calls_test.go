package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"dialtone/call"
)

// What strangers send must not reach a terminal as it is.
func TestCallsPrintNoControlCharacters(t *testing.T) {
	s := call.Snapshot{From: "10\x1b[2J00", To: "88\n99", Context: "default", Exten: "\u202e1", App: "NoOp", Args: "a\tb\x07"}
	for _, text := range []string{describe(s), printable(s.From), application(s)} {
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
