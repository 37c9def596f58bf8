package confd

import (
	"fmt"

	"dialtone/store"
)

// outcalls are ways out: the numbers of their extensions are called by their trunks.
func outcalls() resource[store.Outcall] {
	return resource[store.Outcall]{
		path: "/outcalls", name: "Outcall",
		kind:   (*store.Tx).Outcalls,
		id:     func(o *store.Outcall) int { return o.ID },
		tenant: func(o *store.Outcall) string { return o.Tenant },
		columns: func(r *request) []column[store.Outcall] {
			return []column[store.Outcall]{
				everything("id", func(o *store.Outcall) any { return o.ID }),
				everything("name", func(o *store.Outcall) any { return o.Name }),
				everything("description", func(o *store.Outcall) any { return o.Blanks.Text("description", o.Description) }),
				everything("preprocess_subroutine", func(o *store.Outcall) any { return o.Blanks.Text("preprocess_subroutine", o.PreprocessSubroutine) }),
				{name: "exten", value: func(o *store.Outcall) any { return extensOf(r.tx, store.OwnerOutcall, o.ID) }, match: true, search: true},
			}
		},
		order:  "name",
		fresh:  func(r *request) store.Outcall { return store.Outcall{Tenant: r.tenant, Enabled: true} },
		fields: func(_ *request, o *object, v *store.Outcall) { readOutcall(o, v) },
		check:  checkOutcall,
		show:   func(r *request, o *store.Outcall) any { return showOutcall(r, o) },
	}
}

// outcallRoutes are those of outcalls, with their trunks, extensions and schedules.
func outcallRoutes() []route {
	scheduled := scheduled[store.Outcall]{outcalls(), func(o *store.Outcall) *int { return &o.Schedule }}
	return append(append(outcalls().routes(), scheduled.routes()...),
		route{method: "PUT", path: "/outcalls/{outcall_id}/trunks", handle: setOutcallTrunks},
		route{method: "PUT", path: "/outcalls/{outcall_id}/extensions/{extension_id}", handle: addOutcallExtension},
		route{method: "DELETE", path: "/outcalls/{outcall_id}/extensions/{extension_id}", handle: removeOutcallExtension},
	)
}

// shownOutcall is an outcall as GET shows it.
type shownOutcall struct {
	ID                   int            `json:"id"`
	TenantUUID           string         `json:"tenant_uuid"`
	Name                 string         `json:"name"`
	Description          any            `json:"description"` // a string, or nil, as the next one
	PreprocessSubroutine any            `json:"preprocess_subroutine"`
	InternalCallerID     bool           `json:"internal_caller_id"`
	RingTime             *int           `json:"ring_time"`
	Enabled              bool           `json:"enabled"`
	Trunks               []outcallTrunk `json:"trunks"`
	Extensions           []numberOut    `json:"extensions"`
	Schedules            []named        `json:"schedules"`
	CallPermissions      []related      `json:"call_permissions"` // always empty: dialtone has none
	Links                []link         `json:"links"`
}

// outcallTrunk is a trunk as its outcall shows it.
type outcallTrunk struct {
	ID             int       `json:"id"`
	EndpointSIP    *labelled `json:"endpoint_sip"`
	EndpointCustom any       `json:"endpoint_custom"` // always nil
	Links          []link    `json:"links"`
}

// numberOut is an extension as its outcall shows it.
type numberOut struct {
	numberOf
	Prefix         any `json:"prefix"` // a string, or nil, as the next two
	ExternalPrefix any `json:"external_prefix"`
	CallerID       any `json:"caller_id"`
	StripDigits    int `json:"strip_digits"`
}

func outcallPath(id int) string { return fmt.Sprintf("/outcalls/%d", id) }

func showOutcall(r *request, o *store.Outcall) shownOutcall {
	shown := shownOutcall{
		ID: o.ID, TenantUUID: o.Tenant, Name: o.Name, Description: o.Blanks.Text("description", o.Description), PreprocessSubroutine: o.Blanks.Text("preprocess_subroutine", o.PreprocessSubroutine),
		InternalCallerID: o.InternalCallerID, RingTime: o.RingTime, Enabled: o.Enabled,
		Trunks: []outcallTrunk{}, Extensions: []numberOut{}, Schedules: schedulesOf(r, o.Schedule), CallPermissions: []related{},
		Links: r.links("outcalls", outcallPath(o.ID)),
	}
	for _, id := range o.Trunks {
		if t, _, ok := r.tx.Trunks().Get(id); ok {
			shown.Trunks = append(shown.Trunks, outcallTrunk{ID: t.ID, EndpointSIP: endpointOf(r, t.Endpoint), Links: r.links("trunks", trunkPath(t.ID))})
		}
	}
	for e := range r.tx.ExtensionsOf(store.OwnerOutcall, o.ID) {
		shown.Extensions = append(shown.Extensions, numberOut{
			numberOf{e.ID, e.Exten, e.Context, r.links("extensions", extensionPath(e.ID))},
			orNull(e.Outcall.Prefix), orNull(e.Outcall.ExternalPrefix), orNull(e.Outcall.CallerID), e.Outcall.StripDigits,
		})
	}
	return shown
}

