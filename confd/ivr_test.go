package confd

import (
	"fmt"
	"strings"
	"testing"
)

func TestMenus(t *testing.T) {
	l := newLab(t)
	id := l.id("/ivr", `{"name": "main", "menu_sound": "choices"}`)
	at := fmt.Sprintf("/ivr/%d", id)
	l.shows(at, fmt.Sprintf(`{"id": %d, "name": "main", "menu_sound": "choices", "description": null, "greeting_sound": null, "invalid_sound": null, "abort_sound": null,
		"timeout": 5, "max_tries": 3, "invalid_destination": null, "timeout_destination": null, "abort_destination": null, "choices": [], "incalls": []}`, id))
	l.put(at, fmt.Sprintf(`{"timeout": 0, "max_tries": 1, "greeting_sound": "hello", "abort_destination": {"type": "hangup", "cause": "normal"},
		"choices": [{"exten": "1", "destination": {"type": "ivr", "ivr_id": %d}}, {"exten": "_2X", "destination": {"type": "none"}}]}`, id))
	l.shows(at, fmt.Sprintf(`{"timeout": 0, "max_tries": 1, "greeting_sound": "hello", "abort_destination": {"type": "hangup", "cause": "normal"}, "timeout_destination": null,
		"choices": [{"exten": "1", "destination": {"type": "ivr", "ivr_id": %d, "ivr_name": "main"}}, {"exten": "_2X", "destination": {"type": "none"}}]}`, id))
	l.put(at, l.get(at))
	l.put(at, `{"abort_destination": null}`)
	l.shows(at, `{"abort_destination": null}`)
	l.delete(at)
	l.refused(404, "GET", at, nil, fmt.Sprintf("Resource Not Found - IVR was not found ('id': %d)", id))
	l.ask("GET", "/ivrs", nil).want(404) // singular
}

func TestMenusThatAreNone(t *testing.T) {
	l := newLab(t)
	with := func(fields string) string { return `{"name": "a", "menu_sound": "b", ` + fields + `}` }
	for _, c := range []struct{ body, text string }{
		{`{"name": "a"}`, "menu_sound: ['Missing data for required field.']"},
		{`{"name": "` + strings.Repeat("x", 129) + `", "menu_sound": "b"}`, "name: ['Longer than maximum length 128.']"},
		{with(`"timeout": -1`), "timeout: ['Must be greater than or equal to 0.']"},
		{with(`"timeout": "soon"`), "timeout: ['Not a valid integer.']"},
		{with(`"max_tries": 0`), "max_tries: ['Must be greater than or equal to 1.']"},
		{with(`"timeout_destination": {"type": "ivr"}`), "timeout_destination: {'ivr_id': ['Missing data for required field.']}"},
		{with(`"choices": [{"exten": "1", "destination": {"type": "none"}}, {"exten": "1", "destination": {"type": "none"}}]`), "exten '1' used in more than one choice"},
		{with(`"choices": [{"exten": "i", "destination": {"type": "none"}}]`), "choices: {0: {'exten': ['String does not match expected pattern.']}}"},
		{with(`"choices": [{"exten": 1}]`), "choices: {0: {'exten': ['Not a valid string.'], 'destination': ['Missing data for required field.']}}"},
		{with(`"choices": [{"exten": "1", "destination": {"type": "ivr", "ivr_id": 42}}]`), "field 'actionarg1': IVR was not found ('actionarg1': '42', 'in': 'choices[0].destination')"},
	} {
		l.refused(400, "POST", "/ivr", c.body, "Input Error - "+c.text)
	}
}

// TestWhatLedToAMenuLeadsNowhere is about a menu that is deleted.
func TestWhatLedToAMenuLeadsNowhere(t *testing.T) {
	l := newLab(t)
	gone := l.id("/ivr", `{"name": "gone", "menu_sound": "x"}`)
	to := fmt.Sprintf(`{"type": "ivr", "ivr_id": %d}`, gone)
	incall := l.id("/incalls", `{"destination": `+to+`, "extensions": [{"exten": "100", "context": "from-extern"}]}`)
	schedule := l.id("/schedules", `{"closed_destination": `+to+`, "exceptional_periods": [{"hours_start": "00:00", "hours_end": "23:59", "destination": `+to+`}]}`)
	menu := l.id("/ivr", `{"name": "stays", "menu_sound": "x", "invalid_destination": `+to+`, "choices": [{"exten": "1", "destination": `+to+`}]}`)

	l.shows(fmt.Sprintf("/incalls/%d", incall), fmt.Sprintf(`{"destination": {"type": "ivr", "ivr_id": %d, "ivr_name": "gone"}}`, gone))
	if got := l.listed("/ivr?exten=100", "name"); got != "1: gone" {
		t.Errorf("by the number of its incall: %s", got)
	}
	numbers := l.get(fmt.Sprintf("/ivr/%d", gone))["incalls"].([]any)[0].(map[string]any)["extensions"].([]any)
	if len(numbers) != 1 {
		t.Errorf("its incall has the numbers %v", numbers)
	}

	l.delete(fmt.Sprintf("/ivr/%d", gone))
	l.shows(fmt.Sprintf("/incalls/%d", incall), `{"destination": {"type": "none"}}`)
	l.shows(fmt.Sprintf("/ivr/%d", menu), `{"invalid_destination": null, "choices": [{"exten": "1", "destination": {"type": "none"}}]}`)
	got := l.get(fmt.Sprintf("/schedules/%d", schedule))
	if to := got["closed_destination"].(map[string]any)["type"]; to != "none" {
		t.Errorf("closed: %v", to)
	}
	if to := got["exceptional_periods"].([]any)[0].(map[string]any)["destination"].(map[string]any)["type"]; to != "none" {
		t.Errorf("exceptional: %v", to)
	}
}
