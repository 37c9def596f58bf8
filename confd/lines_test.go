package confd

import (
	"fmt"
	"strings"
	"testing"

	"dialtone/store"
)

// endpoint makes an endpoint and gives its path and its UUID.
func (l *lab) endpoint(body string) (path, uuid string) {
	l.t.Helper()
	uuid = l.post("/endpoints/sip", body)["uuid"].(string)
	return "/endpoints/sip/" + uuid, uuid
}

// phone is the account that telephones have by a number; nil: there is none.
func (l *lab) phone(number string) *store.Phone {
	l.t.Helper()
	p, _, err := l.store.Phones().Get(number)
	if err != nil {
		return nil
	}
	return &p
}

func TestEndpoints(t *testing.T) {
	l := newLab(t)
	template := l.post("/endpoints/sip/templates", `{"name": "base", "label": "Base", "endpoint_section_options": [["context", "default"], ["callerid", "\"Base\" <1>"]]}`)["uuid"].(string)
	at, uuid := l.endpoint(fmt.Sprintf(`{"name": "abc", "label": "Desk", "transport": null, "templates": [{"uuid": %q}], "asterisk_id": "main",
		"auth_section_options": [["username", "abc"], ["password", "secret"]], "endpoint_section_options": [["callerid", "Own"], ["t38_udptl", "no"]]}`, template))
	l.shows(at, fmt.Sprintf(`{"uuid": %q, "name": "abc", "label": "Desk", "asterisk_id": "main", "transport": null, "templates": [{"uuid": %q, "label": "Base", "name": "base"}],
		"auth_section_options": [["username", "abc"], ["password", "secret"]], "endpoint_section_options": [["callerid", "Own"], ["t38_udptl", "no"]],
		"aor_section_options": [], "line": null, "trunk": null}`, uuid, template))
	l.shows(at+"?view=merged", `{"endpoint_section_options": [["context", "default"], ["callerid", "Own"], ["t38_udptl", "no"]]}`)
	l.put(at, `{"endpoint_section_options": [], "label": null}`)
	l.shows(at, `{"label": null, "name": "abc", "endpoint_section_options": [], "auth_section_options": [["username", "abc"], ["password", "secret"]]}`)
	l.put(at, l.get(at))
	l.put(at, `{}`)
	if made := l.post("/endpoints/sip", `{}`); len(made["name"].(string)) != 8 {
		t.Errorf("a name was made: %v", made["name"])
	}
	if got := l.listed("/endpoints/sip?search=ab", "name"); got != "1: abc" {
		t.Error(got)
	}
	l.token = l.key("reader", "", true)
	l.shows(at, `{"auth_section_options": [["username", "abc"], ["password", "********"]]}`)
	l.token = l.key("writer", "", false)
	l.delete("/endpoints/sip/templates/" + template)
	l.shows(at, `{"templates": []}`)
	l.delete(at)
	l.refused(404, "GET", at, nil, fmt.Sprintf("Resource Not Found - SIPEndpoint was not found ('uuid': '%s')", uuid))
}

