package store

import (
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

// dropDestinations lets what led to an object that is no more lead nowhere.
func (tx *Tx) dropDestinations(destinationType string, id int) error {
	target := targetKey(destinationType, id)
	for i := range tx.IncallsTo(destinationType, id) {
		left := *i
		left.Destination = Nowhere
		if _, err := tx.Incalls().Put(left); err != nil {
			return err
		}
	}
	for s := range tx.SchedulesTo(destinationType, id) {
		left := *s
		left.ClosedDestination = s.ClosedDestination.without(target)
		left.ExceptionalPeriods = slices.Clone(s.ExceptionalPeriods)
		for i, p := range s.ExceptionalPeriods {
			left.ExceptionalPeriods[i].Destination = p.Destination.without(target)
		}
		if _, err := tx.Schedules().Put(left); err != nil {
			return err
		}
	}
	for e := range tx.ExceptionsTo(destinationType, id) {
		left := *e
		left.Destination = nil
		if _, err := tx.Exceptions().Put(left); err != nil {
			return err
		}
	}
	for c := range tx.CalendarsTo(destinationType, id) {
		left := *c
		left.Destination = nil
		if _, err := tx.Calendars().Put(left); err != nil {
			return err
		}
	}
	for i := range tx.IVRsTo(destinationType, id) {
		left := *i
		left.InvalidDestination = withoutOptional(i.InvalidDestination, target)
		left.TimeoutDestination = withoutOptional(i.TimeoutDestination, target)
		left.AbortDestination = withoutOptional(i.AbortDestination, target)
		left.Choices = slices.Clone(i.Choices)
		for n, c := range i.Choices {
			left.Choices[n].Destination = c.Destination.without(target)
		}
		if _, err := tx.IVRs().Put(left); err != nil {
			return err
		}
	}
	for u := range tx.UsersTo(destinationType, id) {
		left := *u
		left.Fallbacks = u.Fallbacks.without(target)
		if _, err := tx.Users().Put(left); err != nil {
			return err
		}
	}
	for g := range tx.GroupsTo(destinationType, id) {
		left := *g
		left.Fallbacks = g.Fallbacks.without(target)
		if _, err := tx.Groups().Put(left); err != nil {
			return err
		}
	}
	return nil
}
