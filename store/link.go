package store

import (
	"errors"
	"iter"
	"slices"
	"strconv"
)

// number is an object's number as a key of an index.
func number(id int) string { return strconv.Itoa(id) }

// numberOrNone is number; 0 has no key.
func numberOrNone(id int) string {
	if id == 0 {
		return ""
	}
	return number(id)
}

// without gives a list without a value.
func without[T comparable](list []T, gone T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(v T) bool { return v == gone })
}

// checkOwner says that the tenant of an object is missing.
func checkOwner(tx *Tx, tenant, what, name string) error {
	if _, ok := tx.Tenant(tenant); !ok {
		return invalid("%s %s: there is no tenant %q", what, name, tenant)
	}
	return nil
}

// alterAll puts objects again, each as f leaves it: a copy, whose slices are the object's own still.
func alterAll[T any](k Kind[T], objects iter.Seq[*T], f func(*T)) error {
	for v := range objects {
		altered := *v
		f(&altered)
		if _, err := k.Put(altered); err != nil {
			return err
		}
	}
	return nil
}

// deleteAll deletes objects.
func deleteAll[T any](k Kind[T], objects iter.Seq[*T]) error {
	for v := range objects {
		if err := k.Delete(*k.kind.id(v)); err != nil {
			return err
		}
	}
	return nil
}

// dropDestinations lets what led to an object that is no more lead nowhere.
func (tx *Tx) dropDestinations(to string, id int) error {
	target := targetKey(to, id)
	return errors.Join(
		alterAll(tx.Incalls(), tx.IncallsTo(to, id), func(i *Incall) { i.Destination = Nowhere }),
		alterAll(tx.Schedules(), tx.SchedulesTo(to, id), func(s *Schedule) { s.leaveOut(target) }),
		alterAll(tx.Exceptions(), tx.ExceptionsTo(to, id), func(e *Exception) { e.Destination = nil }),
		alterAll(tx.Calendars(), tx.CalendarsTo(to, id), func(c *Calendar) { c.Destination = nil }),
		alterAll(tx.IVRs(), tx.IVRsTo(to, id), func(i *IVR) { i.leaveOut(target) }),
		alterAll(tx.Users(), tx.UsersTo(to, id), func(u *User) { u.Fallbacks = u.Fallbacks.without(target) }),
		alterAll(tx.Groups(), tx.GroupsTo(to, id), func(g *Group) { g.Fallbacks = g.Fallbacks.without(target) }),
	)
}