func TestEndpointsThatAreNone(t *testing.T) {
	l := newLab(t)
	l.endpoint(`{"name": "abc"}`)
	l.post("/endpoints/sip/templates", `{"name": "base"}`)
	const unknown = "00000000-0000-4000-8000-000000000000"
	for body, text := range map[string]string{
		`{"name": "a b"}`:                                         "name: ['String does not match expected pattern.']",
		`{"name": "global"}`:                                      "name: ['Invalid input.']",
		`{"name": "` + strings.Repeat("x", 80) + `"}`:             "name: ['Length must be between 1 and 79.']",
		`{"templates": [{}]}`:                                     "templates: {0: {'uuid': ['Missing data for required field.']}}",
		`{"templates": [{"uuid": "x"}]}`:                          "templates: {0: {'uuid': ['Not a valid UUID.']}}",
		`{"templates": [{"uuid": "` + unknown + `"}]}`:            "field 'templates': SIPEndpointTemplate was not found ('uuid': '" + unknown + "')",
		`{"transport": {"uuid": "` + unknown + `"}}`:              "field 'transport': SIPTransport was not found ('uuid': '" + unknown + "')",
		`{"endpoint_section_options": [["dtmf_mode", "smoke"]]}`:  `endpoint_section_options: dtmf_mode "smoke" is none of auto, rfc4733, inband, info, auto_info`,
		`{"endpoint_section_options": [["rtp_timeout", "1h"]]}`:   `endpoint_section_options: rtp_timeout "1h" is no number from 0 to 86400`,
		`{"aor_section_options": [["max_contacts", "-1"]]}`:       `aor_section_options: max_contacts "-1" is no number from 0 to 1000000`,
		`{"auth_section_options": null}`:                          "auth_section_options: ['Field may not be null.']",
		`{"auth_section_options": {"username": "a"}}`:             "auth_section_options: ['Not a valid list.']",
		`{"auth_section_options": ["username"]}`:                  "auth_section_options: {0: ['Not a valid list.']}",
		`{"auth_section_options": [["username"]]}`:                "auth_section_options: {0: ['Length must be 2.']}",
		`{"auth_section_options": [["username", 5]]}`:             "auth_section_options: {0: ['Not a valid string.']}",
		`{"auth_section_options": [["username", ""]]}`:            "auth_section_options: {0: ['Length must be between 1 and 4092.']}",
		`{"auth_section_options": [["username", "a\r\nb: c"]]}`:   "auth_section_options: {0: ['String does not match expected pattern.']}",
		`{"aor_section_options": [["contact", "a"], ["x", "y"]]}`: `aor_section_options: {1: ["'x' is not an option of PJSIP's section aor."]}`,
	} {
		l.refused(400, "POST", "/endpoints/sip", body, "Input Error - "+text)
	}
	for _, name := range []string{"abc", "base"} {
		l.refused(400, "POST", "/endpoints/sip", `{"name": "`+name+`"}`, "Resource Error - SIPEndpoint already exists ('name': '"+name+"')")
		l.refused(400, "POST", "/endpoints/sip/templates", `{"name": "`+name+`"}`, "Resource Error - SIPEndpoint already exists ('name': '"+name+"')")
	}
	many := `{"auth_section_options": [` + strings.TrimSuffix(strings.Repeat(`["username", "a"],`, 513), ",") + `]}`
	l.refused(400, "POST", "/endpoints/sip", many, "Input Error - auth_section_options: ['Longer than maximum length 512.']")
	if got := l.listed("/endpoints/sip", "name"); got != "1: abc" {
		t.Errorf("something was kept: %s", got)
	}
	l.ask("GET", "/registers/sip", nil).want(404)
}

