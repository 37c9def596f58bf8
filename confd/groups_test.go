package confd

import (
	"fmt"
	"strings"
	"testing"
)

func TestGroups(t *testing.T) {
	l := newLab(t)
	made := l.post("/groups", `{"label": "Sales team", "ring_strategy": "linear", "timeout": 60, "user_timeout": null, "caller_id_mode": "prepend", "caller_id_name": "sales", "max_calls": 3, "mark_answered_elsewhere": true}`)
	at := "/groups/" + made["uuid"].(string)
	if name := made["name"].(string); !strings.HasPrefix(name, "grp-master-") {
		t.Errorf("its name is %s", name)
	}
	l.shows(at, `{"label": "Sales team", "ring_strategy": "linear", "timeout": 60, "user_timeout": null, "retry_delay": 5, "ring_in_use": true, "enabled": true, "caller_id_mode": "prepend",
		"caller_id_name": "sales", "max_calls": 3, "mark_answered_elsewhere": true, "members": {"users": [], "extensions": []}, "extensions": [], "incalls": [], "schedules": [],
		"fallbacks": {"noanswer_destination": null, "congestion_destination": null}}`)
	l.put(at, l.get(at))
	if got := l.get(fmt.Sprintf("/groups/%v", made["id"]))["uuid"]; got != made["uuid"] {
		t.Errorf("by its number it is %v", got)
	}

	alice, bob := l.post("/users", `{"firstname": "Alice"}`)["uuid"].(string), l.post("/users", `{"firstname": "Bob"}`)["uuid"].(string)
	l.put(at+"/members/users", fmt.Sprintf(`{"users": [{"uuid": %q}, {"uuid": %q}]}`, bob, alice))
	l.put(at+"/members/extensions", `{"extensions": [{"exten": "0123", "context": "default"}]}`)
	l.shows(at, fmt.Sprintf(`{"members": {"users": [{"uuid": %q, "firstname": "Bob"}, {"uuid": %q}], "extensions": [{"exten": "0123", "context": "default"}]}}`, bob, alice))
	l.shows("/users/"+alice, fmt.Sprintf(`{"groups": [{"uuid": %q, "label": "Sales team"}]}`, made["uuid"]))
	for path, texts := range map[string]map[string]string{
		"/members/users": {
			`{}`:                         "Input Error - users: ['Missing data for required field.']",
			`{"users": [{"uuid": "x"}]}`: "Input Error - field 'users': User was not found ('uuid': 'x')",
			fmt.Sprintf(`{"users": [{"uuid": %q}, {"uuid": %q}]}`, bob, bob): fmt.Sprintf("Input Error - user '%s' is there more than once", bob),
		},
		"/members/extensions": {
			`{"extensions": [{"exten": "a", "context": "default"}]}`:                                       "Input Error - extensions: {0: {'exten': ['String does not match expected pattern.']}}",
			`{"extensions": [{"exten": "1", "context": "nope"}]}`:                                          "Input Error - field 'extensions': Context was not found ('context': 'nope')",
			`{"extensions": [{"exten": "1", "context": "default"}, {"exten": "1", "context": "default"}]}`: "Input Error - extension '1' is there more than once",
		},
	} {
		for body, text := range texts {
			l.refused(400, "PUT", at+path, body, text)
		}
	}
	other := l.post("/groups", `{"label": "other"}`)["uuid"].(string)
	l.put("/users/"+alice+"/groups", fmt.Sprintf(`{"groups": [{"uuid": %q}]}`, other))
	l.shows(at, fmt.Sprintf(`{"members": {"users": [{"uuid": %q}]}}`, bob))
	l.shows("/groups/"+other, fmt.Sprintf(`{"members": {"users": [{"uuid": %q}]}}`, alice))
	l.delete("/users/" + bob)
	l.shows(at, `{"members": {"users": []}}`)

	exten, second := l.id("/extensions", `{"exten": "2000", "context": "default"}`), l.id("/extensions", `{"exten": "2001", "context": "default"}`)
	join := fmt.Sprintf("%s/extensions/%d", at, exten)
	l.put(join, nil)
	l.put(join, nil)
	l.shows(fmt.Sprintf("/extensions/%d", exten), fmt.Sprintf(`{"group": {"id": %v}}`, made["id"]))
	l.refused(400, "PUT", fmt.Sprintf("%s/extensions/%d", at, second), nil, fmt.Sprintf("Resource Error - Group is associated with a Extension ('group_id': %v, 'extension_id': %d)", made["id"], exten))
	l.refused(400, "PUT", fmt.Sprintf("/groups/%s/extensions/%d", other, exten), nil, fmt.Sprintf("Resource Error - Extension is associated with a group ('extension_id': %d, 'associated_id': %v)", exten, made["id"]))
	l.delete(join)

	l.put(at+"/fallbacks", fmt.Sprintf(`{"noanswer_destination": {"type": "group", "group_id": %v}}`, made["id"]))
	l.shows(at+"/fallbacks", fmt.Sprintf(`{"noanswer_destination": {"type": "group", "group_id": %v, "group_label": "Sales team"}, "congestion_destination": null}`, made["id"]))
	l.put(at+"/fallbacks", `{}`)
	l.shows(at+"/fallbacks", `{"noanswer_destination": null}`)
	l.refused(400, "PUT", at+"/fallbacks", `{"noanswer_destination": {"type": "user", "user_id": 99}}`, "Input Error - field 'actionarg1': User was not found ('actionarg1': '99', 'in': 'noanswer_destination')")

	schedule := l.id("/schedules", `{"closed_destination": {"type": "none"}}`)
	l.put(fmt.Sprintf("%s/schedules/%d", at, schedule), nil)
	l.shows(at, fmt.Sprintf(`{"schedules": [{"id": %d}]}`, schedule))
	l.delete(fmt.Sprintf("%s/schedules/%d", at, schedule))

	incall := l.id("/incalls", fmt.Sprintf(`{"destination": {"type": "group", "group_id": %v, "ring_time": 10}}`, made["id"]))
	l.shows(at, fmt.Sprintf(`{"incalls": [{"id": %d}]}`, incall))
	l.refused(400, "POST", "/groups", `{"label": "a/b", "ring_strategy": "loud"}`, "Input Error - label: ['String does not match expected pattern.']",
		"Input Error - ring_strategy: ['Must be one of: all, fewest_calls, least_recent, linear, memorized_round_robin, random, weight_random.']")
	l.delete(at)
	l.shows(fmt.Sprintf("/incalls/%d", incall), `{"destination": {"type": "none"}}`)
	l.refused(404, "GET", at, nil, fmt.Sprintf("Resource Not Found - Group was not found ('uuid': '%v')", made["uuid"]))
}

