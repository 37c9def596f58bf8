package confd

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dialtone/store"
)

// number gives a field that is a number.
func (l *lab) number(o map[string]any, field string) int {
	l.t.Helper()
	n, ok := o[field].(float64)
	if !ok {
		l.t.Fatalf("%s is %v, no number", field, o[field])
	}
	return int(n)
}

// id makes an object and gives its number.
func (l *lab) id(path, body string) int {
	l.t.Helper()
	return l.number(l.post(path, body), "id")
}

// shows compares the fields of an object that want has, in JSON, with it; links are left out.
func (l *lab) shows(path, want string) {
	l.t.Helper()
	var wanted map[string]any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		l.t.Fatalf("%s: %v", want, err)
	}
	got := wantedOf(withoutLinks(l.get(path)), wanted)
	if diff := cmp.Diff(any(wanted), got); diff != "" {
		l.t.Errorf("GET %s (-want +got):\n%s", path, diff)
	}
}

// wantedOf leaves those fields of a value of JSON, and of what is in it, that another one has.
func wantedOf(got, wanted any) any {
	switch wanted := wanted.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		for field := range got {
			if of, ok := wanted[field]; ok {
				got[field] = wantedOf(got[field], of)
			} else {
				delete(got, field)
			}
		}
		if ok {
			return got
		}
	case []any:
		if list, ok := got.([]any); ok && len(list) == len(wanted) {
			for i := range list {
				list[i] = wantedOf(list[i], wanted[i])
			}
		}
	}
	return got
}

// withoutLinks takes the links out of a value of JSON.
func withoutLinks(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "links")
		for name := range v {
			v[name] = withoutLinks(v[name])
		}
	case []any:
		for i := range v {
			v[i] = withoutLinks(v[i])
		}
	}
	return v
}

// listed gives a field of each object of a list, in order, as one text.
func (l *lab) listed(path, field string) string {
	l.t.Helper()
	page := l.get(path)
	var values []string
	for _, item := range page["items"].([]any) {
		values = append(values, fmt.Sprint(item.(map[string]any)[field]))
	}
	return fmt.Sprintf("%v: %s", page["total"], strings.Join(values, " "))
}

// lists compares what listed gives with what it should, by query.
func (l *lab) lists(path, field string, want map[string]string) {
	l.t.Helper()
	for query, want := range want {
		if got := l.listed(path+query, field); got != want {
			l.t.Errorf("%s%s: %s, want %s", path, query, got, want)
		}
	}
}

// below makes a tenant below the master and gives its UUID.
func (l *lab) below(name string) string {
	l.t.Helper()
	var uuid string
	err := l.store.Update(func(tx *store.Tx) error {
		t, err := tx.Tenants().Put(store.Tenant{Name: name, Parent: tx.MasterTenant().UUID})
		uuid = t.UUID
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return uuid
}

// TestCallsOfTheSeed are those that wire a menu to a number, as the page about phone menus tells them.
func TestCallsOfTheSeed(t *testing.T) {
	l := newLab(t)
	extension := l.id("/extensions", `{"exten": "33123456789", "context": "from-extern"}`)
	incall := l.id("/incalls", `{"destination": {"type": "custom", "command": "Goto(dp-ivr-example,s,1)"}}`)
	l.put(fmt.Sprintf("/incalls/%d/extensions/%d", incall, extension), nil)
	schedule := l.id("/schedules", `{"name": "office", "timezone": "Europe/Paris",
		"open_periods": [{"hours_start": "08:00", "hours_end": "18:00", "week_days": [1, 2, 3, 4, 5]}],
		"exceptional_periods": [{"hours_start": "00:00", "hours_end": "23:59", "month_days": [25], "months": [12], "destination": {"type": "sound", "filename": "xmas"}}],
		"closed_destination": {"type": "sound", "filename": "closed"}}`)
	l.put(fmt.Sprintf("/incalls/%d/schedules/%d", incall, schedule), nil)

	l.shows(fmt.Sprintf("/incalls/%d", incall), fmt.Sprintf(`{"id": %d, "destination": {"type": "custom", "command": "Goto(dp-ivr-example,s,1)"},
		"preprocess_subroutine": null, "greeting_sound": null, "caller_id_mode": null, "caller_id_name": null, "description": null,
		"extensions": [{"id": %d, "exten": "33123456789", "context": "from-extern"}], "schedules": [{"id": %d, "name": "office"}]}`, incall, extension, schedule))
	l.shows(fmt.Sprintf("/extensions/%d", extension), fmt.Sprintf(`{"exten": "33123456789", "context": "from-extern", "enabled": true, "incall": {"id": %d},
		"outcall": null, "group": null, "queue": null, "conference": null, "parking_lot": null, "lines": []}`, incall))
	l.shows(fmt.Sprintf("/schedules/%d", schedule), fmt.Sprintf(`{"incalls": [{"id": %d}], "users": [], "groups": [], "queues": [], "outcalls": []}`, incall))

	for range 2 { // once more changes nothing
		l.put(fmt.Sprintf("/incalls/%d/extensions/%d", incall, extension), nil)
		l.put(fmt.Sprintf("/incalls/%d/schedules/%d", incall, schedule), nil)
	}
}

func TestLinksAndLocation(t *testing.T) {
	l := newLab(t)
	made := l.ask("POST", "/incalls", `{"destination": {"type": "none"}}`).want(201)
	at := fmt.Sprintf("%s/1.1/incalls/%d", l.server.URL, l.number(made.object(), "id"))
	if got := made.header.Get("Location"); got != at {
		t.Errorf("Location: %s, want %s", got, at)
	}
	want := []any{map[string]any{"rel": "incalls", "href": at}}
	if diff := cmp.Diff(want, made.object()["links"]); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}
