package store

import (
	"errors"
	"iter"

	"dialtone/pjsip"
)

// Endpoint is how a device or a carrier speaks SIP, in Asterisk's words: options by section. A template is the same, for
// others to take options from.
type Endpoint struct {
	ID         int      `json:"id"`
	UUID       string   `json:"uuid"`
	Tenant     string   `json:"tenant"` // UUID
	Name       string   `json:"name"`   // unique among endpoints and templates
	Label      string   `json:"label,omitempty"`
	AsteriskID string   `json:"asterisk_id,omitempty"`
	Transport  string   `json:"transport,omitempty"` // UUID
	Templates  []string `json:"templates,omitempty"` // UUIDs, in order

	pjsip.Sections
}

const (
	endpointUUID = iota
	endpointName
	endpointTemplate
)

var (
	endpointKind = describeEndpoints(endpointTable)
	templateKind = describeEndpoints(templateTable)
)

func describeEndpoints(table tableID) *kind[Endpoint] {
	return &kind[Endpoint]{
		table:  table,
		id:     func(e *Endpoint) *int { return &e.ID },
		uuid:   func(e *Endpoint) *string { return &e.UUID },
		tenant: func(e *Endpoint) string { return e.Tenant },
		indexes: []index[Endpoint]{
			endpointUUID: only(func(e *Endpoint) string { return e.UUID }, func(e *Endpoint, key string) error { return invalid("endpoint: the UUID %s is taken", key) }),
			endpointName: only(func(e *Endpoint) string { return e.Name }, func(e *Endpoint, key string) error { return invalid("endpoint %s exists already", key) }),
			endpointTemplate: {keys: func(e *Endpoint, add func(string)) {
				for _, uuid := range e.Templates {
					add(uuid)
				}
			}},
		},
	}
}

func (e *Endpoint) check(tx *Tx) error {
	if err := checkOwner(tx, e.Tenant, "endpoint", e.Name); err != nil {
		return err
	}
	for _, other := range []Kind[Endpoint]{tx.Endpoints(), tx.Templates()} {
		if o, ok := other.one(endpointName, e.Name); ok && e.Name != "" && o.UUID != e.UUID {
			return invalid("endpoint %s exists already", e.Name)
		}
	}
	return nil
}

func (e *Endpoint) links(tx *Tx) error {
	for _, uuid := range e.Templates {
		if t, ok := tx.Template(uuid); !ok || t.Tenant != e.Tenant {
			return invalid("endpoint %s: there is no template %s in its tenant", e.Name, uuid)
		}
	}
	return nil
}

// dropped takes an endpoint away from the line or the trunk that has it, and a template from the endpoints and templates
// that have it.
func (gone *Endpoint) dropped(tx *Tx) error {
	if l, ok := tx.LineOf(gone.UUID); ok {
		bare := *l
		bare.Endpoint = ""
		if _, err := tx.Lines().Put(bare); err != nil {
			return err
		}
	}
	if t, ok := tx.TrunkOf(gone.UUID); ok {
		bare := *t
		bare.Endpoint, bare.Managed = "", true
		if _, err := tx.Trunks().Put(bare); err != nil {
			return err
		}
	}
	leaveOut := func(e *Endpoint) { e.Templates = without(e.Templates, gone.UUID) }
	return errors.Join(
		alterAll(tx.Endpoints(), tx.EndpointsOf(gone.UUID), leaveOut),
		alterAll(tx.Templates(), tx.Templates().having(endpointTemplate, gone.UUID), leaveOut),
	)
}

// Endpoints are all endpoints.
func (tx *Tx) Endpoints() Kind[Endpoint] { return Kind[Endpoint]{tx, endpointKind} }

// Endpoint gives an endpoint by its UUID.
func (tx *Tx) Endpoint(uuid string) (*Endpoint, bool) { return tx.Endpoints().one(endpointUUID, uuid) }

// EndpointNamed gives an endpoint by its name.
func (tx *Tx) EndpointNamed(name string) (*Endpoint, bool) {
	return tx.Endpoints().one(endpointName, name)
}

// Templates are all templates of endpoints.
func (tx *Tx) Templates() Kind[Endpoint] { return Kind[Endpoint]{tx, templateKind} }

// Template gives a template by its UUID.
func (tx *Tx) Template(uuid string) (*Endpoint, bool) { return tx.Templates().one(endpointUUID, uuid) }

// TemplateNamed gives a template by its name.
func (tx *Tx) TemplateNamed(name string) (*Endpoint, bool) {
	return tx.Templates().one(endpointName, name)
}

// EndpointsOf are the endpoints that have a template.
func (tx *Tx) EndpointsOf(template string) iter.Seq[*Endpoint] {
	return tx.Endpoints().having(endpointTemplate, template)
}
