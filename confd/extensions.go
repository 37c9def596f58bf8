package confd

import (
	"fmt"
	"regexp"
	"strings"

	"dialtone/store"
)

// extensions are the numbers and patterns of contexts.
func extensions() resource[store.Extension] {
	return resource[store.Extension]{
		path: "/extensions", name: "Extension",
		kind:   (*store.Tx).Extensions,
		id:     func(e *store.Extension) int { return e.ID },
		tenant: func(e *store.Extension) string { return e.Tenant },
		columns: func(r *request) []column[store.Extension] {
			return []column[store.Extension]{
				everything("exten", func(e *store.Extension) any { return e.Exten }),
				everything("context", func(e *store.Extension) any { return e.Context }),
				everything("type", func(e *store.Extension) any { return contextType(r.tx, e.Context) }),
			}
		},
		order:  "exten",
		fresh:  func(*request) store.Extension { return store.Extension{Enabled: true} }, // the tenant is its context's
		fields: func(_ *request, o *object, e *store.Extension) { readExtension(o, e) },
		check:  checkExtension,
		drop:   func(_ *request, e *store.Extension) error { return checkFree(e) },
		show:   func(r *request, e *store.Extension) any { return showExtension(r, e) },
	}
}

// Patterns of what may stand as an extension: in most contexts, and in those of outcalls.
var (
	extenText        = regexp.MustCompile(`^(_[*#0-9_XxZzNn\[\].!-]{1,39}|[*#0-9]{1,40})$`)
	outcallExtenText = regexp.MustCompile(`^_?\+?[*#0-9_XxZzNn\[\].!-]*$`)
)

const maxExten = 40 // characters of an extension

// shownExtension is an extension as GET shows it.
type shownExtension struct {
	ID         int       `json:"id"`
	TenantUUID string    `json:"tenant_uuid"`
	Exten      string    `json:"exten"`
	Context    string    `json:"context"`
	Enabled    bool      `json:"enabled"`
	Conference *related  `json:"conference"` // always nil, as ParkingLot and Queue: dialtone has none
	ParkingLot *related  `json:"parking_lot"`
	Queue      *related  `json:"queue"`
	Group      *related  `json:"group"`
	Incall     *related  `json:"incall"`
	Outcall    *related  `json:"outcall"`
	Lines      []related `json:"lines"`
	Links      []link    `json:"links"`
}

func extensionPath(id int) string { return fmt.Sprintf("/extensions/%d", id) }

func showExtension(r *request, e *store.Extension) shownExtension {
	shown := shownExtension{
		ID: e.ID, TenantUUID: e.Tenant, Exten: e.Exten, Context: e.Context, Enabled: e.Enabled,
		Lines: []related{}, Links: r.links("extensions", extensionPath(e.ID)),
	}
	owner := func(rel string) *related { return &related{e.Of.ID, r.links(rel, fmt.Sprintf("/%s/%d", rel, e.Of.ID))} }
	switch e.Of.Kind {
	case store.OwnerGroup:
		shown.Group = owner("groups")
	case store.OwnerIncall:
		shown.Incall = owner("incalls")
	case store.OwnerOutcall:
		shown.Outcall = owner("outcalls")
	case store.OwnerLine:
		for _, l := range r.tx.LinesOfExtension(e) {
			shown.Lines = append(shown.Lines, related{l.ID, r.links("lines", linePath(l.ID))})
		}
	}
	return shown
}

// numberOf is an extension as the object that it belongs to shows it.
type numberOf struct {
	ID      int    `json:"id"`
	Exten   string `json:"exten"`
	Context string `json:"context"`
	Links   []link `json:"links"`
}

// numbersOf are the extensions of an object; kind is one of the store's owners.
func numbersOf(r *request, kind string, id int) []numberOf {
	numbers := []numberOf{}
	for e := range r.tx.ExtensionsOf(kind, id) {
		numbers = append(numbers, numberOf{e.ID, e.Exten, e.Context, r.links("extensions", extensionPath(e.ID))})
	}
	return numbers
}

// extensOf are what the extensions of an object are called.
func extensOf(tx *store.Tx, kind string, id int) []string {
	var extens []string
	for e := range tx.ExtensionsOf(kind, id) {
		extens = append(extens, e.Exten)
	}
	return extens
}

// readExtension reads an extension's fields.
func readExtension(o *object, e *store.Extension) {
	o.text("exten", &e.Exten, required, length(0, maxExten))
	o.text("context", &e.Context, required)
	if commented := false; o.has("commented") && !o.has("enabled") { // its name in older versions
		o.truth("commented", &commented)
		e.Enabled = !commented
	}
	o.truth("enabled", &e.Enabled)
}

