package confd

import (
	"strconv"

	"dialtone/store"
)

// resource is what objects of all kinds do the same way: they are listed, made, shown, changed and deleted. What is a kind's own is
// in its fields; associations and the like are routes beside it.
type resource[T any] struct {
	path string // of the list, "/incalls"
	name string // of one object in sentences, "Incall"

	kind   func(*store.Tx) store.Kind[T]
	id     func(*T) int
	tenant func(*T) string // UUID

	// Where an object lies below path: by its number, unless these say otherwise.
	part string                    // "{uuid}"; empty: "{id}"
	at   func(*request) (*T, bool) // finds it by that part
	key  func(*T) string           // that part of an object's path

	columns func(*request) []column[T] // of the list
	order   string                     // the column by which it is ordered unless the request says so

	fresh  func(*request) T                     // a new object with its defaults, of the request's tenant
	fields func(*request, *object, *T)          // reads the body's fields
	check  func(r *request, before, v *T) error // what else must be true; before is nil on POST; may be nil
	after  func(r *request, v *T) error         // what a new object brings with it, in the same transaction; may be nil
	drop   func(*request, *T) error             // refuses to delete, or deletes what goes with it; may be nil
	show   func(*request, *T) any               // the object as GET shows it
}

// routes are those of the list and of one object.
func (res resource[T]) routes() []route {
	if res.part == "" {
		res.part = "{id}"
	}
	one := res.path + "/" + res.part
	return []route{
		{method: "GET", path: res.path, handle: res.list},
		{method: "POST", path: res.path, handle: res.create},
		{method: "GET", path: one, handle: res.get},
		{method: "PUT", path: one, handle: res.change},
		{method: "DELETE", path: one, handle: res.remove},
	}
}

func (res resource[T]) list(r *request) (answer, error) {
	return list(r, res.kind(r.tx).All(), listing[T]{
		path: res.path, columns: res.columns(r), order: res.order,
		visible: func(v *T) bool { return r.lists(res.tenant(v)) }, show: func(v *T) any { return res.show(r, v) },
	})
}

func (res resource[T]) create(r *request) (answer, error) {
	v := res.fresh(r)
	if err := r.read(func(o *object) { res.fields(r, o, &v) }); err != nil {
		return answer{}, err
	}
	if err := r.checkTargets(res.tenant(&v)); err != nil {
		return answer{}, err
	}
	if res.check != nil {
		if err := res.check(r, nil, &v); err != nil {
			return answer{}, err
		}
	}
	made, err := res.kind(r.tx).Put(v)
	if err == nil && res.after != nil {
		err = res.after(r, &made)
	}
	return created("%s", res.place(&made)), err
}

// place is where an object is, relative to the API.
func (res resource[T]) place(v *T) string {
	if res.key != nil {
		return res.path + "/" + res.key(v)
	}
	return res.path + "/" + strconv.Itoa(res.id(v))
}

func (res resource[T]) get(r *request) (answer, error) {
	v, err := res.find(r)
	if err != nil {
		return answer{}, err
	}
	return shown(res.show(r, v)), nil
}

func (res resource[T]) change(r *request) (answer, error) {
	before, err := res.find(r)
	if err != nil {
		return answer{}, err
	}
	v := *before
	if err := r.read(func(o *object) { res.fields(r, o, &v) }); err != nil {
		return answer{}, err
	}
	if err := r.checkTargets(res.tenant(&v)); err != nil {
		return answer{}, err
	}
	if res.check != nil {
		if err := res.check(r, before, &v); err != nil {
			return answer{}, err
		}
	}
	_, err = res.kind(r.tx).Put(v)
	return done(), err
}

func (res resource[T]) remove(r *request) (answer, error) {
	v, err := res.find(r)
	if err != nil {
		return answer{}, err
	}
	if res.drop != nil {
		if err := res.drop(r, v); err != nil {
			return answer{}, err
		}
	}
	return done(), res.kind(r.tx).Delete(res.id(v))
}

// find gives the object that the path names, where the caller may see it.
func (res resource[T]) find(r *request) (*T, error) {
	if res.at != nil {
		v, ok := res.at(r)
		if !ok || !r.sees(res.tenant(v)) {
			name, _ := variable(res.part)
			return nil, notFound(res.name, name, r.text(name))
		}
		return v, nil
	}
	return res.byID(r, r.id("id"))
}

// byID gives an object by its number, where the caller may see it; otherwise the error says that it is not there (404).
func (res resource[T]) byID(r *request, id int) (*T, error) {
	v, _, ok := res.kind(r.tx).Get(id)
	if !ok || !r.sees(res.tenant(v)) {
		return nil, notFound(res.name, "id", id)
	}
	return v, nil
}