// TestWhatBecomesOfAUsersCalls sets forwards, fallbacks, services and a schedule, each by its own route.
func TestWhatBecomesOfAUsersCalls(t *testing.T) {
	l := newLab(t)
	at := "/users/" + l.post("/users", `{"firstname": "Alice"}`)["uuid"].(string)
	l.put(at+"/forwards/busy", `{"enabled": true, "destination": "1002"}`)
	l.put(at+"/forwards", `{"unconditional": {"enabled": false, "destination": "1003"}}`)
	l.shows(at+"/forwards", `{"busy": {"enabled": true, "destination": "1002"}, "noanswer": {"enabled": false, "destination": null}, "unconditional": {"enabled": false, "destination": "1003"}}`)
	l.shows(at+"/forwards/unconditional", `{"enabled": false, "destination": "1003"}`)
	l.refused(400, "PUT", at+"/forwards/noanswer", `{"enabled": true}`, "Input Error - destination: ['Field may not be null.']")
	l.refused(404, "PUT", at+"/forwards/never", `{"enabled": true}`, "Resource Not Found - Forward was not found ('forward': 'never')")
	l.refused(404, "GET", at+"/forwards/never", nil, "Resource Not Found - Forward was not found ('forward': 'never')")

	l.put(at+"/services/dnd", `{"enabled": true}`)
	l.put(at+"/services", `{"incallfilter": {"enabled": true}}`)
	l.shows(at+"/services", `{"dnd": {"enabled": true}, "incallfilter": {"enabled": true}}`)
	l.shows(at+"/services/dnd", `{"enabled": true}`)
	l.refused(400, "PUT", at+"/services/dnd", `{"enabled": "yes"}`, "Input Error - enabled: ['Not a valid boolean.']")
	l.refused(404, "PUT", at+"/services/never", `{}`, "Resource Not Found - Service was not found ('service': 'never')")

	ivr := l.id("/ivr", `{"name": "menu", "menu_sound": "menu"}`)
	l.put(at+"/fallbacks", fmt.Sprintf(`{"busy_destination": {"type": "ivr", "ivr_id": %d}, "fail_destination": {"type": "hangup", "cause": "normal"}}`, ivr))
	l.shows(at+"/fallbacks", fmt.Sprintf(`{"busy_destination": {"type": "ivr", "ivr_id": %d, "ivr_name": "menu"}, "fail_destination": {"type": "hangup"}, "noanswer_destination": null, "congestion_destination": null}`, ivr))
	l.delete(fmt.Sprintf("/ivr/%d", ivr))
	l.shows(at, `{"fallbacks": {"busy_destination": null, "fail_destination": {"type": "hangup"}}}`)
	l.refused(400, "PUT", at+"/fallbacks", `{"busy_destination": {"type": "nope"}}`,
		"Input Error - busy_destination: {'type': ['Must be one of: application, conference, custom, extension, group, hangup, ivr, none, outcall, queue, sound, switchboard, user, voicemail.']}")

	schedule, night := l.id("/schedules", `{"name": "day", "closed_destination": {"type": "none"}}`), l.id("/schedules", `{"closed_destination": {"type": "none"}}`)
	l.put(fmt.Sprintf("%s/schedules/%d", at, schedule), nil)
	l.refused(400, "PUT", fmt.Sprintf("%s/schedules/%d", at, night), nil, fmt.Sprintf("Resource Error - User is associated with a Schedule ('user_id': 1, 'schedule_id': %d)", schedule))
	l.shows(at, fmt.Sprintf(`{"schedules": [{"id": %d, "name": "day"}]}`, schedule))
	l.delete(fmt.Sprintf("%s/schedules/%d", at, schedule))
	l.shows(at, `{"schedules": []}`)

	a, b := l.id("/lines", `{"context": "default", "endpoint_sip": {"name": "a"}}`), l.id("/lines", `{"context": "default", "endpoint_sip": {"name": "b"}}`)
	l.put(at+"/lines", fmt.Sprintf(`{"lines": [{"id": %d}]}`, a))
	l.put(at+"/lines", fmt.Sprintf(`{"lines": [{"id": %d}]}`, b))
	l.shows(at, fmt.Sprintf(`{"lines": [{"id": %d}]}`, b))
	l.refused(400, "PUT", at+"/lines", `{"lines": [{"id": 99}]}`, "Input Error - field 'lines': Line was not found ('id': 99)")
}