// newExtension keeps an extension that there was not.
func newExtension(r *request, e store.Extension) (store.Extension, error) {
	if err := checkNumber(r, &e); err != nil {
		return e, err
	}
	return r.tx.Extensions().Put(e)
}

// checkExtension refuses what is no extension, and a change that does not suit what it belongs to.
func checkExtension(r *request, before, e *store.Extension) error {
	if before == nil {
		return checkNumber(r, e)
	}
	if e.Exten != before.Exten || e.Context != before.Context { // what a command made may be what this one would refuse: +33123456789
		if err := checkNumber(r, e); err != nil {
			return err
		}
	}
	return checkPlace(r.tx, e)
}

// checkNumber refuses an extension in a context that the request does not see, one that is taken, and what is no extension.
func checkNumber(r *request, e *store.Extension) error {
	context, ok := r.tx.Context(e.Context)
	if !ok || !r.sees(context.Tenant) {
		return missing("context", "Context", "context", e.Context)
	}
	if other, ok := r.tx.Extension(e.Context, e.Exten); ok && other.ID != e.ID {
		return resourceError("Extension already exists", "exten", e.Exten, "context", e.Context)
	}
	pattern := extenText
	if context.Type == store.ContextOutcall {
		pattern = outcallExtenText
	}
	if !pattern.MatchString(e.Exten) {
		return &failure{400, []string{"exten: ['String does not match expected pattern.']"}}
	}
	return nil
}

// checkPlace refuses a context of another tenant for an extension, and one that is not for what it belongs to.
func checkPlace(tx *store.Tx, e *store.Extension) error {
	context, ok := tx.Context(e.Context)
	if !ok {
		return missing("context", "Context", "context", e.Context)
	}
	if err := sameTenant("extension", e.Tenant, "context", context.Tenant); err != nil {
		return err
	}
	if e.Of == (store.Owner{}) {
		return nil
	}
	if err := checkType(tx, e, e.Of.Kind); err != nil {
		return err
	}
	return checkRange(tx, e, e.Of.Kind)
}

// place is where an object's extensions may stand.
type place struct {
	contextType string
	ranges      string // a key of rangesFor; empty: any number may be one
}

// placeFor is the place of an object's extensions, by the kind of the object.
var placeFor = map[string]place{
	store.OwnerIncall:  {store.ContextIncall, "incall"},
	store.OwnerLine:    {store.ContextInternal, "user"},
	store.OwnerGroup:   {store.ContextInternal, "group"},
	store.OwnerOutcall: {store.ContextOutcall, ""},
}

// checkType refuses an extension whose context is not of the type that a kind of owners needs.
func checkType(tx *store.Tx, e *store.Extension, owner string) error {
	if is := contextType(tx, e.Context); is != placeFor[owner].contextType {
		return resourceError(fmt.Sprintf("ContextType '%s' cannot be associated", is), "id", e.ID, "context", e.Context)
	}
	return nil
}

// checkRange refuses a number outside of its context's ranges for a kind of owners. Patterns lie in none.
func checkRange(tx *store.Tx, e *store.Extension, owner string) error {
	context, ok := tx.Context(e.Context)
	of, bounded := rangesFor[placeFor[owner].ranges]
	if !ok || !bounded || strings.HasPrefix(e.Exten, "_") || within(of(context), e.Exten) {
		return nil
	}
	return inputError("Extension '%s' is outside of range for context '%s'", e.Exten, e.Context)
}

// checkFree refuses an extension that belongs to an object.
func checkFree(e *store.Extension) error {
	if e.Of == (store.Owner{}) {
		return nil
	}
	return resourceError("Extension is associated with a "+e.Of.Kind, "extension_id", e.ID, "associated_id", e.Of.ID)
}

// giveTo lets a free extension, whose context and number suit, belong to an object. The ranges for incalls are asked only when the extension
// is changed later, as the original does.
func giveTo(r *request, e *store.Extension, owner store.Owner, outcall store.OutcallNumber) error {
	if err := checkFree(e); err != nil {
		return err
	}
	if err := checkType(r.tx, e, owner.Kind); err != nil {
		return err
	}
	if owner.Kind != store.OwnerIncall {
		if err := checkRange(r.tx, e, owner.Kind); err != nil {
			return err
		}
	}
	of := *e
	of.Of, of.Outcall = owner, outcall
	_, err := r.tx.Extensions().Put(of)
	return err
}

// takeFrom takes an extension away from an object, if it is that's.
func takeFrom(r *request, e *store.Extension, owner store.Owner) error {
	if !e.BelongsTo(owner) {
		return nil
	}
	free := *e
	free.Leave(owner)
	_, err := r.tx.Extensions().Put(free)
	return err
}