// TestAPhoneIsMadeStepByStep: a telephone can register from the moment that a line has an endpoint with a user name and a password.
func TestAPhoneIsMadeStepByStep(t *testing.T) {
	l := newLab(t)
	line := l.id("/lines", `{"context": "default"}`)
	lineAt := fmt.Sprintf("/lines/%d", line)
	endpointAt, uuid := l.endpoint(`{"name": "abc", "auth_section_options": [["username", "abc"], ["password", "secret"]]}`)
	exten := l.id("/extensions", `{"exten": "1001", "context": "default"}`)
	extenAt := fmt.Sprintf("%s/extensions/%d", lineAt, exten)
	user := l.post("/users", `{"firstname": "Alice", "lastname": "Martin"}`)["uuid"].(string)
	userAt := "/users/" + user
	userLine := fmt.Sprintf("%s/lines/%d", userAt, line)

	l.refused(400, "PUT", extenAt, nil, fmt.Sprintf("Resource Error - Line must be associated with a Endpoint ('line_id': %d)", line))
	l.refused(400, "PUT", userLine, nil, fmt.Sprintf("Resource Error - Line must be associated with a Endpoint ('line_id': %d)", line))
	l.put(lineAt+endpointAt, nil)
	l.put(lineAt+endpointAt, nil)
	if p := l.phone("abc"); p == nil || p.Context != "default" || p.HA1MD5 != store.NewPhone("abc", "secret", "").HA1MD5 {
		t.Fatalf("the phone is %+v", p)
	}
	l.put(extenAt, nil)
	l.put(extenAt, nil)
	l.put(userLine, nil)
	l.put(userLine, nil)
	if p := l.phone("abc"); p.Caller != (store.PhoneCaller{Name: "Alice Martin", Number: "1001"}) {
		t.Errorf("its calls are from %+v", p.Caller)
	}
	l.shows(lineAt, fmt.Sprintf(`{"name": "abc", "protocol": "sip", "context": "default", "position": 1, "caller_id_name": null, "registrar": "default",
		"endpoint_sip": {"uuid": %q, "name": "abc", "label": null}, "extensions": [{"id": %d, "exten": "1001", "context": "default"}],
		"users": [{"uuid": %q, "firstname": "Alice", "lastname": "Martin"}]}`, uuid, exten, user))
	l.shows(userAt, fmt.Sprintf(`{"lines": [{"id": %d, "name": "abc", "extensions": [{"id": %d, "exten": "1001"}]}], "caller_id": "\"Alice Martin\""}`, line, exten))
	l.shows(endpointAt, fmt.Sprintf(`{"line": {"id": %d}}`, line))
	l.shows(fmt.Sprintf("/extensions/%d", exten), fmt.Sprintf(`{"lines": [{"id": %d}]}`, line))

	// What one has, no other gets.
	other := l.id("/lines", `{"context": "default"}`)
	otherAt := fmt.Sprintf("/lines/%d", other)
	l.refused(400, "PUT", otherAt+endpointAt, nil, fmt.Sprintf("Resource Error - Endpoint is associated with a Line ('endpoint': 'sip', 'endpoint_uuid': '%s', 'line_id': %d)", uuid, line))
	secondAt, _ := l.endpoint(`{"name": "def", "auth_section_options": [["username", "def"], ["password", "secret"]]}`)
	l.refused(400, "PUT", lineAt+secondAt, nil, fmt.Sprintf("Resource Error - Line is associated with a Endpoint ('line_id': %d, 'endpoint': 'sip', 'endpoint_uuid': '%s')", line, uuid))
	l.put(otherAt+secondAt, nil)
	second := l.id("/extensions", `{"exten": "1002", "context": "default"}`)
	l.refused(400, "PUT", fmt.Sprintf("%s/extensions/%d", lineAt, second), nil, fmt.Sprintf("Resource Error - Line is associated with a Extension ('line_id': %d, 'extension_id': %d)", line, exten))
	outside := l.id("/extensions", `{"exten": "1002", "context": "from-extern"}`)
	l.refused(400, "PUT", fmt.Sprintf("%s/extensions/%d", otherAt, outside), nil, fmt.Sprintf("Resource Error - ContextType 'incall' cannot be associated ('id': %d, 'context': 'from-extern')", outside))
	l.refused(400, "PUT", secondAt, `{"auth_section_options": [["username", "abc"], ["password", "x"]]}`, `Input Error - auth username "abc": another endpoint has it, and telephones are known by it`)
	l.refused(400, "PUT", secondAt, `{"auth_section_options": [["username", "a b"], ["password", "x"]]}`, `Input Error - number "a b": ' ' cannot be in it (letters, digits * # +, and after the first one of - _ .)`)
	l.refused(400, "DELETE", userAt, nil, fmt.Sprintf("Resource Error - User is associated with a Line ('user_id': 1, 'line_id': %d)", line))

	// And all the way back.
	l.refused(400, "DELETE", lineAt+endpointAt, nil, fmt.Sprintf("Resource Error - Line is associated with a Extension ('line_id': %d, 'extension_id': %d)", line, exten))
	l.delete(userLine)
	l.delete(userLine)
	l.delete(extenAt)
	l.delete(lineAt + endpointAt)
	if p := l.phone("abc"); p != nil {
		t.Errorf("there still is the phone %+v", p)
	}
	l.put(lineAt+endpointAt, nil)
	l.delete(lineAt)
	l.refused(404, "GET", endpointAt, nil, fmt.Sprintf("Resource Not Found - SIPEndpoint was not found ('uuid': '%s')", uuid))
	l.delete(userAt)
	l.refused(404, "PUT", userLine, nil, fmt.Sprintf("Resource Not Found - User was not found ('uuid': '%s')", user))
}

