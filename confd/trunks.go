package confd

import (
	"fmt"
	"strings"
	"time"

	"dialtone/store"
)

// trunks are carriers' links. What they are is in the options of their endpoints.
func trunks() resource[store.Trunk] {
	return resource[store.Trunk]{
		path: "/trunks", name: "Trunk",
		kind:   (*store.Tx).Trunks,
		id:     func(t *store.Trunk) int { return t.ID },
		tenant: func(t *store.Trunk) string { return t.Tenant },
		columns: func(r *request) []column[store.Trunk] {
			return []column[store.Trunk]{
				everything("id", func(t *store.Trunk) any { return t.ID }),
				everything("context", func(t *store.Trunk) any { return orNull(t.Context) }),
				everything("name", func(t *store.Trunk) any { return t.Name }),
			}
		},
		order: "id",
		fresh: func(r *request) store.Trunk {
			return store.Trunk{Tenant: r.tenant, Created: time.Now().Truncate(time.Second), Managed: true}
		},
		fields: readTrunk,
		check:  checkTrunk,
		after:  joinTrunk,
		drop:   dropTrunk,
		show:   func(r *request, t *store.Trunk) any { return showTrunk(r, t) },
	}
}

// trunkRoutes are those of trunks, with their endpoints.
func trunkRoutes() []route {
	return append(trunks().routes(),
		route{method: "PUT", path: "/trunks/{trunk_id}/endpoints/sip/{uuid}", handle: addTrunkEndpoint},
		route{method: "DELETE", path: "/trunks/{trunk_id}/endpoints/sip/{uuid}", handle: removeTrunkEndpoint},
	)
}

// shownTrunk is a trunk as GET shows it.
type shownTrunk struct {
	ID             int       `json:"id"`
	TenantUUID     string    `json:"tenant_uuid"`
	Context        any       `json:"context"` // a string, or nil, as the format below
	TwilioIncoming bool      `json:"twilio_incoming"`
	CallerIDFormat any       `json:"outgoing_caller_id_format"`
	EndpointSIP    *labelled `json:"endpoint_sip"`
	EndpointIAX    any       `json:"endpoint_iax"` // always nil, as the next two: dialtone has none
	EndpointCustom any       `json:"endpoint_custom"`
	RegisterIAX    any       `json:"register_iax"`
	Outcalls       []named   `json:"outcalls"`
	Links          []link    `json:"links"`
}

func trunkPath(id int) string { return fmt.Sprintf("/trunks/%d", id) }

func showTrunk(r *request, t *store.Trunk) shownTrunk {
	shown := shownTrunk{
		ID: t.ID, TenantUUID: t.Tenant, Context: orNull(t.Context), TwilioIncoming: t.TwilioIncoming, CallerIDFormat: orNull(shownFormat(t.Caller.Format)),
		EndpointSIP: endpointOf(r, t.Endpoint), Outcalls: []named{}, Links: r.links("trunks", trunkPath(t.ID)),
	}
	for o := range r.tx.OutcallsBy(t.ID) {
		shown.Outcalls = append(shown.Outcalls, named{o.ID, o.Name, r.links("outcalls", outcallPath(o.ID))})
	}
	return shown
}

// shownFormat is how the API calls a trunk's format of callers' numbers: +E164 is the trunk's +e164.
func shownFormat(format string) string { return strings.Replace(format, "e164", "E164", 1) }

// readTrunk reads a trunk's fields.
func readTrunk(_ *request, o *object, t *store.Trunk) {
	o.text("context", &t.Context, nullable, length(1, 79))
	o.truth("twilio_incoming", &t.TwilioIncoming)
	format := shownFormat(t.Caller.Format)
	o.text("outgoing_caller_id_format", &format, nullable, oneOf("+E164", "E164", "national", "international", "dialled"))
	t.Caller.Format = strings.ToLower(format)
	if !o.partial {
		nestedEndpoint(o)
	}
}

// checkTrunk refuses a context that the caller does not see.
func checkTrunk(r *request, _, t *store.Trunk) error {
	if t.Context != "" {
		context, ok := r.tx.Context(t.Context)
		if !ok || !r.sees(context.Tenant) {
			return missing("context", "Context", "context", t.Context)
		}
		if err := sameTenant("trunk", t.Tenant, "context", context.Tenant); err != nil {
			return err
		}
	}
	if t.TwilioIncoming {
		r.api.idle("field of a trunk", "twilio_incoming")
	}
	return nil
}

// joinTrunk gives a new trunk the endpoint of its body.
func joinTrunk(r *request, t *store.Trunk) error {
	var nested *store.Endpoint
	if err := r.read(func(o *object) { nested = nestedEndpoint(o) }); err != nil || nested == nil {
		return err
	}
	e, err := keepNested(r, *nested, t.Tenant)
	if err != nil {
		return err
	}
	return giveTrunkEndpoint(r, t, e)
}

// dropTrunk deletes the endpoint with its trunk.
func dropTrunk(r *request, t *store.Trunk) error {
	if e, ok := r.tx.Endpoint(t.Endpoint); ok {
		return r.tx.Endpoints().Delete(e.ID)
	}
	return nil
}

// trunkEndpoint gives the trunk and the endpoint of a path.
func trunkEndpoint(r *request) (*store.Trunk, *store.Endpoint, error) {
	t, err := trunks().byID(r, r.id("trunk_id"))
	if err != nil {
		return nil, nil, err
	}
	e, err := endpointByUUID(r)
	return t, e, err
}

func addTrunkEndpoint(r *request) (answer, error) {
	t, e, err := trunkEndpoint(r)
	if err != nil {
		return answer{}, err
	}
	return done(), giveTrunkEndpoint(r, t, e)
}

// giveTrunkEndpoint makes a trunk what an endpoint says.
func giveTrunkEndpoint(r *request, t *store.Trunk, e *store.Endpoint) error {
	if t.Endpoint == e.UUID {
		return nil
	}
	if err := sameTenant("trunk", t.Tenant, "endpoint", e.Tenant); err != nil {
		return err
	}
	if t.Endpoint != "" {
		return resourceError("Trunk is associated with a Endpoint", "trunk_id", t.ID, "endpoint", "sip", "endpoint_uuid", t.Endpoint)
	}
	if err := takeEndpoint(r, e, "trunk", t.ID); err != nil {
		return err
	}
	with := *t
	with.Endpoint = e.UUID
	_, err := r.tx.Trunks().Put(with)
	return err
}

func removeTrunkEndpoint(r *request) (answer, error) {
	t, e, err := trunkEndpoint(r)
	if err != nil || t.Endpoint != e.UUID {
		return done(), err
	}
	without := *t
	without.Endpoint, without.Managed = "", true
	_, err = r.tx.Trunks().Put(without)
	return done(), err
}