// TestTenantsDoNotSeeEachOthersTelephones: what belongs to one tenant is not there for another, by whatever route.
func TestTenantsDoNotSeeEachOthersTelephones(t *testing.T) {
	l := newLab(t)
	user := l.post("/users", `{"firstname": "Alice", "lines": [{"context": "default", "endpoint_sip": {"name": "abc"}}]}`)
	endpoint := l.get("/endpoints/sip")["items"].([]any)[0].(map[string]any)["uuid"]
	group := l.post("/groups", `{"label": "sales"}`)["uuid"]
	trunk, outcall := l.id("/trunks", `{}`), l.id("/outcalls", `{"name": "out"}`)
	l.token = l.key("other", "Other", false)
	for _, path := range []string{"/users", "/lines", "/endpoints/sip", "/trunks", "/outcalls", "/groups"} {
		if got := l.get(path)["total"]; got != 0. {
			t.Errorf("%s: %v", path, got)
		}
	}
	for _, path := range []string{
		fmt.Sprint("/users/", user["uuid"]), "/users/1", "/lines/1", fmt.Sprint("/endpoints/sip/", endpoint), fmt.Sprintf("/trunks/%d", trunk), fmt.Sprintf("/outcalls/%d", outcall), fmt.Sprint("/groups/", group),
	} {
		l.ask("GET", path, nil).want(404)
		l.ask("PUT", path, `{}`).want(404)
		l.ask("DELETE", path, nil).want(404)
	}
	own := l.post("/users", `{"firstname": "Eve"}`)["uuid"]
	l.ask("PUT", fmt.Sprintf("/users/%v/lines/1", own), nil).want(404)
	l.ask("POST", "/lines", `{"context": "default"}`).want(400)
	l.ask("POST", "/trunks", fmt.Sprintf(`{"endpoint_sip": {"uuid": %q}}`, endpoint)).want(400)
}
