package confd

import (
	"fmt"
	"iter"

	"dialtone/store"
)

// belonging is objects that belong to a schedule, outside of the contract: /schedules/{schedule_id}/exceptions. They are seen by
// whoever sees the schedule.
type belonging[T any] struct {
	path string // below the schedule's, "exceptions"
	name string // of one object in sentences, "Exception"

	kind     func(*store.Tx) store.Kind[T]
	of       func(tx *store.Tx, schedule int) iter.Seq[*T]
	id       func(*T) int
	schedule func(*T) *int

	columns []column[T]
	fields  func(r *request, o *object, v *T) // reads the body's fields
	show    func(*request, *T) any
	before  func(*request) error // see route
}

// routes are those of the list and of one object.
func (b belonging[T]) routes() []route {
	all := "/schedules/{schedule_id}/" + b.path
	return []route{
		{method: "GET", path: all, handle: b.list},
		{method: "POST", path: all, handle: b.create, before: b.before},
		{method: "GET", path: all + "/{id}", handle: b.get},
		{method: "PUT", path: all + "/{id}", handle: b.change, before: b.before},
		{method: "DELETE", path: all + "/{id}", handle: b.remove},
	}
}

// place is where an object is, relative to the API.
func (b belonging[T]) place(v *T) string {
	return fmt.Sprintf("/schedules/%d/%s/%d", *b.schedule(v), b.path, b.id(v))
}

// scheduleOf gives the schedule that the path names, where the caller may see it.
func scheduleOf(r *request) (*store.Schedule, error) {
	return schedules().byID(r, r.id("schedule_id"))
}

func (b belonging[T]) list(r *request) (answer, error) {
	s, err := scheduleOf(r)
	if err != nil {
		return answer{}, err
	}
	return list(r, b.of(r.tx, s.ID), listing[T]{columns: b.columns, order: "id", show: func(v *T) any { return b.show(r, v) }})
}

func (b belonging[T]) create(r *request) (answer, error) {
	s, err := scheduleOf(r)
	if err != nil {
		return answer{}, err
	}
	v := *new(T)
	*b.schedule(&v) = s.ID
	made, err := b.put(r, s, v)
	return created("%s", b.place(&made)), err
}

// put reads the body's fields into an object and keeps it.
func (b belonging[T]) put(r *request, s *store.Schedule, v T) (T, error) {
	if err := r.read(func(o *object) { b.fields(r, o, &v) }); err != nil {
		return v, err
	}
	if err := r.checkTargets(s.Tenant); err != nil {
		return v, err
	}
	return b.kind(r.tx).Put(v)
}

func (b belonging[T]) get(r *request) (answer, error) {
	_, v, err := b.find(r)
	if err != nil {
		return answer{}, err
	}
	return shown(b.show(r, v)), nil
}

func (b belonging[T]) change(r *request) (answer, error) {
	s, v, err := b.find(r)
	if err != nil {
		return answer{}, err
	}
	_, err = b.put(r, s, *v)
	return done(), err
}

func (b belonging[T]) remove(r *request) (answer, error) {
	_, v, err := b.find(r)
	if err != nil {
		return answer{}, err
	}
	return done(), b.kind(r.tx).Delete(b.id(v))
}

// find gives the object that the path names, and its schedule.
func (b belonging[T]) find(r *request) (*store.Schedule, *T, error) {
	s, err := scheduleOf(r)
	if err != nil {
		return nil, nil, err
	}
	v, _, ok := b.kind(r.tx).Get(r.id("id"))
	if !ok || *b.schedule(v) != s.ID {
		return nil, nil, notFound(b.name, "id", r.id("id"), "schedule_id", s.ID)
	}
	return s, v, nil
}
