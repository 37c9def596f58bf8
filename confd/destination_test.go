package confd

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dialtone/store"
)

func TestDestinations(t *testing.T) {
	l := newLab(t)
	menu := l.id("/ivr", `{"name": "main", "menu_sound": "x"}`)
	var user, group, outcall int
	err := l.store.Update(func(tx *store.Tx) error {
		tenant := tx.MasterTenant().UUID
		u, err1 := tx.Users().Put(store.User{Tenant: tenant, Firstname: "Zoë"})
		g, err2 := tx.Groups().Put(store.Group{Tenant: tenant, Name: "grp-sales", Label: "Sales"})
		o, err3 := tx.Outcalls().Put(store.Outcall{Tenant: tenant, Name: "out"})
		user, group, outcall = u.ID, g.ID, o.ID
		return errors.Join(err1, err2, err3)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ sent, shown string }{
		{`"type": "none", "unknown": 5`, `"type": "none"`},
		{`"type": "hangup", "cause": "normal", "timeout": 5`, `"type": "hangup", "cause": "normal"`},
		{`"type": "hangup", "cause": "busy"`, `"type": "hangup", "cause": "busy", "timeout": null`},
		{`"type": "hangup", "cause": "congestion", "timeout": 2.5`, `"type": "hangup", "cause": "congestion", "timeout": 2.5`},
		{`"type": "custom", "command": "Playback(a\\;b)"`, `"type": "custom", "command": "Playback(a\\;b)"`},
		{`"type": "extension", "exten": "*98", "context": "a_b-1"`, `"type": "extension", "exten": "*98", "context": "a_b-1"`},
		{fmt.Sprintf(`"type": "user", "user_id": %d, "ring_time": 20, "user_firstname": "ignored"`, user),
			fmt.Sprintf(`"type": "user", "user_id": %d, "ring_time": 20, "moh_uuid": null, "user_firstname": "Zoë", "user_lastname": null`, user)},
		{fmt.Sprintf(`"type": "group", "group_id": %d`, group), fmt.Sprintf(`"type": "group", "group_id": %d, "ring_time": null, "group_name": "grp-sales", "group_label": "Sales"`, group)},
		{fmt.Sprintf(`"type": "ivr", "ivr_id": %d`, menu), fmt.Sprintf(`"type": "ivr", "ivr_id": %d, "ivr_name": "main"`, menu)},
		{`"type": "sound", "filename": "closed"`, `"type": "sound", "filename": "closed", "skip": false, "no_answer": false`},
		{`"type": "sound", "filename": "closed", "skip": true, "no_answer": true`, `"type": "sound", "filename": "closed", "skip": true, "no_answer": true`},
		{fmt.Sprintf(`"type": "outcall", "outcall_id": %d, "exten": "112"`, outcall), fmt.Sprintf(`"type": "outcall", "outcall_id": %d, "exten": "112"`, outcall)},
	} {
		id := l.id("/incalls", `{"destination": {`+c.sent+`}}`)
		at := fmt.Sprintf("/incalls/%d", id)
		l.shows(at, `{"destination": {`+c.shown+`}}`)
		l.put(at, l.get(at))
		l.shows(at, `{"destination": {`+c.shown+`}}`)
	}
	if got := l.listed(fmt.Sprintf("/incalls?user_id=%d", user), "description"); got != "1: <nil>" {
		t.Errorf("incalls of the user: %s", got)
	}
}

func TestDestinationsThatAreNone(t *testing.T) {
	l := newLab(t)
	const pattern, missing = "['String does not match expected pattern.']", "['Missing data for required field.']"
	for _, c := range []struct{ sent, text string }{
		{``, "{'type': " + missing + "}"},
		{`"type": 5`, "{'type': ['Not a valid string.']}"},
		{`"type": "bogus"`, "{'type': ['Must be one of: application, conference, custom, extension, group, hangup, ivr, none, outcall, queue, sound, switchboard, user, voicemail.']}"},
		{`"type": "hangup"`, "{'cause': " + missing + "}"},
		{`"type": "hangup", "cause": "x"`, "{'cause': ['Must be one of: busy, congestion, normal.']}"},
		{`"type": "hangup", "cause": "busy", "timeout": -1`, "{'timeout': ['Must be greater than or equal to 0.']}"},
		{`"type": "hangup", "cause": "busy", "timeout": "x"`, "{'timeout': ['Not a valid number.']}"},
		{`"type": "custom", "command": "Goto"`, "{'command': " + pattern + "}"},
		{`"type": "custom", "command": "system(reboot)"`, "{'command': " + pattern + "}"},
		{`"type": "custom", "command": "trysystem(reboot)"`, "{'command': " + pattern + "}"},
		{`"type": "custom", "command": "Goto(a,s,1)\n"`, "{'command': " + pattern + "}"},
		{`"type": "custom", "command": "Playback(` + strings.Repeat("x", 250) + `)"`, "{'command': ['Longer than maximum length 255.']}"},
		{`"type": "extension", "exten": "a", "context": "b c"`, "{'exten': " + pattern + ", 'context': " + pattern + "}"},
		{`"type": "user"`, "{'user_id': " + missing + "}"},
		{`"type": "user", "user_id": "x", "ring_time": -1, "moh_uuid": "y"`, "{'user_id': ['Not a valid integer.'], 'ring_time': ['Must be greater than or equal to 0.'], 'moh_uuid': ['Not a valid UUID.']}"},
		{`"type": "ivr", "ivr_id": null`, "{'ivr_id': ['Field may not be null.']}"},
		{`"type": "sound", "filename": "a", "skip": "true", "no_answer": 1`, "{'skip': ['Not a valid boolean.'], 'no_answer': ['Not a valid boolean.']}"},
		{`"type": "voicemail", "voicemail_id": 1, "greeting": "x"`, "{'greeting': ['Must be one of: busy, unavailable.']}"},
		{`"type": "queue", "queue_id": 1, "skill_rule_variables": {"a": "b"}`, "{'skill_rule_id': " + missing + "}"},
		{`"type": "switchboard", "switchboard_uuid": "x"`, "{'switchboard_uuid': ['Not a valid UUID.']}"},
		{`"type": "outcall", "outcall_id": 1, "exten": "+33"`, "{'exten': " + pattern + "}"},
		{`"type": "application", "application": "x"`, "{'application': ['Must be one of: callback_disa, custom, directory, disa, fax_to_mail, voicemail.']}"},
		{`"type": "application", "application": "disa", "pin": "x"`, "{'pin': " + pattern + ", 'context': " + missing + "}"},
		{`"type": "application", "application": "fax_to_mail", "email": "x"`, "{'email': ['Not a valid email address.']}"},
	} {
		l.refused(400, "POST", "/incalls", `{"destination": {`+c.sent+`}}`, "Input Error - destination: "+c.text)
	}
}

// TestDestinationsLeadToWhatThereIs is about objects that are not there, or are another tenant's, or of a kind that dialtone has not.
func TestDestinationsLeadToWhatThereIs(t *testing.T) {
	l := newLab(t)
	l.tenant = l.below("other")
	theirs := l.id("/ivr", `{"name": "theirs", "menu_sound": "x"}`)
	l.tenant = ""
	const uuid = "7ca39c1b-6a2e-4b0f-8f3e-2d9f3a0c1e11"
	for _, c := range []struct{ sent, text string }{
		{`"type": "ivr", "ivr_id": 42`, "'actionarg1': IVR was not found ('actionarg1': '42')"},
		{fmt.Sprintf(`"type": "ivr", "ivr_id": %d`, theirs), fmt.Sprintf("'actionarg1': IVR was not found ('actionarg1': '%d')", theirs)},
		{`"type": "ivr", "ivr_id": 0`, "'actionarg1': IVR was not found ('actionarg1': '0')"},
		{`"type": "user", "user_id": 42`, "'actionarg1': User was not found ('actionarg1': '42')"},
		{`"type": "user", "user_id": 42, "moh_uuid": "` + uuid + `"`, "'moh_uuid': MOH was not found ('moh_uuid': '" + uuid + "')"},
		{`"type": "group", "group_id": 42`, "'actionarg1': Group was not found ('actionarg1': '42')"},
		{`"type": "outcall", "outcall_id": 42, "exten": "112"`, "'actionarg1': Outcall was not found ('actionarg1': '42')"},
		{`"type": "voicemail", "voicemail_id": 42`, "'actionarg1': Voicemail was not found ('actionarg1': '42')"},
		{`"type": "queue", "queue_id": 42, "skill_rule_id": 1, "skill_rule_variables": {"a": "b"}`, "'actionarg1': Queue was not found ('actionarg1': '42')"},
		{`"type": "conference", "conference_id": 42`, "'actionarg1': Conference was not found ('actionarg1': '42')"},
		{`"type": "switchboard", "switchboard_uuid": "` + uuid + `"`, "'actionarg1': Switchboard was not found ('actionarg1': '" + uuid + "')"},
		{`"type": "application", "application": "custom", "application_uuid": "` + uuid + `"`, "'actionarg1': Application was not found ('actionarg1': '" + uuid + "')"},
		{`"type": "application", "application": "disa", "context": "default"`, "'actionarg1': Application was not found ('actionarg1': 'disa')"},
		{`"type": "application", "application": "fax_to_mail", "email": "a@example.org"`, "'actionarg1': Application was not found ('actionarg1': 'fax_to_mail')"},
	} {
		l.refused(400, "POST", "/incalls", `{"destination": {`+c.sent+`}}`, "Input Error - field "+c.text)
	}
}

// TestNumbersAsTexts are taken in destinations, as some clients send them.
func TestNumbersAsTexts(t *testing.T) {
	var d store.Destination
	r := request{}
	o := object{values: map[string]any{"to": map[string]any{"type": "user", "user_id": "5", "ring_time": "20"}}}
	r.destination(&o, "to", "to", &d)
	if d.UserID != 5 || d.RingTime == nil || *d.RingTime != 20 {
		t.Errorf("%+v, %v", d, o.faults.String())
	}
}

func TestCommandsOfCustomDestinations(t *testing.T) {
	l := newLab(t)
	l.api.config.Command = func(text string) (warnings []string, err error) {
		if strings.HasPrefix(text, "Goto(") {
			return []string{"there is no context a yet"}, nil
		}
		return nil, errors.New(`unknown application "Plaback" (did you mean Playback?)`)
	}
	l.post("/incalls", `{"destination": {"type": "custom", "command": "Goto(a,s,1)"}}`)
	l.refused(400, "POST", "/incalls", `{"destination": {"type": "custom", "command": "Plaback(a)"}}`, `Input Error - field 'command': unknown application "Plaback" (did you mean Playback?)`)
	l.refused(400, "POST", "/schedules", `{"closed_destination": {"type": "custom", "command": "Plaback(a)"}}`,
		`Input Error - field 'command': unknown application "Plaback" (did you mean Playback?) ('in': 'closed_destination')`)
}

// FuzzDestination reads what may be a destination. What is taken is read again from how it is shown, and is then the same.
func FuzzDestination(f *testing.F) {
	for _, text := range []string{
		`{"type": "none"}`, `{"type": "hangup", "cause": "busy", "timeout": 1e1}`, `{"type": "custom", "command": "Goto(a,s,1)"}`,
		`{"type": "user", "user_id": "7", "ring_time": 2.5, "moh_uuid": null}`, `{"type": "extension", "exten": "*1", "context": "a"}`,
		`{"type": "sound", "filename": "", "skip": true}`, `{"type": "outcall", "outcall_id": 1, "exten": "112"}`, `{"type": []}`, `[{}]`, `{"type": "queue"}`,
	} {
		f.Add(text)
	}
	s, err := store.Open(f.TempDir(), store.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	read := func(text string) (d store.Destination, target target, ok bool) {
		values, err := decode([]byte(`{"to": ` + text + `}`))
		if err != nil {
			return d, target, false
		}
		r, o := request{}, object{values: values}
		r.destination(&o, "to", "to", &d, required)
		if !o.sound() || len(r.targets) != 1 {
			return d, target, false
		}
		return d, r.targets[0], true
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, to, ok := read(text)
		if !ok || to.what != "" && to.there == nil {
			return
		}
		var shown []byte
		s.View(func(tx *store.Tx) error {
			shown, err = marshal(showDestination(tx, d))
			return nil
		})
		again, _, ok := read(string(shown))
		if diff := cmp.Diff(d, again); !ok || err != nil || diff != "" {
			t.Errorf("%s is shown as %s, which is read as another one (-want +got):\n%s", text, shown, diff)
		}
	})
}
