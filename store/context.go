package store

import "iter"

// Context is a context of the dialplan that has objects: what its extensions may be, and whose it is.
type Context struct {
	ID          int    `json:"id"`
	UUID        string `json:"uuid"`
	Tenant      string `json:"tenant"` // UUID
	Name        string `json:"name"`   // in the dialplan; unique
	Label       string `json:"label"`
	Type        string `json:"type"` // internal, incall, outcall, services or others
	Description string `json:"description,omitempty"`
	Enabled     bool   `json:"enabled"`
	Contexts    []int  `json:"contexts,omitempty"` // those it includes, in order

	UserRanges           []Range       `json:"user_ranges,omitempty"`
	GroupRanges          []Range       `json:"group_ranges,omitempty"`
	QueueRanges          []Range       `json:"queue_ranges,omitempty"`
	ConferenceRoomRanges []Range       `json:"conference_room_ranges,omitempty"`
	IncallRanges         []IncallRange `json:"incall_ranges,omitempty"`

	Blanks Blanks `json:"blanks,omitempty"`
}

// Range is the numbers from Start to End, which have as many digits.
type Range struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// AllNumbers is the range of all numbers: what counts is their value, however many digits they are written with.
var AllNumbers = Range{Start: "0000000000000000", End: "9999999999999999"}

// IncallRange is a range of which so many of the last digits are compared; 0: all.
type IncallRange struct {
	Range
	DIDLength int `json:"did_length,omitempty"`
}

// Types of contexts.
const (
	ContextInternal = "internal"
	ContextIncall   = "incall"
	ContextOutcall  = "outcall"
	ContextServices = "services"
	ContextOthers   = "others"
)

const (
	contextUUID = iota
	contextName
	contextIncludes
)

var contextKind = &kind[Context]{
	table:  contextTable,
	id:     func(c *Context) *int { return &c.ID },
	uuid:   func(c *Context) *string { return &c.UUID },
	tenant: func(c *Context) string { return c.Tenant },
	indexes: []index[Context]{
		contextUUID: only(func(c *Context) string { return c.UUID }, func(c *Context, key string) error { return invalid("context: the UUID %s is taken", key) }),
		contextName: only(func(c *Context) string { return c.Name }, func(c *Context, key string) error { return invalid("context %q exists already", key) }),
		contextIncludes: {keys: func(c *Context, add func(string)) {
			for _, id := range c.Contexts {
				add(number(id))
			}
		}},
	},
}

func (c *Context) check(tx *Tx) error {
	if err := checkOwner(tx, c.Tenant, "context", c.Name); err != nil {
		return err
	}
	return validContext(c.Name)
}

func (c *Context) links(tx *Tx) error {
	for _, id := range c.Contexts {
		if other, _, ok := tx.Contexts().Get(id); !ok || other.Tenant != c.Tenant {
			return invalid("context %s: there is no context %d in its tenant to include", c.Name, id)
		}
	}
	return nil
}

// dropped takes a context out of those that include it. One that is in use stays.
func (gone *Context) dropped(tx *Tx) error {
	for e := range tx.ExtensionsIn(gone.Name) {
		return invalid("context %s has extension %s", gone.Name, e.Exten)
	}
	for l := range tx.LinesIn(gone.Name) {
		return invalid("context %s has line %d", gone.Name, l.ID)
	}
	return alterAll(tx.Contexts(), tx.ContextsIncluding(gone.ID), func(c *Context) { c.Contexts = without(c.Contexts, gone.ID) })
}

// Contexts are the contexts that have objects.
func (tx *Tx) Contexts() Kind[Context] { return Kind[Context]{tx, contextKind} }

// Context gives a context by its name.
func (tx *Tx) Context(name string) (*Context, bool) { return tx.Contexts().one(contextName, name) }

// ContextUUID gives a context by its UUID.
func (tx *Tx) ContextUUID(uuid string) (*Context, bool) { return tx.Contexts().one(contextUUID, uuid) }

// ContextsIncluding are the contexts that include one.
func (tx *Tx) ContextsIncluding(id int) iter.Seq[*Context] {
	return tx.Contexts().having(contextIncludes, number(id))
}
