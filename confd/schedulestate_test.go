package confd

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dialtone/ivr"
	"dialtone/store"
)

// office makes a schedule that is open on workdays from 9 to 18 in Paris, and gives its paths in the contract and beside it.
func office(l *lab) (contract, own string) {
	l.t.Helper()
	id := l.id("/schedules", `{"name": "office", "timezone": "Europe/Paris", "closed_destination": {"type": "none"},
		"open_periods": [{"hours_start": "09:00", "hours_end": "17:59", "week_days": [1,2,3,4,5]}],
		"exceptional_periods": [{"hours_start": "00:00", "hours_end": "23:59", "month_days": [25], "months": [12], "destination": {"type": "hangup", "cause": "busy"}}]}`)
	return fmt.Sprintf("/schedules/%d", id), fmt.Sprintf("/api/schedules/%d", id)
}

func TestStateOfASchedule(t *testing.T) {
	l := newLab(t)
	contract, own := office(l)
	for _, c := range []struct{ at, want string }{
		{"2026-11-23T10:00", `{"at": "2026-11-23T10:00:00+01:00", "state": "open", "rule": "open_period", "index": 0, "why": "open period 1: 09:00-17:59 mon-fri", "until": "2026-11-23T18:00:00+01:00", "faults": []}`},
		{"2026-11-23T17:00:00Z", `{"at": "2026-11-23T18:00:00+01:00", "state": "closed", "rule": "no_period", "until": "2026-11-24T09:00:00+01:00"}`},
		{"2026-11-23T18:00:00%2B01:00", `{"at": "2026-11-23T18:00:00+01:00", "state": "closed"}`},
		{"2026-11-23T18:00:00+01:00", `{"at": "2026-11-23T18:00:00+01:00", "state": "closed"}`}, // where nobody encodes the +
		{"2026-12-25", `{"state": "exceptional", "rule": "exceptional_period", "until": "2026-12-26T00:00:00+01:00"}`},
		{"2026-03-27%2018:00", `{"at": "2026-03-27T18:00:00+01:00", "state": "closed", "until": "2026-03-30T09:00:00+02:00"}`},
	} {
		l.shows(own+"/state?at="+c.at, c.want)
	}
	l.get(own + "/state") // now, whatever that is
	l.refused(400, "GET", own+"/state?at=soon", nil, `Input Error - at: ['"soon" is no time as 2026-12-25T10:00, 2026-12-25T10:00:00+01:00, 10:00, tomorrow 10:00 or monday 10:00']`)
	l.refused(404, "GET", "/api/schedules/99/state", nil, "Resource Not Found - Schedule was not found ('id': 99)")

	l.put(contract, `{"enabled": false}`)
	l.shows(own+"/state?at=2026-12-25", `{"state": "open", "rule": "disabled", "why": "the schedule is disabled, which is always open", "until": null}`)
}

func TestSwitchOfASchedule(t *testing.T) {
	l := newLab(t)
	contract, own := office(l)
	at := own + "/switch"
	state := own + "/state?at=2030-11-25T10:00" // a Monday
	l.shows(at, `{"state": "auto", "until": null, "by": null, "since": null}`)
	l.put(at, `{"state": "closed"}`)
	l.shows(at, `{"state": "closed", "until": null, "by": "API key lab"}`)
	l.shows(state, `{"state": "closed", "rule": "switch", "why": "switched to closed by API key lab", "until": null}`)
	l.put(at, `{"state": "toggle"}`)
	l.shows(at, `{"state": "auto", "until": null, "by": "API key lab"}`)
	l.shows(state, `{"state": "open", "rule": "open_period"}`)
	l.put(at, `{"state": "closed", "until": "2030-11-25T10:30"}`)
	l.shows(at, `{"state": "closed", "until": "2030-11-25T10:30:00+01:00"}`)
	l.shows(state, `{"state": "closed", "until": "2030-11-25T10:30:00+01:00"}`)
	l.put(at, `{"state": "open", "until": "next"}`)
	if until, _ := l.get(at)["until"].(string); until == "" {
		t.Error("open until the next change by the clock has no end")
	}
	l.put(contract, `{"name": "renamed"}`)
	l.shows(at, `{"state": "open"}`)
	l.delete(at)
	l.shows(at, `{"state": "auto"}`)

	l.refused(400, "PUT", at, `{}`, "Input Error - state: ['Missing data for required field.']")
	l.refused(400, "PUT", at, `{"state": "ajar", "until": "soon"}`, "Input Error - state: ['Must be one of: open, closed, auto, toggle.']",
		`Input Error - until: ['"soon" is no time as 2026-12-25T10:00, 2026-12-25T10:00:00+01:00, 10:00, tomorrow 10:00 or monday 10:00, and not next']`)
	l.refused(400, "PUT", at, `{"state": "open", "until": "2026-01-01"}`, "Resource Error - The schedule cannot be switched until 2026-01-01 00:00: that is over ('id': 1)")
	l.put(contract, `{"enabled": false}`)
	l.refused(400, "PUT", at, `{"state": "closed"}`, "Resource Error - The schedule cannot be switched: it is disabled, which is always open ('id': 1)")
}

