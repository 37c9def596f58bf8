package confd

import (
	"fmt"
	"testing"
)

// TestObjectsOfTenants asks for the objects of one tenant on behalf of another one: they are as if they were not there. The tenant above
// both sees them by their numbers, and in lists with recurse.
func TestObjectsOfTenants(t *testing.T) {
	l := newLab(t)
	a, b := l.below("a"), l.below("b")
	l.tenant = a
	context := l.post("/contexts", `{"label": "in", "name": "in-a", "type": "incall"}`)
	extension := l.id("/extensions", `{"exten": "100", "context": "in-a"}`)
	incall := l.id("/incalls", `{"destination": {"type": "none"}}`)
	schedule := l.id("/schedules", `{"closed_destination": {"type": "none"}}`)
	menu := l.id("/ivr", `{"name": "main", "menu_sound": "x"}`)
	ids := map[string]int{"contexts": l.number(context, "id"), "extensions": extension, "incalls": incall, "schedules": schedule, "ivr": menu}
	names := map[string]string{"contexts": "Context", "extensions": "Extension", "incalls": "Incall", "schedules": "Schedule", "ivr": "IVR"}
	for resource, id := range ids {
		at := fmt.Sprintf("/%s/%d", resource, id)
		l.tenant = a
		if owner := l.get(at)["tenant_uuid"]; owner != a {
			t.Errorf("%s is %v's", at, owner)
		}
		l.tenant = b
		unknown := fmt.Sprintf("Resource Not Found - %s was not found ('id': %d)", names[resource], id)
		l.refused(404, "GET", at, nil, unknown)
		l.refused(404, "PUT", at, `{}`, unknown)
		l.refused(404, "DELETE", at, nil, unknown)
		if got := l.get("/" + resource + "?recurse=true")["total"]; got != 0.0 {
			t.Errorf("%s of b: %v", resource, got)
		}
		l.tenant = ""
		l.get(at)
		own, all := l.get("/" + resource + "?recurse=False")["total"].(float64), l.get("/" + resource + "?recurse=true")["total"].(float64)
		if all != own+1 {
			t.Errorf("%s of the master: %v, with those below %v", resource, own, all)
		}
	}

	l.tenant = b
	l.refused(400, "POST", "/extensions", `{"exten": "101", "context": "in-a"}`, "Input Error - field 'context': Context was not found ('context': 'in-a')")
	l.refused(404, "PUT", fmt.Sprintf("/incalls/%d/extensions/%d", incall, extension), nil, fmt.Sprintf("Resource Not Found - Incall was not found ('id': %d)", incall))
	theirs, hours := l.id("/incalls", `{"destination": {"type": "none"}}`), l.id("/schedules", `{"closed_destination": {"type": "none"}}`)
	l.refused(404, "PUT", fmt.Sprintf("/incalls/%d/extensions/%d", theirs, extension), nil, fmt.Sprintf("Resource Not Found - Extension was not found ('id': %d)", extension))

	l.tenant = "" // who sees both may not join them
	l.refused(400, "PUT", fmt.Sprintf("/incalls/%d/extensions/%d", theirs, extension), nil,
		fmt.Sprintf("Resource Error - different tenants ('incall_tenant_uuid': '%s', 'extension_tenant_uuid': '%s')", b, a))
	l.refused(400, "PUT", fmt.Sprintf("/incalls/%d/schedules/%d", incall, hours), nil,
		fmt.Sprintf("Resource Error - different tenants ('incall_tenant_uuid': '%s', 'schedule_tenant_uuid': '%s')", a, b))
	l.refused(400, "PUT", fmt.Sprintf("/contexts/%d/contexts", l.id("/contexts", `{"label": "mine"}`)), fmt.Sprintf(`{"contexts": [{"id": %d}]}`, ids["contexts"]),
		fmt.Sprintf("Input Error - field 'contexts': Context was not found ('id': %d)", ids["contexts"]))
	if owner := l.post("/extensions", `{"exten": "102", "context": "in-a"}`)["tenant_uuid"]; owner != a { // its context's, not the request's
		t.Errorf("the extension is %v's", owner)
	}
}
