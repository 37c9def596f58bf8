package confd

import (
	"fmt"
	"regexp"
	"testing"
)

func TestContexts(t *testing.T) {
	l := newLab(t)
	id := l.id("/contexts", `{"label": "Sales", "type": "internal", "description": null, "user_ranges": [{"start": "1000", "end": "1999"}, {"start": "2000"}],
		"incall_ranges": [{"start": "0123456000", "end": "0123456999", "did_length": 4}], "id": 99, "tenant_uuid": "ignored", "unknown": true}`)
	at := fmt.Sprintf("/contexts/%d", id)
	l.shows(at, `{"label": "Sales", "type": "internal", "description": null, "enabled": true, "contexts": [],
		"user_ranges": [{"start": "1000", "end": "1999"}, {"start": "2000", "end": "2000"}], "group_ranges": [], "queue_ranges": [], "conference_room_ranges": [],
		"incall_ranges": [{"start": "0123456000", "end": "0123456999", "did_length": 4}]}`)
	name := l.get(at)["name"].(string)
	if !regexp.MustCompile(`^ctx-master-internal-[0-9a-f-]{36}$`).MatchString(name) {
		t.Errorf("the name that was made is %q", name)
	}

	l.put(at, `{"label": "Support", "name": "other", "enabled": false, "user_ranges": []}`)
	l.shows(at, fmt.Sprintf(`{"label": "Support", "name": %q, "enabled": false, "user_ranges": [], "incall_ranges": [{"start": "0123456000", "end": "0123456999", "did_length": 4}]}`, name))
	l.delete(at)
	l.refused(404, "GET", at, nil, fmt.Sprintf("Resource Not Found - Context was not found ('id': %d)", id))
}

func TestNamesOfContexts(t *testing.T) {
	l := newLab(t)
	for _, c := range []struct{ body, name, label string }{
		{`{"label": "Office", "name": "office"}`, "office", "Office"},
		{`{"name": "old-script"}`, "old-script", "old-script"}, // without a label the name is one
		{`{"label": "Again", "name": "office"}`, "", "Again"},  // taken
		{`{"label": "Odd", "name": "no blanks"}`, "", "Odd"},
		{`{"label": "Made", "name": "xivo-ivr-1"}`, "", "Made"}, // a menu's
		{`{"label": "None", "name": null}`, "", "None"},
	} {
		made := l.post("/contexts", c.body)
		if name := made["name"].(string); c.name != "" && name != c.name || c.name == "" && (!contextName.MatchString(name) || madeNames.MatchString(name)) || made["label"] != c.label {
			t.Errorf("%s: %s with the label %s", c.body, name, made["label"])
		}
	}
	l.refused(400, "POST", "/contexts", `{}`, "Input Error - label: ['Missing data for required field.']")
}

func TestContextsThatAreNone(t *testing.T) {
	l := newLab(t)
	for body, text := range map[string]string{
		`{"label": ""}`:                                                                  "label: ['Length must be between 1 and 128.']",
		`{"label": 5}`:                                                                   "label: ['Not a valid string.']",
		`{"label": "a", "type": "x"}`:                                                    "type: ['Must be one of: internal, incall, outcall, services, others.']",
		`{"label": "a", "enabled": "true"}`:                                              "enabled: ['Not a valid boolean.']",
		`{"label": "a", "user_ranges": 5}`:                                               "user_ranges: ['Not a valid list.']",
		`{"label": "a", "user_ranges": [5]}`:                                             "user_ranges: {0: {'_schema': ['Invalid input type.']}}",
		`{"label": "a", "user_ranges": [{}]}`:                                            "user_ranges: {0: {'start': ['Missing data for required field.']}}",
		`{"label": "a", "user_ranges": [{"start": 1000}]}`:                               "user_ranges: {0: {'start': ['Not a valid string.']}}",
		`{"label": "a", "user_ranges": [{"start": "10a"}]}`:                              "user_ranges: {0: {'start': ['String does not match expected pattern.']}}",
		`{"label": "a", "user_ranges": [{"start": "12345678901234567"}]}`:                "user_ranges: {0: {'start': ['Longer than maximum length 16.']}}",
		`{"label": "a", "user_ranges": [{"start": "1"}, {"start": "100", "end": "10"}]}`: "user_ranges: {1: {'_schema': ['start and end must have as many digits']}}",
		`{"label": "a", "group_ranges": [{"start": "20", "end": "10"}]}`:                 "group_ranges: {0: {'_schema': ['start is after end']}}",
		`{"label": "a", "incall_ranges": [{"start": "20", "did_length": -1}]}`:           "incall_ranges: {0: {'did_length': ['Must be greater than or equal to 0.']}}",
	} {
		l.refused(400, "POST", "/contexts", body, "Input Error - "+text)
	}
}