func TestExceptionsOfASchedule(t *testing.T) {
	l := newLab(t)
	_, own := office(l)
	all := own + "/exceptions"
	id := l.id(all, `{"name": "Easter Monday", "from": "2027-03-29"}`)
	at := fmt.Sprintf("%s/%d", all, id)
	l.shows(at, `{"name": "Easter Monday", "from": "2027-03-29", "until": "2027-03-29", "open": false, "destination": null}`)
	l.shows(own+"/state?at=2027-03-29T10:00", `{"state": "exceptional", "rule": "date", "why": "exception \"Easter Monday\", 2027-03-29 00:00 to 2027-03-30 00:00", "until": "2027-03-30T00:00:00+02:00"}`)

	l.put(at, `{"until": "2027-04-02", "destination": {"type": "sound", "filename": "away"}}`)
	l.shows(at, `{"from": "2027-03-29", "until": "2027-04-02", "destination": {"type": "sound", "filename": "away", "skip": false, "no_answer": false}}`)
	l.put(at, `{"from": "2027-04-05"}`)
	l.shows(at, `{"from": "2027-04-05", "until": "2027-04-05"}`)
	l.put(at, `{"from": "2027-04-10T10:00", "until": "2027-04-10T16:00", "open": true, "destination": null}`)
	l.shows(at, `{"from": "2027-04-10T10:00", "until": "2027-04-10T16:00", "open": true, "destination": null}`)
	l.shows(own+"/state?at=2027-04-10T15:59", `{"state": "open", "rule": "date", "until": "2027-04-10T16:00:00+02:00"}`)
	l.shows(all+"?search=easter", `{"total": 1}`)
	l.shows(all+"?name=other", `{"total": 0, "items": []}`)

	for body, text := range map[string]string{
		`{}`:                           "from: ['Missing data for required field.']",
		`{"from": "2027-02-30"}`:       `from: ['"2027-02-30" is no day (2026-12-25) and no minute (2026-12-25T10:00) of 1900 to 2399']`,
		`{"from": "2027-04-10T10:00"}`: "until: ['only a day ends by itself: until when is it?']",
		`{"from": "2027-04-10", "until": "2027-04-09"}`:                         "until: ['until is before from']",
		`{"from": "2027-04-10T10:00", "until": "2027-04-10T10:00"}`:             "until: ['until is before from']",
		`{"from": "2027-04-10", "open": true, "destination": {"type": "none"}}`: "destination: ['what opens a schedule has no destination: calls go where they do when it is open']",
		`{"from": "2027-04-10", "open": "yes"}`:                                 "open: ['Not a valid boolean.']",
		`{"from": "2027-04-10", "destination": {"type": "x"}}`:                  "destination: {'type': ['Must be one of: application, conference, custom, extension, group, hangup, ivr, none, outcall, queue, sound, switchboard, user, voicemail.']}",
		`{"from": "2027-04-10", "destination": {"type": "ivr", "ivr_id": 7}}`:   "field 'actionarg1': IVR was not found ('actionarg1': '7')",
		`{"from": "2027-04-10", "name": "` + strings.Repeat("x", 129) + `"}`:    "name: ['Longer than maximum length 128.']",
	} {
		l.refused(400, "POST", all, body, "Input Error - "+text)
	}
	l.delete(at)
	l.refused(404, "GET", at, nil, "Resource Not Found - Exception was not found ('id': 1, 'schedule_id': 1)")
	l.refused(404, "POST", "/api/schedules/99/exceptions", `{"from": "2027-04-10"}`, "Resource Not Found - Schedule was not found ('id': 99)")
}

const holidays = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example.org//test//EN\nBEGIN:VEVENT\nSUMMARY:May Day\nDTSTART;VALUE=DATE:20000501\nRRULE:FREQ=YEARLY\nEND:VEVENT\n" +
	"BEGIN:VEVENT\nSUMMARY:odd\nDTSTART:soon\nEND:VEVENT\nEND:VCALENDAR\n"

