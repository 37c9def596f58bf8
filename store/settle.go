package store

import (
	"maps"
	"slices"

	"dialtone/pjsip"
)

// Signalling knows phones and trunks; people edit endpoints, lines, users, extensions and templates, or phones and trunks by
// command. Both say the same at the end of each transaction:
//
//	endpoint, line, user, extension, template ──settle──► phone, trunk
//	phone, trunk of a command (Named) ──describe──► endpoint, line

// settled is an object of which phones and trunks are made: it names the endpoints that have to be looked at after its change.
type settled interface{ touch(*Tx) }

// describing is an object that a command makes, and which stands for others: it makes them say the same, or takes them away.
type describing interface {
	describe(tx *Tx) error
	undescribe(tx *Tx) error
}

// touched notes that an endpoint has to be looked at; empty: none.
func (tx *Tx) touched(endpoint string) {
	if endpoint != "" && !tx.unsettled[endpoint] {
		if tx.unsettled == nil {
			tx.unsettled = map[string]bool{}
		}
		tx.unsettled[endpoint] = true
	}
}

// settle makes the phones and trunks of the endpoints that were touched what their objects say.
func (tx *Tx) settle() error {
	for len(tx.unsettled) > 0 {
		endpoints := slices.Sorted(maps.Keys(tx.unsettled))
		tx.unsettled = nil
		for _, uuid := range endpoints {
			if err := tx.settlePhone(uuid); err != nil {
				return err
			}
			if err := tx.settleTrunk(uuid); err != nil {
				return err
			}
		}
	}
	return nil
}

// Merged are the options of an endpoint or a template on top of those of its templates, of which the later ones go before the
// earlier ones.
func (tx *Tx) Merged(e *Endpoint) pjsip.Sections { return tx.merged(e, nil) }

// merged is Merged; seen are the templates that led here, as one may be based on itself.
func (tx *Tx) merged(e *Endpoint, seen []string) pjsip.Sections {
	var base pjsip.Sections
	for _, uuid := range e.Templates {
		if t, ok := tx.Template(uuid); ok && !slices.Contains(seen, uuid) && len(seen) < maxTemplates {
			base = tx.merged(t, append(slices.Clip(seen), uuid)).Over(base)
		}
	}
	return e.Sections.Over(base)
}

// maxTemplates bounds how many templates stand on each other.
const maxTemplates = 16

func (e *Endpoint) touch(tx *Tx) { tx.touchOf(e, 0) }

// touchOf touches an endpoint, or all that have a template.
func (tx *Tx) touchOf(e *Endpoint, depth int) {
	tx.touched(e.UUID)
	if depth > maxTemplates {
		return
	}
	for of := range tx.EndpointsOf(e.UUID) {
		tx.touched(of.UUID)
	}
	for of := range tx.Templates().having(endpointTemplate, e.UUID) {
		tx.touchOf(of, depth+1)
	}
}

func (l *Line) touch(tx *Tx) { tx.touched(l.Endpoint) }

func (t *Trunk) touch(tx *Tx) { tx.touched(t.Endpoint) }

func (u *User) touch(tx *Tx) {
	for l := range tx.LinesOf(u.ID) {
		tx.touched(l.Endpoint)
	}
}

func (e *Extension) touch(tx *Tx) {
	for _, l := range tx.LinesOfExtension(e) {
		tx.touched(l.Endpoint)
	}
}

// settleObject looks at the endpoints that an object names.
func (tx *Tx) settleObject(v any) {
	if s, ok := v.(settled); ok {
		s.touch(tx)
	}
}

// contextFor is the context of a name that a command gives: one that the dialplan's files alone have becomes an object, of a type.
func (tx *Tx) contextFor(name, contextType string) (*Context, error) {
	if c, ok := tx.Context(name); ok {
		return c, nil
	}
	c, err := tx.Contexts().Put(openContext(tx.MasterTenant().UUID, name, contextType))
	return &c, err
}

// nameIsFree tells that neither an endpoint nor a template has a name.
func (tx *Tx) nameIsFree(name string) bool {
	_, endpoint := tx.EndpointNamed(name)
	_, template := tx.TemplateNamed(name)
	return !endpoint && !template
}

// describeAll gives an endpoint to the trunks and phones that have none, as in records of before.
func (tx *Tx) describeAll() error {
	for t := range tx.Trunks().All() {
		if t.Endpoint != "" || t.Managed {
			continue
		}
		own := *t
		if err := own.describe(tx); err != nil {
			return err
		}
		if _, err := tx.Trunks().Put(own); err != nil {
			return err
		}
	}
	for p := range tx.Phones().All() {
		if p.Endpoint != "" {
			continue
		}
		own := *p
		if err := own.describe(tx); err != nil {
			return err
		}
		if _, err := tx.Phones().Put(own); err != nil {
			return err
		}
	}
	return nil
}
