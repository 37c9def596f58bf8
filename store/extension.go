package store

import (
	"iter"
	"slices"
)

// Extension is a number or a pattern in a context, and the object that it belongs to.
type Extension struct {
	ID      int    `json:"id"`
	Tenant  string `json:"tenant"` // UUID, its context's
	Exten   string `json:"exten"`
	Context string `json:"context"` // name
	Enabled bool   `json:"enabled"`
	Of      Owner  `json:"of,omitzero"`
	Lines   []int  `json:"lines,omitempty"` // others that share it, where it belongs to a line: telephones of one user

	Outcall OutcallNumber `json:"outcall,omitzero"` // of an outcall's
}

// Owner is the object that an extension belongs to; the zero value is none.
type Owner struct {
	Kind string `json:"kind"` // one of the Owner… constants
	ID   int    `json:"id"`
}

// Kinds of owners.
const (
	OwnerIncall  = "incall"
	OwnerLine    = "line"
	OwnerGroup   = "group"
	OwnerOutcall = "outcall"
)

// OutcallNumber is what becomes of a number that was dialled by an extension of an outcall.
type OutcallNumber struct {
	ExternalPrefix string `json:"external_prefix,omitempty"`
	Prefix         string `json:"prefix,omitempty"`
	StripDigits    int    `json:"strip_digits,omitempty"`
	CallerID       string `json:"caller_id,omitempty"`
}

// Idle names the fields that are set without an effect.
func (n OutcallNumber) Idle() (fields []string) {
	if n.Prefix != "" {
		fields = append(fields, "prefix")
	}
	return fields
}

func (o Owner) key() string { return targetKey(o.Kind, o.ID) }

const (
	extensionNumber = iota
	extensionContext
	extensionOwner
	extensionExten
)

var extensionKind = &kind[Extension]{
	table:  extensionTable,
	id:     func(e *Extension) *int { return &e.ID },
	tenant: func(e *Extension) string { return e.Tenant },
	indexes: []index[Extension]{
		extensionNumber: only(func(e *Extension) string { return e.Context + " " + e.Exten },
			func(e *Extension, _ string) error {
				return invalid("extension %s exists already in context %s", e.Exten, e.Context)
			}),
		extensionContext: by(func(e *Extension) string { return e.Context }),
		extensionOwner: {keys: func(e *Extension, add func(string)) {
			for _, owner := range e.owners() {
				add(owner.key())
			}
		}},
		extensionExten: by(func(e *Extension) string { return e.Exten }),
	},
}

func (e *Extension) check(tx *Tx) error {
	context, ok := tx.Context(e.Context)
	if !ok {
		return invalid("extension %s: there is no context %s", e.Exten, e.Context)
	}
	e.Tenant = context.Tenant
	if e.Exten == "" || len(e.Exten) > maxNumber || !plainText(e.Exten, "") {
		return invalid("extension %q in context %s: 1 to %d characters without spaces", e.Exten, e.Context, maxNumber)
	}
	return nil
}

// owners are the objects that an extension belongs to: none, one, or the lines that share it.
func (e *Extension) owners() []Owner {
	if e.Of == (Owner{}) {
		return nil
	}
	owners := []Owner{e.Of}
	for _, line := range e.Lines {
		owners = append(owners, Owner{OwnerLine, line})
	}
	return owners
}

// BelongsTo tells whether an extension is an object's.
func (e *Extension) BelongsTo(owner Owner) bool { return slices.Contains(e.owners(), owner) }

// Leave takes an extension away from an object. Where lines share it, it is that of the others.
func (e *Extension) Leave(owner Owner) {
	left := without(e.owners(), owner)
	e.Of, e.Lines = Owner{}, nil
	if len(left) == 0 {
		e.Outcall = OutcallNumber{}
		return
	}
	e.Of = left[0]
	for _, other := range left[1:] {
		e.Lines = append(e.Lines, other.ID)
	}
}

func (e *Extension) links(tx *Tx) error {
	for _, id := range e.Lines {
		if l, _, ok := tx.Lines().Get(id); !ok || l.Tenant != e.Tenant || e.Of.Kind != OwnerLine {
			return invalid("extension %s of context %s: there is no line %d in its tenant", e.Exten, e.Context, id)
		}
	}
	var tenant string
	switch e.Of.Kind {
	case "":
		return nil
	case OwnerIncall:
		if v, _, ok := tx.Incalls().Get(e.Of.ID); ok {
			tenant = v.Tenant
		}
	case OwnerLine:
		if v, _, ok := tx.Lines().Get(e.Of.ID); ok {
			tenant = v.Tenant
		}
	case OwnerGroup:
		if v, _, ok := tx.Groups().Get(e.Of.ID); ok {
			tenant = v.Tenant
		}
	case OwnerOutcall:
		if v, _, ok := tx.Outcalls().Get(e.Of.ID); ok {
			tenant = v.Tenant
		}
	}
	if tenant != e.Tenant {
		return invalid("extension %s of context %s: there is no %s %d in its tenant", e.Exten, e.Context, e.Of.Kind, e.Of.ID)
	}
	return nil
}

// Extensions are the numbers and patterns of all contexts.
func (tx *Tx) Extensions() Kind[Extension] { return Kind[Extension]{tx, extensionKind} }

// Extension gives the extension of exactly this name in a context.
func (tx *Tx) Extension(context, exten string) (*Extension, bool) {
	return tx.Extensions().one(extensionNumber, context+" "+exten)
}

// ExtensionsIn are the extensions of a context.
func (tx *Tx) ExtensionsIn(context string) iter.Seq[*Extension] {
	return tx.Extensions().having(extensionContext, context)
}

// ExtensionsNamed are the extensions of exactly this name, in whatever context.
func (tx *Tx) ExtensionsNamed(exten string) iter.Seq[*Extension] {
	return tx.Extensions().having(extensionExten, exten)
}

// ExtensionsOf are the extensions that belong to an object; kind is one of the Owner… constants.
func (tx *Tx) ExtensionsOf(kind string, id int) iter.Seq[*Extension] {
	return tx.Extensions().having(extensionOwner, Owner{kind, id}.key())
}

// freeExtensions takes its extensions away from an object that is no more.
func (tx *Tx) freeExtensions(kind string, id int) error {
	return alterAll(tx.Extensions(), tx.ExtensionsOf(kind, id), func(e *Extension) { e.Leave(Owner{kind, id}) })
}

// LinesOfExtension are the lines that an extension belongs to: those that are rung by it.
func (tx *Tx) LinesOfExtension(e *Extension) []*Line {
	var lines []*Line
	for _, owner := range e.owners() {
		if l, _, ok := tx.Lines().Get(owner.ID); ok && owner.Kind == OwnerLine {
			lines = append(lines, l)
		}
	}
	return lines
}

// ExtensionsFrom are the extensions of a context that begin with a text, in the order of their bytes: patterns begin with "_".
func (tx *Tx) ExtensionsFrom(context, text string) iter.Seq[*Extension] {
	return tx.Extensions().beginning(extensionNumber, context+" "+text)
}