func TestCalendarsOfASchedule(t *testing.T) {
	l := newLab(t)
	l.api.config.Calendars = ivr.Hosts{"example.org"}
	_, own := office(l)
	all := own + "/calendars"
	id := l.id(all, fmt.Sprintf(`{"name": "our days", "ics": %q, "destination": {"type": "hangup", "cause": "normal"}}`, holidays))
	at := fmt.Sprintf("%s/%d", all, id)
	l.shows(at, `{"name": "our days", "url": null, "open": false, "destination": {"type": "hangup", "cause": "normal"}, "events": 5, "checked": null, "fault": null,
		"notes": ["odd: \"soon\" is no date (20261225) and no time (20261225T090000)"]}`)
	year := time.Now().AddDate(1, 0, 0).Year()
	l.shows(fmt.Sprintf("%s/state?at=%d-05-01T10:00", own, year), fmt.Sprintf(`{"state": "exceptional", "why": "exception \"May Day\", %d-05-01 00:00 to %[1]d-05-02 00:00"}`, year))
	events := l.get(at + "/events?limit=1")
	if first := events["items"].([]any)[0].(map[string]any); events["total"] != 5. || first["name"] != "May Day" || !strings.HasSuffix(first["from"].(string), "-05-01") || first["until"] != first["from"] {
		t.Errorf("events: %v", events)
	}
	l.refused(400, "POST", at+"/refresh", nil, "Resource Error - Calendar has no URL: its events came with a file ('id': 1)")

	l.put(at, `{"url": "webcal://user:secret@example.org/holidays.ics"}`)
	l.shows(at, `{"url": "webcal://user:secret@example.org/holidays.ics", "events": 0, "notes": [], "read": null}`)
	l.refused(400, "PUT", at, `{"open": true}`, "Input Error - destination: ['what opens a schedule has no destination: calls go where they do when it is open']")
	l.put(at, `{"name": "public", "open": true, "destination": null}`)
	l.shows(at, `{"name": "public", "open": true, "url": "webcal://user:secret@example.org/holidays.ics"}`)
	mark := func(checked time.Time) {
		t.Helper()
		err := l.store.Update(func(tx *store.Tx) error {
			c, _, _ := tx.Calendars().Get(id)
			now := *c
			now.Checked, now.Fault = checked, "the server answers 404 Not Found"
			_, err := tx.Calendars().Put(now)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	mark(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC))
	l.shows(at, `{"checked": "2026-11-23T10:00:00Z", "fault": "the server answers 404 Not Found"}`)
	l.ask("POST", at+"/refresh", nil).want(204)
	l.shows(at, `{"checked": null}`)
	write := l.token
	l.token = l.key("reader", "", true)
	l.shows(at, `{"url": "webcal://user:xxxxx@example.org/holidays.ics"}`)
	l.token = write

	for body, text := range map[string]string{
		`{}`:             "url: ['Missing data for required field: a calendar has a url or a file (ics).']",
		`{"url": null}`:  "url: ['Missing data for required field: a calendar has a url or a file (ics).']",
		`{"ics": "BEG"}`: "ics: ['this is no iCalendar file (RFC 5545), or not all of it: it does not end with END:VCALENDAR']",
		`{"url": "https://169.254.169.254/latest"}`:                `url: ["the host 169.254.169.254:443 is not to be asked: the server's setting --allow-calendar-url opens hosts"]`,
		`{"url": "file:///etc/passwd"}`:                            "url: ['file:// is no address of HTTP']",
		`{"url": "https://example.org/a.ics", "ics": "BEGIN:..."}`: "ics: ['url and ics exclude each other']",
	} {
		l.refused(400, "POST", all, body, "Input Error - "+text)
	}
	l.delete(at)
	l.refused(404, "GET", at, nil, "Resource Not Found - Calendar was not found ('id': 1, 'schedule_id': 1)")
}

// What belongs to a schedule is another tenant's as little as the schedule is.
func TestSchedulesOfAnotherTenant(t *testing.T) {
	l := newLab(t)
	_, own := office(l)
	id := l.id(own+"/exceptions", `{"from": "2027-03-29"}`)
	l.token = l.key("stranger", "stranger", false)
	for _, c := range []struct{ method, path string }{
		{"GET", "/state"}, {"GET", "/switch"}, {"PUT", "/switch"}, {"DELETE", "/switch"}, {"GET", "/exceptions"}, {"POST", "/exceptions"}, {"GET", "/calendars"},
		{"GET", fmt.Sprintf("/exceptions/%d", id)}, {"PUT", fmt.Sprintf("/exceptions/%d", id)}, {"DELETE", fmt.Sprintf("/exceptions/%d", id)},
	} {
		l.refused(404, c.method, own+c.path, `{"from": "2027-03-29", "state": "open"}`, "Resource Not Found - Schedule was not found ('id': 1)")
	}
}
