package store

import "iter"

// Group is users who are rung together or one after the other.
type Group struct {
	ID       int    `json:"id"`
	UUID     string `json:"uuid"`
	Tenant   string `json:"tenant"` // UUID
	Name     string `json:"name"`   // made; unique
	Label    string `json:"label"`
	Enabled  bool   `json:"enabled"`
	Schedule int    `json:"schedule,omitempty"`
	Members  []int  `json:"members,omitempty"` // users, in order

	Extensions []GroupExtension `json:"extensions,omitempty"` // numbers that ring with the users
	Fallbacks  Fallbacks        `json:"fallbacks,omitzero"`

	RingStrategy         string `json:"ring_strategy,omitempty"`
	MusicOnHold          string `json:"music_on_hold,omitempty"`
	PreprocessSubroutine string `json:"preprocess_subroutine,omitempty"`
	CallerIDMode         string `json:"caller_id_mode,omitempty"`
	CallerIDName         string `json:"caller_id_name,omitempty"`
	UserTimeout          int    `json:"user_timeout"`          // seconds that one rings
	Timeout              int    `json:"timeout"`               // seconds of the whole; 0: no end
	RetryDelay           int    `json:"retry_delay"`           // seconds
	RingInUse            bool   `json:"ring_in_use,omitempty"` // also telephones that have a call

	MarkAnsweredElsewhere bool `json:"mark_answered_elsewhere,omitempty"` // numbers, too, are told that another member has answered
	IgnoreForward         bool `json:"ignore_forward,omitempty"`          // a telephone that sends the call elsewhere does not ring
	DTMFRecordToggle      bool `json:"dtmf_record_toggle,omitempty"`      // who answers may record with *3
	MaxCalls              *int `json:"max_calls,omitempty"`               // that wait; kept without an effect

	Blanks Blanks `json:"blanks,omitempty"`
}

// Idle names the fields that are set without an effect.
func (g *Group) Idle() (fields []string) {
	if g.MaxCalls != nil && *g.MaxCalls > 0 {
		fields = append(fields, "max_calls")
	}
	return fields
}

// GroupExtension is a member of a group that is no user: a number that is called as from its context.
type GroupExtension struct {
	Exten   string `json:"exten"`
	Context string `json:"context"`
}

const (
	groupUUID = iota
	groupName
	groupSchedule
	groupMember
	groupTarget
)

var groupKind = &kind[Group]{
	table:  groupTable,
	id:     func(g *Group) *int { return &g.ID },
	uuid:   func(g *Group) *string { return &g.UUID },
	tenant: func(g *Group) string { return g.Tenant },
	indexes: []index[Group]{
		groupUUID:     only(func(g *Group) string { return g.UUID }, func(g *Group, key string) error { return invalid("group: the UUID %s is taken", key) }),
		groupName:     only(func(g *Group) string { return g.Name }, func(g *Group, key string) error { return invalid("group %s exists already", key) }),
		groupSchedule: by(func(g *Group) string { return numberOrNone(g.Schedule) }),
		groupTarget:   {keys: func(g *Group, add func(string)) { addTargets(g.Fallbacks.destinations(), add) }},
		groupMember: {keys: func(g *Group, add func(string)) {
			for _, id := range g.Members {
				add(number(id))
			}
		}},
	},
}

func (g *Group) check(tx *Tx) error { return checkOwner(tx, g.Tenant, "group", g.Label) }

func (g *Group) links(tx *Tx) error {
	if err := checkTargets(tx, g.Fallbacks.destinations(), g.Tenant); err != nil {
		return err
	}
	for _, id := range g.Members {
		if u, _, ok := tx.Users().Get(id); !ok || u.Tenant != g.Tenant {
			return invalid("group %s: there is no user %d in its tenant", g.Label, id)
		}
	}
	return checkSchedule(tx, g.Schedule, g.Tenant, "group", g.Label)
}

func (gone *Group) dropped(tx *Tx) error {
	if err := tx.freeExtensions(OwnerGroup, gone.ID); err != nil {
		return err
	}
	return tx.dropDestinations(DestinationGroup, gone.ID)
}

// Groups are all groups.
func (tx *Tx) Groups() Kind[Group] { return Kind[Group]{tx, groupKind} }

// Group gives a group by its UUID.
func (tx *Tx) Group(uuid string) (*Group, bool) { return tx.Groups().one(groupUUID, uuid) }

// GroupsOf are the groups that have a schedule.
func (tx *Tx) GroupsOf(schedule int) iter.Seq[*Group] {
	return tx.Groups().having(groupSchedule, number(schedule))
}

// GroupsWith are the groups that have a user as a member.
func (tx *Tx) GroupsWith(user int) iter.Seq[*Group] {
	return tx.Groups().having(groupMember, number(user))
}
