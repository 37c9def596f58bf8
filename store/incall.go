package store

import "iter"

// Incall is what becomes of the calls to the numbers that belong to it: those of its extensions.
type Incall struct {
	ID          int         `json:"id"`
	Tenant      string      `json:"tenant"` // UUID
	Description string      `json:"description,omitempty"`
	Destination Destination `json:"destination"`
	Schedule    int         `json:"schedule,omitempty"` // 0: none, always open

	PreprocessSubroutine string `json:"preprocess_subroutine,omitempty"` // a context, run by Gosub(name,s,1) after the schedule
	GreetingSound        string `json:"greeting_sound,omitempty"`        // played before the destination
	CallerIDMode         string `json:"caller_id_mode,omitempty"`        // prepend, append or overwrite
	CallerIDName         string `json:"caller_id_name,omitempty"`

	Blanks Blanks `json:"blanks,omitempty"`
}

const (
	incallSchedule = iota
	incallTarget
)

var incallKind = &kind[Incall]{
	table:  incallTable,
	id:     func(i *Incall) *int { return &i.ID },
	tenant: func(i *Incall) string { return i.Tenant },
	indexes: []index[Incall]{
		incallSchedule: by(func(i *Incall) string { return numberOrNone(i.Schedule) }),
		incallTarget:   by(func(i *Incall) string { return i.Destination.target() }),
	},
}

func (i *Incall) check(tx *Tx) error { return checkOwner(tx, i.Tenant, "incall", number(i.ID)) }

func (i *Incall) dropped(tx *Tx) error { return tx.freeExtensions(OwnerIncall, i.ID) }

func (i *Incall) links(tx *Tx) error {
	if err := checkSchedule(tx, i.Schedule, i.Tenant, "incall", number(i.ID)); err != nil {
		return err
	}
	return i.Destination.checkTarget(tx, i.Tenant)
}

// Incalls are all incalls.
func (tx *Tx) Incalls() Kind[Incall] { return Kind[Incall]{tx, incallKind} }

// IncallsOf are the incalls that have a schedule.
func (tx *Tx) IncallsOf(schedule int) iter.Seq[*Incall] {
	return tx.Incalls().having(incallSchedule, number(schedule))
}

// IncallsTo are the incalls whose destination is an object; the type is that of the destination.
func (tx *Tx) IncallsTo(destinationType string, id int) iter.Seq[*Incall] {
	return tx.Incalls().having(incallTarget, targetKey(destinationType, id))
}
