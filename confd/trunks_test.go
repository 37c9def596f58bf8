package confd

import (
	"fmt"
	"slices"
	"testing"

	"dialtone/store"
)

// trunk is the trunk of a name; nil: there is none.
func (l *lab) trunk(name string) *store.Trunk {
	l.t.Helper()
	t, _, err := l.store.Trunks().Get(name)
	if err != nil {
		return nil
	}
	return &t
}

func TestTrunks(t *testing.T) {
	l := newLab(t)
	id := l.id("/trunks", `{"context": "from-extern", "twilio_incoming": true, "outgoing_caller_id_format": "+E164"}`)
	at := fmt.Sprintf("/trunks/%d", id)
	l.shows(at, `{"context": "from-extern", "twilio_incoming": true, "outgoing_caller_id_format": "+E164", "endpoint_sip": null, "endpoint_iax": null, "outcalls": []}`)
	endpointAt, uuid := l.endpoint(`{"name": "carrier", "identify_section_options": [["match", "192.0.2.7"], ["match", "sip.example.com"]], "aor_section_options": [["contact", "sip:192.0.2.7:5070"]],
		"registration_section_options": [["server_uri", "sip:192.0.2.7:5070"], ["client_uri", "sip:acme@192.0.2.7:5070"], ["expiration", "600"]],
		"registration_outbound_auth_section_options": [["username", "acme"], ["password", "secret"]]}`)
	l.put(at+endpointAt, nil)
	l.put(at+endpointAt, nil)
	trunk := l.trunk("carrier")
	if trunk == nil || trunk.ID != id || !slices.Equal(trunk.Servers, []string{"192.0.2.7:5070"}) || !trunk.Account.Register || trunk.Account.Expires != 600 ||
		len(trunk.Addresses) != 1 || !slices.Equal(trunk.Hosts, []string{"sip.example.com"}) || trunk.Caller.Format != "+e164" {
		t.Fatalf("the trunk is %+v", trunk)
	}
	l.shows(at, fmt.Sprintf(`{"endpoint_sip": {"uuid": %q, "name": "carrier", "label": null}}`, uuid))
	l.shows(endpointAt, fmt.Sprintf(`{"trunk": {"id": %d}, "line": null}`, id))
	l.put(at, l.get(at))
	l.put(at, `{"context": null, "outgoing_caller_id_format": null}`)
	l.shows(at, `{"context": null, "outgoing_caller_id_format": null}`)
	if trunk := l.trunk("carrier"); trunk.Entry() != "from-extern" || trunk.Caller.Format != "" {
		t.Errorf("the trunk is %+v", trunk)
	}
	l.put(endpointAt, `{"name": "other", "registration_section_options": []}`)
	if trunk := l.trunk("other"); trunk == nil || trunk.Account.Register {
		t.Errorf("the trunk is %+v", trunk)
	}

	line := l.id("/lines", `{"context": "default"}`)
	l.refused(400, "PUT", fmt.Sprintf("/lines/%d%s", line, endpointAt), nil, fmt.Sprintf("Resource Error - Endpoint is associated with a Trunk ('endpoint': 'sip', 'endpoint_uuid': '%s', 'trunk_id': %d)", uuid, id))
	second := l.id("/trunks", `{}`)
	l.refused(400, "PUT", fmt.Sprintf("/trunks/%d%s", second, endpointAt), nil, fmt.Sprintf("Resource Error - Endpoint is associated with a Trunk ('endpoint': 'sip', 'endpoint_uuid': '%s', 'trunk_id': %d)", uuid, id))
	another, _ := l.endpoint(`{"name": "another"}`)
	l.refused(400, "PUT", at+another, nil, fmt.Sprintf("Resource Error - Trunk is associated with a Endpoint ('trunk_id': %d, 'endpoint': 'sip', 'endpoint_uuid': '%s')", id, uuid))
	l.delete(at + another)
	l.refused(400, "POST", "/trunks", `{"context": "nope"}`, "Input Error - field 'context': Context was not found ('context': 'nope')")
	l.refused(400, "POST", "/trunks", `{"outgoing_caller_id_format": "x"}`, "Input Error - outgoing_caller_id_format: ['Must be one of: +E164, E164, national, international, dialled.']")
	l.refused(400, "PUT", endpointAt, `{"identify_section_options": [["match", "192.0.2.0/99"]]}`, `Input Error - identify match "192.0.2.0/99" is neither an IP address, nor a network such as 203.0.113.0/28, nor a host`)
	l.refused(400, "POST", "/trunks", `{"endpoint_sip": {"name": "double", "identify_section_options": [["match", "192.0.2.7"]]}}`,
		"Input Error - trunk double: address 192.0.2.7 overlaps 192.0.2.7 of trunk other: a call from there could be either's, unless each has the domains that are called by it (--domain)")

	l.delete(at + endpointAt)
	l.delete(at + endpointAt)
	l.shows(at, `{"endpoint_sip": null}`)
	if trunk := l.trunk("other"); trunk != nil {
		t.Errorf("there still is the trunk %+v", trunk)
	}
	l.put(at+endpointAt, nil)
	l.delete(at)
	l.refused(404, "GET", endpointAt, nil, fmt.Sprintf("Resource Not Found - SIPEndpoint was not found ('uuid': '%s')", uuid))

	// What a command makes is there, too.
	source, err := store.ParseSource("198.51.100.7")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.store.Trunks().Put("gateway", store.NewTrunk("gateway", "from-extern", source), store.New); err != nil {
		t.Fatal(err)
	}
	if got := l.listed("/endpoints/sip?name=gateway", "name"); got != "1: gateway" {
		t.Error(got)
	}
}

