package confd

import (
	"strings"

	"dialtone/store"
)

// what is an object of the resource in names of fields, "incall"; the store calls owners of extensions so, too.
func (res resource[T]) what() string { return strings.ToLower(res.name) }

// below is the path of an object in routes for what it is joined with, which of finds: "/incalls/{incall_id}".
func (res resource[T]) below() string {
	if res.at != nil {
		return res.path + "/" + res.part
	}
	return res.path + "/{" + res.what() + "_id}"
}

// which gives the object of a path that begins with below.
func (res resource[T]) which(r *request) (*T, error) {
	if res.at != nil {
		return res.find(r)
	}
	return res.byID(r, r.id(res.what()+"_id"))
}

// scheduled is objects of a kind that have a schedule: one at most.
type scheduled[T any] struct {
	resource[T]
	has func(*T) *int // where the number of its schedule stands; 0: none
}

// routes give an object its schedule and take it away.
func (s scheduled[T]) routes() []route {
	path := s.below() + "/schedules/{schedule_id}"
	return []route{
		{method: "PUT", path: path, handle: func(r *request) (answer, error) {
			v, to, err := s.both(r)
			if err != nil {
				return answer{}, err
			}
			return done(), s.give(r, v, to)
		}},
		{method: "DELETE", path: path, handle: func(r *request) (answer, error) {
			v, from, err := s.both(r)
			if err != nil || *s.has(v) != from.ID {
				return done(), err
			}
			return done(), s.set(r, v, 0)
		}},
	}
}

// both gives the object and the schedule of a path.
func (s scheduled[T]) both(r *request) (*T, *store.Schedule, error) {
	v, err := s.which(r)
	if err != nil {
		return nil, nil, err
	}
	to, err := schedules().byID(r, r.id("schedule_id"))
	return v, to, err
}

// give gives an object its schedule, which is of its tenant and the only one.
func (s scheduled[T]) give(r *request, v *T, to *store.Schedule) error {
	has := *s.has(v)
	if has == to.ID {
		return nil
	}
	if err := checkScheduled(s.what(), s.id(v), s.tenant(v), has, to); err != nil {
		return err
	}
	return s.set(r, v, to.ID)
}

func (s scheduled[T]) set(r *request, v *T, schedule int) error {
	changed := *v
	*s.has(&changed) = schedule
	_, err := s.kind(r.tx).Put(changed)
	return err
}
