package confd

import (
	"fmt"
	"regexp"

	"dialtone/store"
)

// contexts are those that objects are in.
func contexts() resource[store.Context] {
	return resource[store.Context]{
		path: "/contexts", name: "Context",
		kind:   (*store.Tx).Contexts,
		id:     func(c *store.Context) int { return c.ID },
		tenant: func(c *store.Context) string { return c.Tenant },
		columns: func(*request) []column[store.Context] {
			return []column[store.Context]{
				everything("id", func(c *store.Context) any { return c.ID }),
				everything("description", func(c *store.Context) any { return c.Blanks.Text("description", c.Description) }),
				everything("name", func(c *store.Context) any { return c.Name }),
				everything("label", func(c *store.Context) any { return c.Label }),
				everything("type", func(c *store.Context) any { return c.Type }),
			}
		},
		order: "id",
		fresh: func(r *request) store.Context {
			return store.Context{Tenant: r.tenant, Type: store.ContextInternal, Enabled: true}
		},
		fields: func(_ *request, o *object, c *store.Context) { readContext(o, c) },
		check:  checkContext,
		drop:   func(r *request, c *store.Context) error { return checkUnused(r.tx, c) },
		show:   func(r *request, c *store.Context) any { return showContext(r, c) },
	}
}

// contextRoutes are those of contexts, with what they include and which of their numbers are free.
func contextRoutes() []route {
	return append(contexts().routes(),
		route{method: "PUT", path: "/contexts/{id}/contexts", handle: includeContexts},
	)
}

// shownContext is a context as GET shows it.
type shownContext struct {
	ID                   int                `json:"id"`
	UUID                 string             `json:"uuid"`
	TenantUUID           string             `json:"tenant_uuid"`
	Name                 string             `json:"name"`
	Label                string             `json:"label"`
	Type                 string             `json:"type"`
	Description          any                `json:"description"` // a string, or nil
	Enabled              bool               `json:"enabled"`
	UserRanges           []store.Range      `json:"user_ranges"`
	GroupRanges          []store.Range      `json:"group_ranges"`
	QueueRanges          []store.Range      `json:"queue_ranges"`
	ConferenceRoomRanges []store.Range      `json:"conference_room_ranges"`
	IncallRanges         []shownIncallRange `json:"incall_ranges"`
	Contexts             []included         `json:"contexts"`
	Links                []link             `json:"links"`
}

// shownIncallRange is a store.IncallRange with its length in any case.
type shownIncallRange struct {
	store.Range
	DIDLength int `json:"did_length"`
}

// included is a context as the one shows it that includes it.
type included struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Label string `json:"label"`
	Links []link `json:"links"`
}

func contextPath(id int) string { return fmt.Sprintf("/contexts/%d", id) }

// contextType is the type of a context by its name; there is one.
func contextType(tx *store.Tx, name string) string {
	if c, ok := tx.Context(name); ok {
		return c.Type
	}
	return ""
}

func showContext(r *request, c *store.Context) shownContext {
	shown := shownContext{
		ID: c.ID, UUID: c.UUID, TenantUUID: c.Tenant, Name: c.Name, Label: c.Label, Type: c.Type, Description: c.Blanks.Text("description", c.Description),
		Enabled: c.Enabled, UserRanges: append([]store.Range{}, c.UserRanges...), GroupRanges: append([]store.Range{}, c.GroupRanges...),
		QueueRanges:          append([]store.Range{}, c.QueueRanges...),
		ConferenceRoomRanges: append([]store.Range{}, c.ConferenceRoomRanges...),
		IncallRanges:         []shownIncallRange{}, Contexts: []included{}, Links: r.links("contexts", contextPath(c.ID)),
	}
	for _, of := range c.IncallRanges {
		shown.IncallRanges = append(shown.IncallRanges, shownIncallRange(of))
	}
	for _, id := range c.Contexts {
		if in, _, ok := r.tx.Contexts().Get(id); ok {
			shown.Contexts = append(shown.Contexts, included{in.ID, in.Name, in.Label, r.links("contexts", contextPath(in.ID))})
		}
	}
	return shown
}