func TestInclusions(t *testing.T) {
	l := newLab(t)
	a, b, c := l.id("/contexts", `{"label": "a", "name": "a"}`), l.id("/contexts", `{"label": "b", "name": "b"}`), l.id("/contexts", `{"label": "c", "name": "c"}`)
	at := fmt.Sprintf("/contexts/%d", a)
	l.put(at+"/contexts", fmt.Sprintf(`{"contexts": [{"id": %d}, {"id": %d}]}`, c, b))
	l.shows(at, fmt.Sprintf(`{"contexts": [{"id": %d, "name": "c", "label": "c"}, {"id": %d, "name": "b", "label": "b"}]}`, c, b))
	l.refused(400, "PUT", at+"/contexts", `{"contexts": [{"id": 9999}]}`, "Input Error - field 'contexts': Context was not found ('id': 9999)")
	l.refused(400, "PUT", at+"/contexts", `{"contexts": [{}]}`, "Input Error - contexts: {0: {'id': ['Missing data for required field.']}}")
	l.refused(400, "PUT", at+"/contexts", `{}`, "Input Error - contexts: ['Missing data for required field.']")
	l.delete(fmt.Sprintf("/contexts/%d", c))
	l.shows(at, fmt.Sprintf(`{"contexts": [{"id": %d, "name": "b", "label": "b"}]}`, b))
	l.put(at+"/contexts", `{"contexts": []}`)
	l.shows(at, `{"contexts": []}`)
}

func TestContextsInUseStay(t *testing.T) {
	l := newLab(t)
	id := l.id("/contexts", `{"label": "a", "name": "a"}`)
	extension := l.id("/extensions", `{"exten": "1000", "context": "a"}`)
	l.refused(400, "DELETE", fmt.Sprintf("/contexts/%d", id), nil,
		fmt.Sprintf("Resource Error - Context is associated with a Extension ('context_id': %d, 'extension_id': %d)", id, extension))
	l.put(fmt.Sprintf("/contexts/%d", id), `{"type": "incall"}`) // the extension is nobody's
	incall := l.id("/incalls", `{"destination": {"type": "none"}}`)
	l.put(fmt.Sprintf("/incalls/%d/extensions/%d", incall, extension), nil)
	l.refused(400, "PUT", fmt.Sprintf("/contexts/%d", id), `{"type": "internal"}`,
		fmt.Sprintf("Resource Error - Context is associated with a Extension ('context_id': %d, 'extension_id': %d)", id, extension))
	l.delete(fmt.Sprintf("/incalls/%d", incall))
	l.delete(fmt.Sprintf("/extensions/%d", extension))
	l.delete(fmt.Sprintf("/contexts/%d", id))
}

func TestFreeNumbers(t *testing.T) {
	l := newLab(t)
	id := l.id("/contexts", `{"label": "a", "name": "a", "user_ranges": [{"start": "2000", "end": "2009"}, {"start": "1000", "end": "1003"}, {"start": "1002", "end": "1005"}],
		"incall_ranges": [{"start": "0123456008", "end": "0123456012", "did_length": 2}]}`)
	for _, exten := range []string{"1000", "1003", "2009", "_200X", "*98", "10"} {
		l.id("/extensions", fmt.Sprintf(`{"exten": %q, "context": "a"}`, exten))
	}
	at := fmt.Sprintf("/contexts/%d/ranges/", id)
	for query, want := range map[string]string{
		"user":                            "3: 1001-1002 1004-1005 2000-2008",
		"user?availability=available":     "3: 1001-1002 1004-1005 2000-2008",
		"user?availability=all":           "2: 1000-1005 2000-2009",
		"user?search=200":                 "1: 2000-2008",
		"user?search=5":                   "2: 1005-1005 2005-2005",
		"user?availability=all&search=03": "2: 1003-1003 2003-2003",
		"user?search=x":                   "0:",
		"group":                           "0:",
		"incall":                          "2: 08-09 11-12",
	} {
		page := l.get(at + query)
		got := fmt.Sprintf("%v:", page["total"])
		for _, item := range page["items"].([]any) {
			of := item.(map[string]any)
			got += fmt.Sprintf(" %v-%v", of["start"], of["end"])
		}
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	l.refused(400, "GET", at+"user?availability=some", nil, "Input Error - availability: ['Must be one of: all, available.']")
	l.ask("GET", at+"nothing", nil).want(404)
}

func TestTheFirstContextsTakeAllNumbers(t *testing.T) {
	l := newLab(t)
	for name, kind := range map[string]string{"default": "internal", "from-extern": "incall"} {
		if got := l.listed("/contexts?name="+name, "type"); got != "1: "+kind {
			t.Errorf("%s: %s", name, got)
		}
	}
	extension := l.id("/extensions", `{"exten": "0", "context": "from-extern"}`)
	incall := l.id("/incalls", `{"destination": {"type": "none"}}`)
	l.put(fmt.Sprintf("/incalls/%d/extensions/%d", incall, extension), nil)
	for _, exten := range []string{"123", "9999999999999999"} {
		l.put(fmt.Sprintf("/extensions/%d", extension), fmt.Sprintf(`{"exten": %q}`, exten))
	}
}
