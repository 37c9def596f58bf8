package store

import (
	"iter"
	"time"
)

// Exception is a time with a date in which a schedule does not follow its periods.
type Exception struct {
	ID          int          `json:"id"`
	Schedule    int          `json:"schedule"`
	Name        string       `json:"name,omitempty"`
	From        time.Time    `json:"from"`                  // what the schedule's clock shows when it begins, in UTC
	Until       time.Time    `json:"until"`                 // and when it is over
	Open        bool         `json:"open,omitempty"`        // the schedule is open meanwhile; else it is closed
	Destination *Destination `json:"destination,omitempty"` // where calls go meanwhile; nil: where the schedule's closed ones go
}

// MaxExceptions bounds the exceptions of a schedule.
const MaxExceptions = 1000

const (
	exceptionSchedule = iota
	exceptionTarget
)

var exceptionKind = &kind[Exception]{
	table: exceptionTable,
	id:    func(e *Exception) *int { return &e.ID },
	indexes: []index[Exception]{
		exceptionSchedule: by(func(e *Exception) string { return number(e.Schedule) }),
		exceptionTarget:   by(func(e *Exception) string { return optionalTarget(e.Destination) }),
	},
}

func (e *Exception) check(tx *Tx) error {
	if !e.From.Before(e.Until) {
		return invalid("exception %q: it is over before it begins", e.Name)
	}
	if _, _, kept := tx.Exceptions().Get(e.ID); !kept && count(tx.ExceptionsOf(e.Schedule)) >= MaxExceptions {
		return invalid("exception %q: the schedule has %d already", e.Name, MaxExceptions)
	}
	return nil
}

func (e *Exception) links(tx *Tx) error {
	return checkOfSchedule(tx, e.Schedule, e.Destination, "exception "+number(e.ID))
}

// checkOfSchedule says that what belongs to a schedule belongs to none that there is, or leads to nothing in its tenant.
func checkOfSchedule(tx *Tx, schedule int, d *Destination, what string) error {
	s, _, ok := tx.Schedules().Get(schedule)
	if !ok {
		return invalid("%s: there is no schedule %d", what, schedule)
	}
	if d == nil {
		return nil
	}
	return d.checkTarget(tx, s.Tenant)
}

// optionalTarget is the key of what a destination leads to; empty: no object, or no destination.
func optionalTarget(d *Destination) string {
	if d == nil {
		return ""
	}
	return d.target()
}

// count is how many there are.
func count[T any](all iter.Seq[T]) int {
	n := 0
	for range all {
		n++
	}
	return n
}

// Exceptions are all exceptions.
func (tx *Tx) Exceptions() Kind[Exception] { return Kind[Exception]{tx, exceptionKind} }

// ExceptionsOf are the exceptions of a schedule.
func (tx *Tx) ExceptionsOf(schedule int) iter.Seq[*Exception] {
	return tx.Exceptions().having(exceptionSchedule, number(schedule))
}

// ExceptionsTo are the exceptions that lead to an object; the type is that of the destination.
func (tx *Tx) ExceptionsTo(destinationType string, id int) iter.Seq[*Exception] {
	return tx.Exceptions().having(exceptionTarget, targetKey(destinationType, id))
}
