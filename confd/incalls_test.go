package confd

import (
	"fmt"
	"strings"
	"testing"
)

func TestIncalls(t *testing.T) {
	l := newLab(t)
	id := l.id("/incalls", `{"destination": {"type": "none"}, "preprocess_subroutine": "before", "greeting_sound": "hello", "caller_id_mode": "prepend",
		"caller_id_name": "Zoë ☎", "description": "of the house"}`)
	at := fmt.Sprintf("/incalls/%d", id)
	l.shows(at, fmt.Sprintf(`{"id": %d, "destination": {"type": "none"}, "preprocess_subroutine": "before", "greeting_sound": "hello", "caller_id_mode": "prepend",
		"caller_id_name": "Zoë ☎", "description": "of the house", "extensions": [], "schedules": []}`, id))
	l.put(at, `{"caller_id_mode": null, "destination": {"type": "hangup", "cause": "busy", "timeout": 5}}`)
	l.shows(at, `{"destination": {"type": "hangup", "cause": "busy", "timeout": 5}, "preprocess_subroutine": "before", "caller_id_mode": null, "caller_id_name": "Zoë ☎"}`)
	l.put(at, l.get(at))
	l.put(at, `{}`)
	l.delete(at)
	l.refused(404, "GET", at, nil, fmt.Sprintf("Resource Not Found - Incall was not found ('id': %d)", id))
}

func TestIncallsThatAreNone(t *testing.T) {
	l := newLab(t)
	for _, c := range []struct{ body, text string }{
		{`{}`, "Input Error - destination: ['Missing data for required field.']"},
		{`null`, "Input Error - destination: ['Missing data for required field.']"},
		{`{"destination": null}`, "Input Error - destination: ['Field may not be null.']"},
		{`{"destination": "none"}`, "Input Error - destination: {'_schema': ['Invalid input type.']}"},
		{`{"destination": {"type": "none"}, "caller_id_mode": "before"}`, "Input Error - caller_id_mode: ['Must be one of: prepend, overwrite, append.']"},
		{`{"destination": {"type": "none"}, "preprocess_subroutine": "` + strings.Repeat("x", 80) + `"}`, "Input Error - preprocess_subroutine: ['Longer than maximum length 79.']"},
		{`{"destination": {"type": "none"}, "greeting_sound": "` + strings.Repeat("x", 256) + `"}`, "Input Error - greeting_sound: ['Longer than maximum length 255.']"},
		{`{"destination": {"type": "none"}, "caller_id_name": "` + strings.Repeat("x", 81) + `"}`, "Input Error - caller_id_name: ['Longer than maximum length 80.']"},
		{`{"caller_id_name": 5, "description": []}`, "Input Error - caller_id_name: ['Not a valid string.']|Input Error - description: ['Not a valid string.']|Input Error - destination: ['Missing data for required field.']"},
	} {
		l.refused(400, "POST", "/incalls", c.body, strings.Split(c.text, "|")...)
	}
	if got := l.listed("/incalls", "id"); got != "0: " {
		t.Errorf("something was kept: %s", got)
	}
}

func TestNumbersOfIncalls(t *testing.T) {
	l := newLab(t)
	a, b := l.id("/incalls", `{"destination": {"type": "none"}}`), l.id("/incalls", `{"destination": {"type": "none"}}`)
	first, second := l.id("/extensions", `{"exten": "100", "context": "from-extern"}`), l.id("/extensions", `{"exten": "101", "context": "from-extern"}`)
	inside := l.id("/extensions", `{"exten": "100", "context": "default"}`)
	join := func(incall, extension int) string { return fmt.Sprintf("/incalls/%d/extensions/%d", incall, extension) }

	l.delete(join(a, first)) // they are not joined
	l.put(join(a, first), nil)
	l.put(join(a, first), nil)
	for _, c := range []struct {
		incall, extension int
		text              string
	}{
		{a, second, fmt.Sprintf("Resource Error - Incall is associated with a Extension ('incall_id': %d, 'extension_id': %d)", a, first)},
		{b, first, fmt.Sprintf("Resource Error - Extension is associated with a incall ('extension_id': %d, 'associated_id': %d)", first, a)},
		{b, inside, fmt.Sprintf("Resource Error - ContextType 'internal' cannot be associated ('id': %d, 'context': 'default')", inside)},
	} {
		l.refused(400, "PUT", join(c.incall, c.extension), nil, c.text)
	}
	l.refused(404, "PUT", join(999, first), nil, "Resource Not Found - Incall was not found ('id': 999)")
	l.refused(404, "PUT", join(a, 999), nil, "Resource Not Found - Extension was not found ('id': 999)")
	l.refused(404, "DELETE", join(a, 999), nil, "Resource Not Found - Extension was not found ('id': 999)")
	l.delete(join(b, first)) // not this one's: nothing changes
	l.shows(fmt.Sprintf("/incalls/%d", a), fmt.Sprintf(`{"extensions": [{"id": %d, "exten": "100", "context": "from-extern"}]}`, first))
	l.delete(join(a, first))
	l.put(join(b, first), nil)
	l.ask("GET", join(b, first), nil).want(405)
}

