package confd

import (
	"fmt"
	"strings"
	"testing"
)

func TestExtensions(t *testing.T) {
	l := newLab(t)
	id := l.id("/extensions", `{"exten": "1000", "context": "default", "id": 77, "lines": [{"id": 1}], "tenant_uuid": null}`)
	at := fmt.Sprintf("/extensions/%d", id)
	l.shows(at, fmt.Sprintf(`{"id": %d, "exten": "1000", "context": "default", "enabled": true, "lines": [], "incall": null}`, id))
	l.put(at, `{"exten": "1001"}`)
	l.put(at, `{"enabled": false}`)
	l.shows(at, `{"exten": "1001", "context": "default", "enabled": false}`)
	l.put(at, l.get(at)) // as clients do it
	l.put(at, `{"commented": false}`)
	l.shows(at, `{"enabled": true}`)
	l.put(at, `{"commented": true, "enabled": true}`) // the older name gives way
	l.shows(at, `{"enabled": true}`)
	l.delete(at)
	l.refused(404, "PUT", at, `{}`, fmt.Sprintf("Resource Not Found - Extension was not found ('id': %d)", id))
}

func TestExtensionsThatAreNone(t *testing.T) {
	l := newLab(t)
	l.id("/contexts", `{"label": "out", "name": "out", "type": "outcall"}`)
	l.id("/extensions", `{"exten": "1000", "context": "default"}`)
	const noPattern = "exten: ['String does not match expected pattern.']"
	for _, c := range []struct{ body, text string }{
		{`{}`, "Input Error - exten: ['Missing data for required field.']|Input Error - context: ['Missing data for required field.']"},
		{`{"exten": 1000, "context": "default"}`, "Input Error - exten: ['Not a valid string.']"},
		{`{"exten": null, "context": "default"}`, "Input Error - exten: ['Field may not be null.']"},
		{`{"exten": "12345678901234567890123456789012345678901", "context": "default"}`, "Input Error - exten: ['Longer than maximum length 40.']"},
		{`{"exten": "a", "context": "nope"}`, "Input Error - field 'context': Context was not found ('context': 'nope')"}, // told before the pattern
		{`{"exten": "1000", "context": "default"}`, "Resource Error - Extension already exists ('exten': '1000', 'context': 'default')"},
		{`{"exten": "123abc", "context": "default"}`, noPattern},
		{`{"exten": "+33123456789", "context": "from-extern"}`, noPattern},
		{`{"exten": "_", "context": "default"}`, noPattern},
		{`{"exten": "", "context": "default"}`, noPattern},
		{`{"exten": "_1é", "context": "default"}`, noPattern},
		{`{"exten": "s", "context": "default"}`, noPattern},
		{`{"exten": "12ab", "context": "out"}`, noPattern},
	} {
		l.refused(400, "POST", "/extensions", c.body, strings.Split(c.text, "|")...)
	}
	for _, body := range []string{
		`{"exten": "*98", "context": "default"}`, `{"exten": "_[1-5]XZN.", "context": "default"}`, `{"exten": "1000", "context": "from-extern"}`,
		`{"exten": "_+33X.", "context": "out"}`, `{"exten": "112", "context": "out"}`, `{"exten": "1234567890123456789012345678901234567890", "context": "default"}`,
	} {
		l.post("/extensions", body)
	}
}

// TestExtensionsSuitWhatTheyBelongTo is about a later change: a context of another type or tenant, a number outside of the range.
func TestExtensionsSuitWhatTheyBelongTo(t *testing.T) {
	l := newLab(t)
	l.id("/contexts", `{"label": "in", "name": "in", "type": "incall", "incall_ranges": [{"start": "0100", "end": "0199"}]}`)
	e, i := l.id("/extensions", `{"exten": "5555", "context": "in"}`), l.id("/incalls", `{"destination": {"type": "none"}}`)
	l.put(fmt.Sprintf("/incalls/%d/extensions/%d", i, e), nil) // ranges are not looked at here
	at := fmt.Sprintf("/extensions/%d", e)
	for _, c := range []struct{ body, text string }{
		{`{"enabled": false}`, "Input Error - Extension '5555' is outside of range for context 'in'"},
		{`{"exten": "0200"}`, "Input Error - Extension '0200' is outside of range for context 'in'"},
		{`{"exten": "*"}`, "Input Error - Extension '*' is outside of range for context 'in'"},
		{`{"context": "default"}`, fmt.Sprintf("Resource Error - ContextType 'internal' cannot be associated ('id': %d, 'context': 'default')", e)},
		{`{"context": "nope"}`, "Input Error - field 'context': Context was not found ('context': 'nope')"},
	} {
		l.refused(400, "PUT", at, c.body, c.text)
	}
	for _, body := range []string{`{"exten": "0150"}`, `{"exten": "_02XX"}`, `{"context": "from-extern"}`} {
		l.put(at, body)
	}

	other := l.below("other")
	l.tenant = other
	l.id("/contexts", `{"label": "theirs", "name": "theirs", "type": "incall"}`)
	l.tenant = ""
	l.refused(400, "PUT", at, `{"context": "theirs"}`, fmt.Sprintf("Resource Error - different tenants ('extension_tenant_uuid': '%v', 'context_tenant_uuid': '%s')", l.get(at)["tenant_uuid"], other))
}

func TestExtensionsInUseStay(t *testing.T) {
	l := newLab(t)
	e, i := l.id("/extensions", `{"exten": "5555", "context": "from-extern"}`), l.id("/incalls", `{"destination": {"type": "none"}}`)
	at := fmt.Sprintf("/extensions/%d", e)
	l.put(fmt.Sprintf("/incalls/%d/extensions/%d", i, e), nil)
	l.refused(400, "DELETE", at, nil, fmt.Sprintf("Resource Error - Extension is associated with a incall ('extension_id': %d, 'associated_id': %d)", e, i))
	l.delete(fmt.Sprintf("/incalls/%d", i))
	l.shows(at, `{"incall": null}`)
	l.delete(at)
}

func TestListOfExtensions(t *testing.T) {
	l := newLab(t)
	for _, of := range []string{"1001 default", "1000 default", "0123 from-extern", "_1XX default"} {
		exten, context, _ := strings.Cut(of, " ")
		l.id("/extensions", fmt.Sprintf(`{"exten": %q, "context": %q}`, exten, context))
	}
	l.lists("/extensions", "exten", map[string]string{
		"":                                "4: 0123 1000 1001 _1XX",
		"?context=default&direction=desc": "3: _1XX 1001 1000",
		"?type=incall":                    "1: 0123",
		"?exten=1000&recurse=False":       "1: 1000",
		"?search=EXTERN":                  "1: 0123",
		"?search=100":                     "2: 1000 1001",
		"?order=context&limit=2&offset=1": "4: 1000 _1XX", // ties in the order of ids: 1001 is first
		"?offset=9":                       "4: ",
		"?foo=bar":                        "4: 0123 1000 1001 _1XX",
	})
	l.refused(400, "GET", "/extensions?order=enabled", nil, "Input Error - order: column 'enabled' was not found (there are exten, context, type)")
}
