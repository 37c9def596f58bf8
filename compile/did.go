package compile

import (
	"slices"

	"dialtone/ivr/dialplan"
	"dialtone/store"
)

// Incall finds the place where a number of a tenant's incalls leads, in whatever of its forms it is kept: among the numbers of the context
// first, then of the tenant's other contexts of incalls; in each the numbers as they are go before patterns, and of these that which
// a dialplan tries first. Only what is enabled counts.
func (s *Switch) Incall(context, tenant string, forms []string) (place dialplan.Place, found bool) {
	s.view(func(tx *store.Tx) error {
		place, found = s.incall(tx, context, tenant, forms)
		return nil
	})
	return place, found
}

func (s *Switch) incall(tx *store.Tx, context, tenant string, forms []string) (dialplan.Place, bool) {
	if c, ok := tx.Context(context); ok {
		if place, ok := s.incallIn(tx, c, forms); ok {
			return place, true
		}
	}
	other := func(c *store.Context) bool {
		return c.Name != context && c.Tenant == tenant && c.Type == store.ContextIncall
	}
	for _, form := range forms {
		for e := range tx.ExtensionsNamed(form) {
			if c, ok := tx.Context(e.Context); ok && other(c) && leadsToIncall(c, e) {
				return placeOf(c, form), true
			}
		}
	}
	for c := range tx.Contexts().All() {
		if !other(c) {
			continue
		}
		if place, ok := s.patternIn(tx, c, forms); ok {
			return place, true
		}
	}
	return dialplan.Place{}, false
}

// incallIn looks in one context.
func (s *Switch) incallIn(tx *store.Tx, c *store.Context, forms []string) (dialplan.Place, bool) {
	for _, form := range forms {
		if e, ok := tx.Extension(c.Name, form); ok && leadsToIncall(c, e) {
			return placeOf(c, form), true
		}
	}
	return s.patternIn(tx, c, forms)
}

// patternIn looks among the patterns of one context.
func (s *Switch) patternIn(tx *store.Tx, c *store.Context, forms []string) (dialplan.Place, bool) {
	made := s.context(tx, c.Name)
	if made == nil {
		return dialplan.Place{}, false
	}
	for _, form := range forms {
		leads := func(e *dialplan.Extension) bool {
			kept, ok := tx.Extension(c.Name, e.Name)
			return ok && leadsToIncall(c, kept)
		}
		if slices.ContainsFunc(made.Patterns(form), leads) {
			return placeOf(c, form), true
		}
	}
	return dialplan.Place{}, false
}

func leadsToIncall(c *store.Context, e *store.Extension) bool {
	return c.Enabled && e.Enabled && e.Of.Kind == store.OwnerIncall
}

func placeOf(c *store.Context, number string) dialplan.Place {
	return dialplan.Place{Context: c.Name, Exten: number, Priority: 1}
}