func TestSchedulesOfIncalls(t *testing.T) {
	l := newLab(t)
	incall := l.id("/incalls", `{"destination": {"type": "none"}}`)
	day, night := l.id("/schedules", `{"name": "day", "closed_destination": {"type": "none"}}`), l.id("/schedules", `{"closed_destination": {"type": "none"}}`)
	at, join := fmt.Sprintf("/incalls/%d", incall), func(schedule int) string { return fmt.Sprintf("/incalls/%d/schedules/%d", incall, schedule) }

	l.put(join(day), nil)
	l.put(join(day), nil)
	l.refused(400, "PUT", join(night), nil, fmt.Sprintf("Resource Error - Incall is associated with a Schedule ('incall_id': %d, 'schedule_id': %d)", incall, day))
	l.refused(404, "PUT", join(999), nil, "Resource Not Found - Schedule was not found ('id': 999)")
	l.delete(join(night))
	l.shows(at, fmt.Sprintf(`{"schedules": [{"id": %d, "name": "day"}]}`, day))
	l.delete(fmt.Sprintf("/schedules/%d", day))
	l.shows(at, `{"schedules": []}`)
	l.put(join(night), nil)
	l.shows(at, fmt.Sprintf(`{"schedules": [{"id": %d, "name": null}]}`, night))
	l.delete(join(night))
	l.shows(at, `{"schedules": []}`)
}

// TestIncallWithNumberAndSchedule makes all in one request, or nothing.
func TestIncallWithNumberAndSchedule(t *testing.T) {
	l := newLab(t)
	schedule := l.id("/schedules", `{"name": "day", "closed_destination": {"type": "none"}}`)
	made := l.post("/incalls", fmt.Sprintf(`{"destination": {"type": "none"}, "extensions": [{"exten": "100", "context": "from-extern"}], "schedules": [{"id": %d}]}`, schedule))
	number := made["extensions"].([]any)[0].(map[string]any)
	if number["exten"] != "100" || made["schedules"].([]any)[0].(map[string]any)["name"] != "day" {
		t.Errorf("made %v", made)
	}
	l.shows(fmt.Sprintf("/extensions/%v", number["id"]), fmt.Sprintf(`{"exten": "100", "context": "from-extern", "enabled": true, "incall": {"id": %v}}`, made["id"]))

	for body, text := range map[string]string{
		`"extensions": [{"exten": "100", "context": "from-extern"}]`:                             "Resource Error - Extension already exists ('exten': '100', 'context': 'from-extern')",
		`"extensions": [{"exten": "101", "context": "nope"}]`:                                    "Input Error - field 'context': Context was not found ('context': 'nope')",
		`"extensions": [{"exten": 101, "context": "nope"}]`:                                      "Input Error - extensions: {0: {'exten': ['Not a valid string.']}}",
		`"extensions": [{"exten": "102", "context": "from-extern"}], "schedules": [{"id": 999}]`: "Input Error - field 'schedules': Schedule was not found ('id': 999)",
	} {
		l.refused(400, "POST", "/incalls", `{"destination": {"type": "none"}, `+body+`}`, text)
	}
	for _, body := range []string{ // whose texts have numbers that are not known here
		`"extensions": [{"exten": "103", "context": "from-extern"}, {"exten": "104", "context": "from-extern"}]`,
		`"extensions": [{"exten": "105", "context": "default"}]`,
		fmt.Sprintf(`"schedules": [{"id": %d}, {"id": %d}]`, schedule, l.id("/schedules", `{"closed_destination": {"type": "none"}}`)),
	} {
		l.ask("POST", "/incalls", `{"destination": {"type": "none"}, `+body+`}`).want(400)
	}
	if incalls, numbers := l.listed("/incalls", "id"), l.listed("/extensions", "exten"); incalls != fmt.Sprintf("1: %v", made["id"]) || numbers != "1: 100" {
		t.Errorf("something was kept of what was refused: incalls %s, extensions %s", incalls, numbers)
	}
	at := fmt.Sprintf("/incalls/%v", made["id"])
	again := l.post("/incalls", l.get(at)) // as it was read: the number stays where it is
	if numbers := again["extensions"].([]any); len(numbers) != 0 {
		t.Errorf("the copy has the numbers %v", numbers)
	}
	l.post("/incalls", `{"destination": {"type": "none"}, "extensions": null, "schedules": null}`)
	l.put(at, `{"extensions": [], "schedules": []}`) // which is only for new ones
	l.shows(at, fmt.Sprintf(`{"extensions": [{"id": %v, "exten": "100", "context": "from-extern"}], "schedules": [{"id": %d, "name": "day"}]}`, number["id"], schedule))
}

func TestListOfIncalls(t *testing.T) {
	l := newLab(t)
	for _, c := range []struct{ exten, description string }{{"300", "Straße"}, {"", "none"}, {"100", "Été"}, {"200", "hiver"}} {
		numbers := ""
		if c.exten != "" {
			numbers = fmt.Sprintf(`, "extensions": [{"exten": %q, "context": "from-extern"}]`, c.exten)
		}
		l.id("/incalls", fmt.Sprintf(`{"description": %q, "destination": {"type": "none"}%s}`, c.description, numbers))
	}
	l.lists("/incalls", "description", map[string]string{
		"":                           "4: Été hiver Straße none",
		"?exten=200":                 "1: hiver",
		"?search=ETE":                "1: Été",
		"?search=00":                 "3: Été hiver Straße",
		"?description=none":          "1: none",
		"?user_id=5":                 "0: ",
		"?user_id=x":                 "0: ",
		"?order=description&limit=1": "4: Straße",
	})
}
