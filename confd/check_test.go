package confd

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"dialtone/store"
)

// What the API made passes its check in another store; what it would have refused does not.
func TestTextsHoldWhatTheAPIWouldTake(t *testing.T) {
	l := newLab(t)
	l.post("/contexts", `{"label": "office", "type": "internal", "name": "office", "user_ranges": [{"start": "100", "end": "199"}]}`)
	l.post("/contexts", `{"label": "in", "type": "incall", "name": "in", "incall_room_ranges": []}`)
	l.post("/ivr", `{"name": "menu", "menu_sound": "hi", "choices": [{"exten": "1", "destination": {"type": "none"}}]}`)
	l.post("/users", `{"firstname": "Ada", "lines": [{"context": "office", "extensions": [{"exten": "101", "context": "office"}], "endpoint_sip": {"name": "ada"}}],
		"fallbacks": {"busy_destination": {"type": "ivr", "ivr_id": 1}}}`)
	l.post("/groups", `{"label": "sales"}`)
	l.post("/endpoints/sip/templates", `{"label": "all", "endpoint_section_options": [["allow", "ulaw"]]}`)
	l.post("/incalls", `{"destination": {"type": "hangup", "cause": "busy", "timeout": 5}}`)
	l.post("/schedules", `{"name": "hours", "timezone": "Europe/Paris", "closed_destination": {"type": "none"}}`)
	l.post("/api/schedules/1/exceptions", `{"name": "feast", "from": "2026-12-25"}`)
	l.post("/outcalls", `{"name": "out"}`)
	l.post("/trunks", `{}`)
	if err := l.store.Update(func(tx *store.Tx) error { return tx.PutDID(store.DID{Number: "_+331X", Context: "file.s", Exten: "s"}) }); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := l.store.View(func(tx *store.Tx) error { return tx.Export(&text, true) }); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, fault string }{
		{"", "", ""},
		{`type = "hangup", cause = "busy"`, `type = "hangup", cause = "tired"`, "incalls 1: Input Error - destination: {'cause': ['Must be one of: busy, congestion, normal.']}"},
		{`type = "hangup", cause = "busy"`, `type = "ivr", ivr_id = 7`, "incalls 1: a destination leads to ivr 7"},
		{`type = "hangup", cause = "busy"`, `type = "custom", command = "system(ls)"`, "incalls 1: "},
		{`exten = "s", context = "file.s"`, `exten = "s s", context = "file.s"`, "incalls 2: Input Error - destination: {'exten': ["},
		{`exten = "1", destination = { type = "none" }`, `exten = "x!", destination = { type = "none" }`, "ivrs 1: Input Error - choices: {0: {'exten': ['String does not match"},
		{`type = "ivr", ivr_id = 1`, `type = "moon"`, "users 1: "},
		{`ring_seconds = 30`, `ring_seconds = -1`, "users 1: Input Error - ring_seconds"},
		{`ring_strategy = "all"`, `ring_strategy = "none"`, "groups 1: Input Error - ring_strategy"},
		{`timezone = "Europe/Paris"`, `timezone = "Moon/Sea"`, "schedules 1: "},
		{`name = "ada"`, `name = "a b"`, "endpoints 1: "},
		{`name = "out"`, `name = "` + strings.Repeat("x", 129) + `"`, "outcalls 1: Input Error - name"},
	} {
		changed := strings.ReplaceAll(text.String(), c.old, c.new)
		if changed == text.String() && c.old != "" {
			t.Errorf("%s: it is not in the text", c.old)
		}
		if c.old == "" {
			changed = text.String()
		}
		err := importInto(t, changed)
		if c.fault == "" && err != nil || c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
			t.Errorf("%s: %v, want %q", c.new, err, c.fault)
		}
	}
}

// importInto makes the objects of a new store what a text says.
func importInto(t *testing.T, text string) error {
	t.Helper()
	s := openStore(t, t.TempDir())
	defer s.Close()
	api := New(Config{Store: s, Sounds: filepath.Join(t.TempDir(), "sounds")})
	parsed, err := store.ParseText([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s.Update(func(tx *store.Tx) error {
		_, err := tx.Import(parsed, true, func(object any) error { return api.Check(tx, object) })
		return err
	})
}