// readContext reads a context's fields. A new one without a label has its name as such, as older scripts have it.
func readContext(o *object, c *store.Context) {
	if !o.partial {
		o.text("name", &c.Name, nullable)
	}
	label := "label"
	if c.Name != "" && !o.partial && !o.has(label) {
		label = "name"
	}
	o.text(label, &c.Label, required, length(1, 128))
	o.text("type", &c.Type, oneOf(store.ContextInternal, store.ContextIncall, store.ContextOutcall, store.ContextServices, store.ContextOthers))
	o.textOrNull("description", &c.Description, &c.Blanks)
	o.truth("enabled", &c.Enabled, strict)
	for _, field := range []struct {
		name string
		to   *[]store.Range
	}{
		{"user_ranges", &c.UserRanges}, {"group_ranges", &c.GroupRanges}, {"queue_ranges", &c.QueueRanges},
		{"conference_room_ranges", &c.ConferenceRoomRanges},
	} {
		o.list(field.name, func(n int) { *field.to = make([]store.Range, n) }, func(n int, o *object) { readRange(o, &(*field.to)[n]) })
	}
	o.list("incall_ranges", func(n int) { c.IncallRanges = make([]store.IncallRange, n) }, func(n int, o *object) {
		o.number("did_length", &c.IncallRanges[n].DIDLength, atLeast(0))
		readRange(o, &c.IncallRanges[n].Range)
	})
}

var rangeText = regexp.MustCompile(`^[0-9]+$`)

// readRange reads the bounds of a range; the second is the first where it is missing.
func readRange(o *object, to *store.Range) {
	o.text("start", &to.Start, required, length(0, 16), matches(rangeText))
	o.text("end", &to.End, nullable, length(0, 16), matches(rangeText))
	if to.End == "" {
		to.End = to.Start
	}
	switch {
	case !o.sound():
	case len(to.Start) != len(to.End):
		o.wrong("start and end must have as many digits")
	case to.Start > to.End:
		o.wrong("start is after end")
	}
}

// madeNames are the names of contexts that objects become in the dialplan, and of those of none in particular.
var madeNames = regexp.MustCompile(`^xivo-((incall|schedule|ivr|user|line|group|outcall)-[0-9]+|schedules|group-answered)$`)

// checkContext gives a new context its name. It may be chosen, as long as nobody has it, which the original does not allow. A later change
// of the type has to suit the extensions that belong to something.
func checkContext(r *request, before, c *store.Context) error {
	if before == nil {
		_, taken := r.tx.Context(c.Name)
		if taken || !contextName.MatchString(c.Name) || madeNames.MatchString(c.Name) {
			c.Name = newContextName(r.tx, c)
		}
		return nil
	}
	if c.Type == before.Type {
		return nil
	}
	for e := range r.tx.ExtensionsIn(c.Name) {
		if e.Of != (store.Owner{}) && placeFor[e.Of.Kind].contextType != c.Type {
			return usedContext(c, "extension", e.ID)
		}
	}
	return nil
}

// newContextName makes the name of a context: "ctx-acme-internal-8f6c…", by its tenant, its type and a UUID.
func newContextName(tx *store.Tx, c *store.Context) string {
	owner := "tenant"
	if t, ok := tx.Tenant(c.Tenant); ok {
		owner = slugOf(t)
	}
	return fmt.Sprintf("ctx-%s-%s-%s", owner, c.Type, store.NewUUID())
}

// includeContexts says which contexts one includes, in order.
func includeContexts(r *request) (answer, error) {
	before, err := contexts().byID(r, r.id("id"))
	if err != nil {
		return answer{}, err
	}
	c := *before
	err = r.readWhole(func(o *object) {
		o.list("contexts", func(n int) { c.Contexts = make([]int, n) }, func(n int, o *object) { o.number("id", &c.Contexts[n], required) }, required)
	})
	if err != nil {
		return answer{}, err
	}
	for _, id := range c.Contexts {
		if in, _, ok := r.tx.Contexts().Get(id); !ok || in.Tenant != c.Tenant {
			return answer{}, missing("contexts", "Context", "id", id)
		}
	}
	_, err = r.tx.Contexts().Put(c)
	return done(), err
}

// checkUnused refuses a context that something uses.
func checkUnused(tx *store.Tx, c *store.Context) error {
	if what, id := userOf(tx, c.Name); what != "" {
		return usedContext(c, what, id)
	}
	return nil
}

func usedContext(c *store.Context, what string, id int) error {
	return resourceError("Context is associated with a "+capital(what), "context_id", c.ID, what+"_id", id)
}

// userOf gives an object that uses a context, by its kind and number.
func userOf(tx *store.Tx, context string) (what string, id int) {
	for e := range tx.ExtensionsIn(context) {
		return "extension", e.ID
	}
	for l := range tx.LinesIn(context) {
		return "line", l.ID
	}
	for t := range tx.Trunks().All() {
		if t.Context == context {
			return "trunk", t.ID
		}
	}
	for p := range tx.Phones().All() {
		if p.Context == context {
			return "phone", p.ID
		}
	}
	return "", 0
}
