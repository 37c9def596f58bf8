package store

import (
	"errors"
	"iter"
	"time"
)

// User is a person who is called by way of lines.
type User struct {
	ID          int       `json:"id"`
	UUID        string    `json:"uuid"`
	Tenant      string    `json:"tenant"` // UUID
	Created     time.Time `json:"created"`
	Firstname   string    `json:"firstname"`
	Lastname    string    `json:"lastname,omitempty"`
	Email       string    `json:"email,omitempty"`
	Timezone    string    `json:"timezone,omitempty"`
	Language    string    `json:"language,omitempty"` // fr_FR
	Description string    `json:"description,omitempty"`
	Enabled     bool      `json:"enabled"`
	Schedule    int       `json:"schedule,omitempty"`
	MainLine    int       `json:"main_line,omitempty"` // the first of the lines; 0, or none of them: the one of the lowest position

	Forwards     Forwards  `json:"forwards,omitzero"`
	Fallbacks    Fallbacks `json:"fallbacks,omitzero"`
	DoNotDisturb bool      `json:"dnd,omitempty"`          // nothing rings, as if busy
	IncallFilter bool      `json:"incallfilter,omitempty"` // a filter of calls, of which there is none: it is kept

	CallerID         string `json:"caller_id,omitempty"`          // "First Last" <1000>
	OutgoingCallerID string `json:"outgoing_caller_id,omitempty"` // default, anonymous or a caller id
	MobileNumber     string `json:"mobile_phone_number,omitempty"`
	Username         string `json:"username,omitempty"`
	Password         Secret `json:"password,omitempty"`
	MusicOnHold      string `json:"music_on_hold,omitempty"`
	UserField        string `json:"userfield,omitempty"`

	PreprocessSubroutine string `json:"preprocess_subroutine,omitempty"`
	RingSeconds          int    `json:"ring_seconds"`
	SimultaneousCalls    int    `json:"simultaneous_calls"`

	CallTransfer         bool `json:"call_transfer_enabled,omitempty"`
	DTMFHangup           bool `json:"dtmf_hangup_enabled,omitempty"`
	Supervision          bool `json:"supervision_enabled,omitempty"`
	OnlineCallRecord     bool `json:"online_call_record_enabled,omitempty"`
	RecordOutgoingExtern bool `json:"call_record_outgoing_external_enabled,omitempty"`
	RecordOutgoingIntern bool `json:"call_record_outgoing_internal_enabled,omitempty"`
	RecordIncomingExtern bool `json:"call_record_incoming_external_enabled,omitempty"`
	RecordIncomingIntern bool `json:"call_record_incoming_internal_enabled,omitempty"`
}

const (
	userUUID = iota
	userSchedule
	userName
	userTarget
)

var userKind = &kind[User]{
	table:  userTable,
	id:     func(u *User) *int { return &u.ID },
	uuid:   func(u *User) *string { return &u.UUID },
	tenant: func(u *User) string { return u.Tenant },
	indexes: []index[User]{
		userUUID:     only(func(u *User) string { return u.UUID }, func(u *User, key string) error { return invalid("user: the UUID %s is taken", key) }),
		userSchedule: by(func(u *User) string { return numberOrNone(u.Schedule) }),
		userName:     only(func(u *User) string { return u.Username }, func(u *User, key string) error { return invalid("user: the username %s is taken", key) }),
		userTarget:   {keys: func(u *User, add func(string)) { addTargets(u.Fallbacks.destinations(), add) }},
	},
}

func (u *User) check(tx *Tx) error { return checkOwner(tx, u.Tenant, "user", u.Firstname) }

func (u *User) links(tx *Tx) error {
	if err := checkTargets(tx, u.Fallbacks.destinations(), u.Tenant); err != nil {
		return err
	}
	return checkSchedule(tx, u.Schedule, u.Tenant, "user", u.Firstname)
}

// dropped takes a user away from the lines and the groups it has, and from what leads to it.
func (gone *User) dropped(tx *Tx) error {
	return errors.Join(
		alterAll(tx.Lines(), tx.LinesOf(gone.ID), func(l *Line) { l.Leave(gone.ID) }),
		alterAll(tx.Groups(), tx.GroupsWith(gone.ID), func(g *Group) { g.Members = without(g.Members, gone.ID) }),
		tx.dropDestinations(DestinationUser, gone.ID),
	)
}

// CalledOptions are the options of Dial for calls to a user: what that one may do while they talk.
func (u *User) CalledOptions() string { return u.options("t", "h", "x") }

// callerOptions are those for calls that a user makes.
func (u *User) callerOptions() string { return u.options("T", "H", "X") }

func (u *User) options(transfer, hangup, record string) (options string) {
	if u.CallTransfer {
		options += transfer
	}
	if u.DTMFHangup {
		options += hangup
	}
	if u.OnlineCallRecord {
		options += record
	}
	return options
}

// Idle names the fields that are set without an effect.
func (u *User) Idle() (fields []string) {
	if u.Supervision {
		fields = append(fields, "supervision_enabled")
	}
	if u.IncallFilter {
		fields = append(fields, "services.incallfilter")
	}
	return fields
}

// Users are all users.
func (tx *Tx) Users() Kind[User] { return Kind[User]{tx, userKind} }

// User gives a user by the UUID.
func (tx *Tx) User(uuid string) (*User, bool) { return tx.Users().one(userUUID, uuid) }

// UserNamed gives the user who signs in by a name.
func (tx *Tx) UserNamed(username string) (*User, bool) { return tx.Users().one(userName, username) }

// UsersOf are the users that have a schedule.
func (tx *Tx) UsersOf(schedule int) iter.Seq[*User] {
	return tx.Users().having(userSchedule, number(schedule))
}
