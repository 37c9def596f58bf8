package confd

import "dialtone/store"

// numbered is objects of a kind that have an extension: one at most.
type numbered[T any] struct {
	resource[T]
	ready func(*T) error // refuses to give a number to an object that cannot have one yet; may be nil
	// shares lets an object have a number that another one has already; may be nil: none may.
	shares func(*request, *T, *store.Extension) error
}

// routes give an object its extension and take it away.
func (n numbered[T]) routes() []route {
	path := n.below() + "/extensions/{extension_id}"
	return []route{
		{method: "PUT", path: path, handle: func(r *request) (answer, error) {
			v, e, err := n.both(r)
			if err != nil {
				return answer{}, err
			}
			return done(), n.give(r, v, e)
		}},
		{method: "DELETE", path: path, handle: func(r *request) (answer, error) {
			v, e, err := n.both(r)
			if err != nil {
				return answer{}, err
			}
			return done(), takeFrom(r, e, n.owner(v))
		}},
	}
}

// both gives the object and the extension of a path.
func (n numbered[T]) both(r *request) (*T, *store.Extension, error) {
	v, err := n.which(r)
	if err != nil {
		return nil, nil, err
	}
	e, err := extensions().byID(r, r.id("extension_id"))
	return v, e, err
}

func (n numbered[T]) owner(v *T) store.Owner { return store.Owner{Kind: n.what(), ID: n.id(v)} }

// give gives an object its extension, which is of its tenant, free, and in a context for such objects.
func (n numbered[T]) give(r *request, v *T, e *store.Extension) error {
	owner := n.owner(v)
	if e.BelongsTo(owner) {
		return nil
	}
	if err := sameTenant(n.what(), n.tenant(v), "extension", e.Tenant); err != nil {
		return err
	}
	if n.ready != nil {
		if err := n.ready(v); err != nil {
			return err
		}
	}
	for other := range r.tx.ExtensionsOf(owner.Kind, owner.ID) {
		return resourceError(n.name+" is associated with a Extension", n.what()+"_id", owner.ID, "extension_id", other.ID)
	}
	if n.shares != nil && e.Of.Kind == owner.Kind {
		return n.shares(r, v, e)
	}
	return giveTo(r, e, owner, store.OutcallNumber{})
}