func TestAPhoneIsMadeInOneRequest(t *testing.T) {
	l := newLab(t)
	group := l.post("/groups", `{"label": "sales"}`)["uuid"].(string)
	body := fmt.Sprintf(`{"firstname": "Alice", "lastname": "Martin", "email": "alice@example.com", "auth": {"username": "alice@example.com", "password": "hush"},
		"lines": [{"endpoint_sip": {"name": "abc", "auth_section_options": [["username", "abc"], ["password", "secret"]]}, "extensions": [{"exten": "1001", "context": "default"}]}],
		"incalls": [{"extensions": [{"exten": "0123456789", "context": "from-extern"}]}], "groups": [{"uuid": %q}],
		"forwards": {"busy": {"enabled": true, "destination": "1002"}}, "services": {"dnd": {"enabled": true}},
		"fallbacks": {"noanswer_destination": {"type": "hangup", "cause": "normal"}}}`, group)
	made := l.post("/users", body)
	at := "/users/" + made["uuid"].(string)
	l.shows(at, fmt.Sprintf(`{"username": "alice@example.com", "lines": [{"name": "abc", "extensions": [{"exten": "1001"}]}], "incalls": [{"extensions": [{"exten": "0123456789"}]}],
		"groups": [{"uuid": %q, "label": "sales"}], "forwards": {"busy": {"enabled": true, "destination": "1002"}, "noanswer": {"enabled": false, "destination": null}},
		"services": {"dnd": {"enabled": true}, "incallfilter": {"enabled": false}}, "fallbacks": {"noanswer_destination": {"type": "hangup", "cause": "normal"}, "busy_destination": null}}`, group))
	if p := l.phone("abc"); p == nil || p.Caller != (store.PhoneCaller{Name: "Alice Martin", Number: "1001"}) || p.Variables["WAZO_USERUUID"] != made["uuid"] {
		t.Errorf("the phone is %+v", p)
	}
	l.put(at, l.get(at))
	for path, want := range map[string]string{"/users?view=summary": "1: Alice", "/users?view=directory": "1: Alice", "/users?search=MARTIN": "1: Alice", "/users?exten=1001": "1: Alice", "/users?exten=1": "0: "} {
		if got := l.listed(path, "firstname"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	l.ask("HEAD", at, nil).want(200)
	if got := l.get(fmt.Sprintf("/users/%v", made["id"]))["uuid"]; got != made["uuid"] {
		t.Errorf("by its number it is %v", got)
	}
	// All or nothing.
	for body, text := range map[string]string{
		`"lines": [{"endpoint_sip": {"name": "abc"}, "context": "default"}]`:                                                                  "Resource Error - SIPEndpoint already exists ('name': 'abc')",
		`"lines": [{"endpoint_sip": {"name": "def"}, "extensions": [{"exten": "1001", "context": "default"}]}]`:                               "Resource Error - Extension already exists ('exten': '1001', 'context': 'default')",
		`"lines": [{"endpoint_sip": {"name": "def"}}]`:                                                                                        "Input Error - lines: {0: {'context': ['Missing data for required field.']}}",
		`"lines": [{"endpoint_sip": {"name": "d f"}, "context": "default"}]`:                                                                  "Input Error - lines: {0: {'endpoint_sip': {'name': ['String does not match expected pattern.']}}}",
		`"lines": [{"endpoint_sip": {"name": "def", "auth_section_options": [["username", "abc"], ["password", "x"]]}, "context":"default"}]`: `Input Error - auth username "abc": another endpoint has it, and telephones are known by it`,
		`"username": "alice@example.com"`:                                                                                                     "Resource Error - User already exists ('username': 'alice@example.com')",
		`"groups": [{"uuid": "` + made["uuid"].(string) + `"}]`:                                                                               "Input Error - field 'groups': Group was not found ('uuid': '" + made["uuid"].(string) + "')",
		`"fallbacks": {"busy_destination": {"type": "ivr", "ivr_id": 7}}`:                                                                     "Input Error - field 'actionarg1': IVR was not found ('actionarg1': '7', 'in': 'fallbacks.busy_destination')",
		`"forwards": {"busy": {"enabled": true}}`:                                                                                             "Input Error - forwards: {'busy': {'destination': ['Field may not be null.']}}",
		`"ring_seconds": 10801, "simultaneous_calls": 0, "language": "fr", "caller_id": "Bob"`:                                                "",
		`"enabled": "true"`: "Input Error - enabled: ['Not a valid boolean.']",
		`"email": "alice"`:  "Input Error - email: ['Not a valid email address.']",
		`"lines": [{"endpoint_sip": {"uuid": "` + made["uuid"].(string) + `"}, "context": "nope"}]`: "Input Error - field 'context': Context was not found ('context': 'nope')",
	} {
		if text == "" {
			l.refused(400, "POST", "/users", `{"firstname": "Bob", `+body+`}`, "Input Error - language: ['String does not match expected pattern.']", "Input Error - caller_id: ['String does not match expected pattern.']",
				"Input Error - ring_seconds: ['Must be greater than or equal to 0 and less than or equal to 10800.']", "Input Error - simultaneous_calls: ['Must be greater than or equal to 1 and less than or equal to 20.']")
			continue
		}
		l.refused(400, "POST", "/users", `{"firstname": "Bob", `+body+`}`, text)
	}
	for _, path := range []string{"/users", "/lines", "/endpoints/sip"} {
		if got := l.get(path)["total"]; got != 1. {
			t.Errorf("%s: %v, something was kept", path, got)
		}
	}
	l.delete(at + "?recursive=true")
	for path, want := range map[string]float64{"/users": 0, "/lines": 0, "/endpoints/sip": 0, "/extensions": 1, "/incalls": 1} {
		if got := l.get(path)["total"]; got != want {
			t.Errorf("%s: %v are left, want %v", path, got, want)
		}
	}
	if p := l.phone("abc"); p != nil {
		t.Errorf("there still is the phone %+v", p)
	}
}

func TestLines(t *testing.T) {
	l := newLab(t)
	made := l.post("/lines", `{"context": "default", "caller_id_name": "Desk", "caller_id_num": "42", "provisioning_code": "123456", "registrar": "default", "position": 2,
		"endpoint_sip": {"name": "abc", "auth_section_options": [["username", "abc"], ["password", "secret"]]}, "extensions": [{"exten": "1001", "context": "default"}]}`)
	at := fmt.Sprintf("/lines/%v", made["id"])
	l.shows(at, `{"name": "abc", "caller_id_name": "Desk", "caller_id_num": "42", "provisioning_code": "123456", "provisioning_extension": "123456", "position": 2, "extensions": [{"exten": "1001"}]}`)
	if p := l.phone("abc"); p == nil || p.Caller != (store.PhoneCaller{Name: "Desk", Number: "42"}) {
		t.Errorf("the phone is %+v", p)
	}
	l.put(at, l.get(at))
	l.put(at, `{"caller_id_name": null, "caller_id_num": null}`)
	if p := l.phone("abc"); p.Caller != (store.PhoneCaller{Number: "1001"}) {
		t.Errorf("the phone is %+v", p)
	}
	for body, text := range map[string]string{
		`{}`:                                    "Input Error - context: ['Missing data for required field.']",
		`{"context": "nope"}`:                   "Input Error - field 'context': Context was not found ('context': 'nope')",
		`{"context": "default", "position": 0}`: "Input Error - position: ['Must be greater than or equal to 1.']",
		`{"context": "default", "caller_id_num": "a"}`:          "Input Error - caller_id_num: ['String does not match expected pattern.']",
		`{"context": "default", "provisioning_code": "12345"}`:  "Input Error - provisioning_code: ['String does not match expected pattern.']",
		`{"context": "default", "provisioning_code": "123456"}`: "Resource Error - Line already exists ('provisioning_code': '123456')",
		`{"context": "default", "registrar": "other"}`:          "Input Error - field 'registrar': Registrar was not found ('registrar': 'other')",
	} {
		l.refused(400, "POST", "/lines", body, text)
	}
	// An extension may be made with its line as it is given to it.
	second := l.id("/lines", `{"context": "default", "endpoint_sip": {"name": "def"}}`)
	made = l.post(fmt.Sprintf("/lines/%d/extensions", second), `{"exten": "1002", "context": "default"}`)
	l.shows(fmt.Sprintf("/lines/%d", second), fmt.Sprintf(`{"extensions": [{"id": %v, "exten": "1002"}]}`, made["id"]))
	context := l.post("/contexts", `{"label": "small", "user_ranges": [{"start": "100", "end": "199"}]}`)["name"]
	third := l.id("/lines", fmt.Sprintf(`{"context": %q, "endpoint_sip": {"name": "ghi"}}`, context))
	l.refused(400, "POST", fmt.Sprintf("/lines/%d/extensions", third), fmt.Sprintf(`{"exten": "200", "context": %q}`, context), fmt.Sprintf("Input Error - Extension '200' is outside of range for context '%s'", context))
	l.post(fmt.Sprintf("/lines/%d/extensions", third), fmt.Sprintf(`{"exten": "_2XX", "context": %q}`, context))
	// What commands make is there, too.
	if _, err := l.store.Phones().Put("1009", store.NewPhone("1009", "secret", "default"), store.New); err != nil {
		t.Fatal(err)
	}
	if got := l.listed("/lines?search=1009", "name"); got != "1: 1009" {
		t.Error(got)
	}
}

func TestRegistrars(t *testing.T) {
	l := newLab(t)
	l.shows("/registrars/default", `{"id": "default", "main_host": "127.0.0.1", "proxy_main_host": "127.0.0.1"}`)
	if got := l.listed("/registrars", "id"); got != "1: default" {
		t.Error(got)
	}
	l.refused(501, "POST", "/registrars", `{}`, "Not implemented: dialtone has no registrars but itself")
	l.refused(404, "GET", "/registrars/other", nil, "Resource Not Found - Registrar was not found ('id': 'other')")
}

// desk makes a line with an endpoint in the context default, and gives its path and number.
func (l *lab) desk(name string) (path string, id int) {
	l.t.Helper()
	id = int(l.post("/lines", fmt.Sprintf(`{"context": "default", "endpoint_sip": {"name": %q, "auth_section_options": [["username", %q], ["password", "secret"]]}}`, name, name))["id"].(float64))
	return fmt.Sprintf("/lines/%d", id), id
}

// TestTelephonesOfAUserShareANumber: an extension may be that of several lines, where they are no two users'.
func TestTelephonesOfAUserShareANumber(t *testing.T) {
	l := newLab(t)
	anna, bert := "/users/"+l.post("/users", `{"firstname": "Anna"}`)["uuid"].(string), "/users/"+l.post("/users", `{"firstname": "Bert"}`)["uuid"].(string)
	desk, one := l.desk("desk")
	softphone, two := l.desk("soft")
	l.post("/extensions", `{"exten": "1001", "context": "default"}`)
	l.put(desk+"/extensions/1", nil)
	l.put(fmt.Sprintf("%s/lines/%d", anna, one), nil)
	l.put(softphone+"/extensions/1", nil)
	l.put(softphone+"/extensions/1", nil) // again
	l.shows("/extensions/1", fmt.Sprintf(`{"lines": [{"id": %d}, {"id": %d}]}`, one, two))
	l.shows(softphone, `{"extensions": [{"id": 1, "exten": "1001"}]}`)
	l.refused(400, "PUT", fmt.Sprintf("%s/lines/%d", bert, two), nil, fmt.Sprintf("Resource Error - Line is associated with a Extension ('line_id': %d, 'extension_id': 1)", one))
	l.put(fmt.Sprintf("%s/lines/%d", anna, two), nil)
	l.shows(anna, fmt.Sprintf(`{"lines": [{"id": %d}, {"id": %d}]}`, one, two))
	if p := l.phone("soft"); p.Caller.Number != "1001" || p.Caller.Name != "Anna" {
		t.Errorf("the second telephone calls as %+v", p.Caller)
	}

	// Another user's line has the number of nobody else.
	other, three := l.desk("other")
	l.put(fmt.Sprintf("%s/lines/%d", bert, three), nil)
	l.refused(400, "PUT", other+"/extensions/1", nil, fmt.Sprintf("Resource Error - User is associated with a Line ('user_id': 1, 'line_id': %d)", one))
	l.post("/extensions", `{"exten": "1002", "context": "default"}`)
	l.refused(400, "PUT", softphone+"/extensions/2", nil, fmt.Sprintf("Resource Error - Line is associated with a Extension ('line_id': %d, 'extension_id': 1)", two))
	l.post("/incalls", `{"destination": {"type": "none"}}`)
	l.refused(400, "PUT", "/incalls/1/extensions/1", nil, fmt.Sprintf("Resource Error - Extension is associated with a line ('extension_id': 1, 'associated_id': %d)", one))

	// The first line goes: the number is the second one's.
	l.delete(fmt.Sprintf("%s/lines/%d", anna, one))
	l.delete(desk)
	l.shows("/extensions/1", fmt.Sprintf(`{"lines": [{"id": %d}]}`, two))
	l.delete(softphone + "/extensions/1")
	l.shows("/extensions/1", `{"lines": []}`)
}

// TestUsersOfOneTelephone: several users may have one line; its calls are the first one's, who leaves last.
func TestUsersOfOneTelephone(t *testing.T) {
	l := newLab(t)
	anna, bert := l.post("/users", `{"firstname": "Anna"}`)["uuid"].(string), l.post("/users", `{"firstname": "Bert"}`)["uuid"].(string)
	desk, id := l.desk("desk")
	l.post(desk+"/extensions", `{"exten": "1001", "context": "default"}`)
	for _, user := range []string{anna, bert, bert} {
		l.put(fmt.Sprintf("/users/%s/lines/%d", user, id), nil)
	}
	l.shows(desk, fmt.Sprintf(`{"users": [{"uuid": %q}, {"uuid": %q}]}`, anna, bert))
	l.shows("/users/"+bert, fmt.Sprintf(`{"lines": [{"id": %d, "extensions": [{"exten": "1001"}]}]}`, id))
	if p := l.phone("desk"); p.Caller.Name != "Anna" {
		t.Errorf("it calls as %+v", p.Caller)
	}
	l.refused(400, "DELETE", fmt.Sprintf("/users/%s/lines/%d", anna, id), nil, fmt.Sprintf("Resource Error - There are secondary users associated to the line ('line_id': %d)", id))
	l.refused(400, "PUT", "/users/"+anna+"/lines", `{"lines": []}`, fmt.Sprintf("Resource Error - There are secondary users associated to the line ('line_id': %d)", id))
	// A telephone of several users shares its number with no other.
	soft, two := l.desk("soft")
	l.put(fmt.Sprintf("%s/extensions/1", soft), nil)
	l.refused(400, "PUT", fmt.Sprintf("/users/%s/lines/%d", bert, two), nil, fmt.Sprintf("Resource Error - Line is associated with a Extension ('line_id': %d, 'extension_id': 1)", id))
	l.delete(soft)
	l.delete("/users/" + anna + "?recursive=true")
	l.shows(desk, fmt.Sprintf(`{"users": [{"uuid": %q}]}`, bert))
	l.delete(fmt.Sprintf("/users/%s/lines/%d", bert, id))
	l.shows(desk, `{"users": []}`)
}

// TestTheMainLineOfAUser is the first that it was given, or the first of a list.
func TestTheMainLineOfAUser(t *testing.T) {
	l := newLab(t)
	anna := "/users/" + l.post("/users", `{"firstname": "Anna"}`)["uuid"].(string)
	_, one := l.desk("one")
	_, two := l.desk("two")
	_, three := l.desk("three")
	lines := func(ids ...int) string {
		var list []string
		for _, id := range ids {
			list = append(list, fmt.Sprintf(`{"id": %d}`, id))
		}
		return `{"lines": [` + strings.Join(list, ", ") + `]}`
	}
	l.put(fmt.Sprintf("%s/lines/%d", anna, two), nil)
	l.put(fmt.Sprintf("%s/lines/%d", anna, one), nil)
	l.shows(anna, lines(two, one))
	l.put(anna+"/lines", lines(three, one))
	l.shows(anna, lines(three, one))
	l.put(anna+"/lines", lines(one, two, three))
	l.shows(anna, lines(one, two, three))
	l.refused(400, "PUT", anna+"/lines", lines(one, one), "Input Error - line '1' is there more than once")
	l.delete(fmt.Sprintf("%s/lines/%d", anna, one))
	l.shows(anna, lines(two, three))
	l.put(anna+"/lines", lines())
	l.shows(anna, lines())
}