// readOutcall reads an outcall's fields.
func readOutcall(o *object, v *store.Outcall) {
	o.text("name", &v.Name, required, length(0, 128))
	o.truth("internal_caller_id", &v.InternalCallerID, strict)
	o.textOrNull("preprocess_subroutine", &v.PreprocessSubroutine, &v.Blanks, length(0, 79))
	o.numberOrNull("ring_time", &v.RingTime, atLeast(0))
	o.textOrNull("description", &v.Description, &v.Blanks)
	o.truth("enabled", &v.Enabled, strict)
}

// checkOutcall refuses a name that is taken.
func checkOutcall(r *request, _, o *store.Outcall) error {
	if other, taken := r.tx.OutcallNamed(o.Tenant, o.Name); taken && other.ID != o.ID {
		return resourceError("Outcall already exists", "name", o.Name)
	}
	return nil
}

// setOutcallTrunks gives an outcall exactly the trunks of the body, of which the next one is tried when one fails.
func setOutcallTrunks(r *request) (answer, error) {
	o, err := outcalls().byID(r, r.id("outcall_id"))
	if err != nil {
		return answer{}, err
	}
	v := *o
	if err := r.readWhole(func(o *object) {
		o.list("trunks", func(n int) { v.Trunks = make([]int, n) }, func(n int, o *object) { o.number("id", &v.Trunks[n], required) }, required)
	}); err != nil {
		return answer{}, err
	}
	seen := map[int]bool{}
	for _, id := range v.Trunks {
		t, err := trunks().byID(r, id)
		if err != nil {
			return answer{}, missing("trunks", "Trunk", "id", id)
		}
		if err := sameTenant("outcall", o.Tenant, "trunk", t.Tenant); err != nil {
			return answer{}, err
		}
		if seen[id] {
			return answer{}, inputError("trunk '%d' is there more than once", id)
		}
		seen[id] = true
	}
	_, err = r.tx.Outcalls().Put(v)
	return done(), err
}

// outcallExtension gives the outcall and the extension of a path.
func outcallExtension(r *request) (*store.Outcall, *store.Extension, error) {
	o, err := outcalls().byID(r, r.id("outcall_id"))
	if err != nil {
		return nil, nil, err
	}
	e, err := extensions().byID(r, r.id("extension_id"))
	return o, e, err
}

// addOutcallExtension gives an outcall a number or a pattern, with what becomes of what is dialled by it. Said again, that is changed.
func addOutcallExtension(r *request) (answer, error) {
	o, e, err := outcallExtension(r)
	if err != nil {
		return answer{}, err
	}
	var number store.OutcallNumber
	if err := r.read(func(o *object) {
		o.text("prefix", &number.Prefix, nullable, length(0, 64), emptyOr(matches(mobileText)))
		o.text("external_prefix", &number.ExternalPrefix, nullable, length(0, 64), emptyOr(matches(mobileText)))
		o.number("strip_digits", &number.StripDigits, atLeast(0))
		o.text("caller_id", &number.CallerID, nullable, length(0, 80))
	}); err != nil {
		return answer{}, err
	}
	r.api.idle("field of an outcall's extension", number.Idle()...)
	owner := store.Owner{Kind: store.OwnerOutcall, ID: o.ID}
	if e.Of == owner {
		changed := *e
		changed.Outcall = number
		_, err := r.tx.Extensions().Put(changed)
		return done(), err
	}
	if err := sameTenant("outcall", o.Tenant, "extension", e.Tenant); err != nil {
		return answer{}, err
	}
	return done(), giveTo(r, e, owner, number)
}

func removeOutcallExtension(r *request) (answer, error) {
	o, e, err := outcallExtension(r)
	if err != nil {
		return answer{}, err
	}
	return done(), takeFrom(r, e, store.Owner{Kind: store.OwnerOutcall, ID: o.ID})
}
