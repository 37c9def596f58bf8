package confd

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

const (
	allDays   = `"month_days": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31]`
	allMonths = `"months": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]`
)

func TestSchedules(t *testing.T) {
	l := newLab(t)
	id := l.id("/schedules", `{"closed_destination": {"type": "none"}}`)
	at := fmt.Sprintf("/schedules/%d", id)
	l.shows(at, fmt.Sprintf(`{"id": %d, "name": null, "timezone": null, "enabled": true, "closed_destination": {"type": "none"}, "open_periods": [], "exceptional_periods": [],
		"incalls": [], "users": [], "groups": [], "queues": [], "outcalls": []}`, id))
	l.put(at, `{"name": "office", "timezone": "Europe/Paris", "enabled": false, "open_periods": [{"hours_start": "08:00", "hours_end": "08:00", "week_days": [5, 1, 3]}],
		"exceptional_periods": [{"hours_start": "00:00", "hours_end": "23:59", "month_days": [25], "months": [12], "destination": {"type": "sound", "filename": "xmas"}}]}`)
	l.shows(at, `{"name": "office", "timezone": "Europe/Paris", "enabled": false, "closed_destination": {"type": "none"},
		"open_periods": [{"hours_start": "08:00", "hours_end": "08:00", "week_days": [5, 1, 3], `+allDays+`, `+allMonths+`}],
		"exceptional_periods": [{"hours_start": "00:00", "hours_end": "23:59", "week_days": [1, 2, 3, 4, 5, 6, 7], "month_days": [25], "months": [12],
			"destination": {"type": "sound", "filename": "xmas", "skip": false, "no_answer": false}}]}`)
	l.put(at, l.get(at))
	l.put(at, `{"open_periods": [], "timezone": null}`) // a list replaces the list
	l.shows(at, `{"open_periods": [], "timezone": null, "name": "office"}`)
	l.delete(at)
	l.ask("GET", at, nil).want(404)
}

func TestSchedulesThatAreNone(t *testing.T) {
	l := newLab(t)
	const none = `"closed_destination": {"type": "none"}`
	period := func(fields string) string { return `{` + none + `, "open_periods": [` + fields + `]}` }
	for _, c := range []struct{ body, text string }{
		{`{}`, "closed_destination: ['Missing data for required field.']"},
		{`{` + none + `, "timezone": "Europe/Atlantis"}`, "timezone: ['Not a valid timezone: Europe/Paris would be one.']"},
		{`{` + none + `, "timezone": "Local"}`, "timezone: ['Not a valid timezone: Europe/Paris would be one.']"},
		{`{` + none + `, "timezone": "localtime"}`, "timezone: ['Not a valid timezone: Europe/Paris would be one.']"},
		{`{` + none + `, "timezone": "right/Europe/Paris"}`, "timezone: ['Not a valid timezone: Europe/Paris would be one.']"},
		{`{` + none + `, "timezone": "../etc/passwd"}`, "timezone: ['Not a valid timezone: Europe/Paris would be one.']"},
		{`{` + none + `, "name": "` + strings.Repeat("x", 129) + `"}`, "name: ['Longer than maximum length 128.']"},
		{`{` + none + `, "open_periods": null}`, "open_periods: ['Field may not be null.']"},
		{period(`{"hours_start": "9h", "hours_end": "12:00"}`), "open_periods: {0: {'hours_start': ['String does not match expected pattern.']}}"},
		{period(`{"hours_start": ",9:00", "hours_end": "24:00"}`), "open_periods: {0: {'hours_start': ['String does not match expected pattern.'], 'hours_end': ['String does not match expected pattern.']}}"},
		{period(`{"hours_start": "08:00"}`), "open_periods: {0: {'hours_end': ['Missing data for required field.']}}"},
		{period(`{"hours_start": "08:00", "hours_end": "12:00"}, {"hours_start": "13:00", "hours_end": "12:59"}`), "open_periods: {1: {'_schema': ['hours_end is before hours_start']}}"},
		{period(`{"hours_start": "08:00", "hours_end": "12:00", "week_days": []}`), "open_periods: {0: {'week_days': ['week_days cannot be empty']}}"},
		{period(`{"hours_start": "08:00", "hours_end": "12:00", "week_days": [1, 8]}`), "open_periods: {0: {'week_days': {1: ['Must be greater than or equal to 1 and less than or equal to 7.']}}}"},
		{period(`{"hours_start": "08:00", "hours_end": "12:00", "month_days": [0], "months": [13]}`),
			"open_periods: {0: {'month_days': {0: ['Must be greater than or equal to 1 and less than or equal to 31.']}, 'months': {0: ['Must be greater than or equal to 1 and less than or equal to 12.']}}}"},
		{period(`{"hours_start": "08:00", "hours_end": "12:00", "months": ["may"]}`), "open_periods: {0: {'months': {0: ['Not a valid integer.']}}}"},
		{`{` + none + `, "exceptional_periods": [{"hours_start": "08:00", "hours_end": "12:00"}]}`, "exceptional_periods: {0: {'destination': ['Missing data for required field.']}}"},
		{`{` + none + `, "exceptional_periods": [{"hours_start": "08:00", "hours_end": "12:00", "destination": {"type": "ivr", "ivr_id": 5}}]}`,
			"field 'actionarg1': IVR was not found ('actionarg1': '5', 'in': 'exceptional_periods[0].destination')"},
		{`{"closed_destination": {"type": "user", "user_id": 5}}`, "field 'actionarg1': User was not found ('actionarg1': '5', 'in': 'closed_destination')"},
	} {
		l.refused(400, "POST", "/schedules", c.body, "Input Error - "+c.text)
	}
	at := fmt.Sprintf("/schedules/%d", l.id("/schedules", `{`+none+`}`))
	l.refused(400, "PUT", at, `{"open_periods": [{}]}`, // what is in a list is always whole
		"Input Error - open_periods: {0: {'hours_start': ['Missing data for required field.'], 'hours_end': ['Missing data for required field.']}}")
}