func TestOutcalls(t *testing.T) {
	l := newLab(t)
	id := l.id("/outcalls", `{"name": "out", "ring_time": 20, "internal_caller_id": true, "description": "all"}`)
	at := fmt.Sprintf("/outcalls/%d", id)
	l.shows(at, `{"name": "out", "ring_time": 20, "internal_caller_id": true, "description": "all", "enabled": true, "preprocess_subroutine": null, "trunks": [], "extensions": [], "schedules": []}`)
	l.put(at, l.get(at))
	first, second := l.id("/trunks", `{"endpoint_sip": {"name": "a"}}`), l.id("/trunks", `{"endpoint_sip": {"name": "b"}}`)
	l.put(at+"/trunks", fmt.Sprintf(`{"trunks": [{"id": %d}, {"id": %d}]}`, second, first))
	l.shows(at, fmt.Sprintf(`{"trunks": [{"id": %d, "endpoint_sip": {"name": "b"}}, {"id": %d}]}`, second, first))
	l.shows(fmt.Sprintf("/trunks/%d", first), fmt.Sprintf(`{"outcalls": [{"id": %d, "name": "out"}]}`, id))
	for body, text := range map[string]string{
		`{}`: "Input Error - trunks: ['Missing data for required field.']",
		fmt.Sprintf(`{"trunks": [{"id": %d}, {"id": %d}]}`, first, first): fmt.Sprintf("Input Error - trunk '%d' is there more than once", first),
		`{"trunks": [{"id": 99}]}`:                                        "Input Error - field 'trunks': Trunk was not found ('id': 99)",
	} {
		l.refused(400, "PUT", at+"/trunks", body, text)
	}
	l.delete(fmt.Sprintf("/trunks/%d", second))
	l.shows(at, fmt.Sprintf(`{"trunks": [{"id": %d}]}`, first))

	context := l.post("/contexts", `{"label": "out", "type": "outcall"}`)["name"]
	exten := l.id("/extensions", fmt.Sprintf(`{"exten": "_0.", "context": %q}`, context))
	join := fmt.Sprintf("%s/extensions/%d", at, exten)
	l.put(join, `{"strip_digits": 1, "prefix": "00", "external_prefix": null, "caller_id": "\"Us\" <0123>"}`)
	l.shows(at, fmt.Sprintf(`{"extensions": [{"id": %d, "exten": "_0.", "strip_digits": 1, "prefix": "00", "external_prefix": null, "caller_id": "\"Us\" <0123>"}]}`, exten))
	l.put(join, `{"strip_digits": 2}`)
	l.shows(at, `{"extensions": [{"strip_digits": 2, "prefix": null, "caller_id": null}]}`)
	l.refused(400, "PUT", join, `{"strip_digits": -1}`, "Input Error - strip_digits: ['Must be greater than or equal to 0.']")
	l.shows(fmt.Sprintf("/extensions/%d", exten), fmt.Sprintf(`{"outcall": {"id": %d}}`, id))
	inside := l.id("/extensions", `{"exten": "100", "context": "default"}`)
	l.refused(400, "PUT", fmt.Sprintf("%s/extensions/%d", at, inside), `{}`, fmt.Sprintf("Resource Error - ContextType 'internal' cannot be associated ('id': %d, 'context': 'default')", inside))
	l.delete(join)
	l.delete(join)
	l.shows(at, `{"extensions": []}`)

	schedule := l.id("/schedules", `{"name": "day", "closed_destination": {"type": "none"}}`)
	l.put(fmt.Sprintf("%s/schedules/%d", at, schedule), nil)
	l.put(fmt.Sprintf("%s/schedules/%d", at, schedule), nil)
	l.shows(at, fmt.Sprintf(`{"schedules": [{"id": %d, "name": "day"}]}`, schedule))
	night := l.id("/schedules", `{"closed_destination": {"type": "none"}}`)
	l.refused(400, "PUT", fmt.Sprintf("%s/schedules/%d", at, night), nil, fmt.Sprintf("Resource Error - Outcall is associated with a Schedule ('outcall_id': %d, 'schedule_id': %d)", id, schedule))
	l.delete(fmt.Sprintf("%s/schedules/%d", at, schedule))
	l.shows(at, `{"schedules": []}`)

	l.refused(400, "POST", "/outcalls", `{"name": "out"}`, "Resource Error - Outcall already exists ('name': 'out')")
	l.refused(400, "POST", "/outcalls", `{"internal_caller_id": 1, "ring_time": -1}`, "Input Error - name: ['Missing data for required field.']", "Input Error - internal_caller_id: ['Not a valid boolean.']",
		"Input Error - ring_time: ['Must be greater than or equal to 0.']")
	l.delete(at)
	l.refused(404, "GET", at, nil, fmt.Sprintf("Resource Not Found - Outcall was not found ('id': %d)", id))
}
