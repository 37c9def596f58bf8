package store

import "iter"

// Outcall is a way out: the numbers of its extensions are called by its trunks.
type Outcall struct {
	ID          int    `json:"id"`
	Tenant      string `json:"tenant"` // UUID
	Name        string `json:"name"`   // unique in its tenant
	Description string `json:"description,omitempty"`
	Enabled     bool   `json:"enabled"`
	Trunks      []int  `json:"trunks,omitempty"` // the next one when one fails
	Schedule    int    `json:"schedule,omitempty"`

	InternalCallerID     bool   `json:"internal_caller_id,omitempty"`
	PreprocessSubroutine string `json:"preprocess_subroutine,omitempty"`
	RingTime             *int   `json:"ring_time,omitempty"` // seconds; nil: no end

	Blanks Blanks `json:"blanks,omitempty"`
}

const (
	outcallName = iota
	outcallSchedule
	outcallTrunk
)

var outcallKind = &kind[Outcall]{
	table:  outcallTable,
	id:     func(o *Outcall) *int { return &o.ID },
	tenant: func(o *Outcall) string { return o.Tenant },
	indexes: []index[Outcall]{
		outcallName: only(func(o *Outcall) string { return o.Tenant + " " + o.Name },
			func(o *Outcall, _ string) error { return invalid("outcall %s exists already", o.Name) }),
		outcallSchedule: by(func(o *Outcall) string { return numberOrNone(o.Schedule) }),
		outcallTrunk: {keys: func(o *Outcall, add func(string)) {
			for _, id := range o.Trunks {
				add(number(id))
			}
		}},
	},
}

func (o *Outcall) check(tx *Tx) error { return checkOwner(tx, o.Tenant, "outcall", o.Name) }

func (o *Outcall) links(tx *Tx) error {
	for _, id := range o.Trunks {
		if t, _, ok := tx.Trunks().Get(id); !ok || t.Tenant != o.Tenant {
			return invalid("outcall %s: there is no trunk %d in its tenant", o.Name, id)
		}
	}
	return checkSchedule(tx, o.Schedule, o.Tenant, "outcall", o.Name)
}

func (gone *Outcall) dropped(tx *Tx) error {
	if err := tx.freeExtensions(OwnerOutcall, gone.ID); err != nil {
		return err
	}
	return tx.dropDestinations(DestinationOutcall, gone.ID)
}

// Outcalls are all outcalls.
func (tx *Tx) Outcalls() Kind[Outcall] { return Kind[Outcall]{tx, outcallKind} }

// OutcallNamed gives an outcall of a tenant by its name.
func (tx *Tx) OutcallNamed(tenant, name string) (*Outcall, bool) {
	return tx.Outcalls().one(outcallName, tenant+" "+name)
}

// OutcallsOf are the outcalls that have a schedule.
func (tx *Tx) OutcallsOf(schedule int) iter.Seq[*Outcall] {
	return tx.Outcalls().having(outcallSchedule, number(schedule))
}

// OutcallsBy are the outcalls that use a trunk.
func (tx *Tx) OutcallsBy(trunk int) iter.Seq[*Outcall] {
	return tx.Outcalls().having(outcallTrunk, number(trunk))
}