func TestListOfSchedules(t *testing.T) {
	l := newLab(t)
	for _, body := range []string{`"name": "night", "timezone": "Europe/Paris"`, `"name": "day", "timezone": "Asia/Tokyo"`, `"name": null`} {
		l.id("/schedules", `{"closed_destination": {"type": "none"}, `+body+`}`)
	}
	l.lists("/schedules", "name", map[string]string{
		"":                               "3: day night <nil>",
		"?order=timezone&direction=desc": "3: <nil> night day",
		"?timezone=Asia/Tokyo":           "1: day",
		"?search=paris":                  "1: night",
		"?id=x":                          "0: ",
	})
}

// TestVectorsByREST makes the schedules of the vectors as they stand there, and asks for each of their moments.
func TestVectorsByREST(t *testing.T) {
	text, err := os.ReadFile("../testdata/confd/schedules.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Schedules map[string]json.RawMessage
		Vectors   []struct{ Schedule, UTC, State, Destination, Why string }
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	l, ids := newLab(t), map[string]int{}
	for name, body := range file.Schedules {
		ids[name] = l.id("/schedules", string(body))
	}
	for _, v := range file.Vectors {
		state := l.get(fmt.Sprintf("/api/schedules/%d/state?at=%s", ids[v.Schedule], v.UTC))
		to := map[string]any{}
		switch kept := l.get(fmt.Sprintf("/schedules/%d", ids[v.Schedule])); state["state"] {
		case "closed":
			to = kept["closed_destination"].(map[string]any)
		case "exceptional":
			to = kept["exceptional_periods"].([]any)[l.number(state, "index")].(map[string]any)["destination"].(map[string]any)
		}
		if sound, _ := to["filename"].(string); state["state"] != v.State || sound != v.Destination {
			t.Errorf("%s at %s (%s): %v, %q, want %s, %q", v.Schedule, v.UTC, v.Why, state["state"], sound, v.State, v.Destination)
		}
	}
	if len(file.Vectors) != 63 || len(ids) != 19 {
		t.Errorf("%d vectors over %d schedules, want 63 over 19", len(file.Vectors), len(ids))
	}
}
