package confd

import (
	"time"

	"dialtone/store"
)

// person is a user as those show it that have to do with it.
type person struct {
	UUID      string `json:"uuid"`
	Firstname string `json:"firstname"`
	Lastname  any    `json:"lastname"` // a string, or nil
	Links     []link `json:"links"`
}

func userPath(uuid string) string { return "/users/" + uuid }

func showPerson(r *request, u *store.User) person {
	return person{u.UUID, u.Firstname, orNull(u.Lastname), r.links("users", userPath(u.UUID))}
}

// shownUser is a user as GET shows it.
type shownUser struct {
	ID                   int            `json:"id"`
	UUID                 string         `json:"uuid"`
	TenantUUID           string         `json:"tenant_uuid"`
	CreatedAt            time.Time      `json:"created_at"`
	Firstname            string         `json:"firstname"`
	Lastname             any            `json:"lastname"` // a string, or nil; as all that is of type any, unless said otherwise
	Email                any            `json:"email"`
	Timezone             any            `json:"timezone"`
	Language             any            `json:"language"`
	Description          any            `json:"description"`
	CallerID             string         `json:"caller_id"`
	OutgoingCallerID     any            `json:"outgoing_caller_id"`
	MobilePhoneNumber    any            `json:"mobile_phone_number"`
	Username             any            `json:"username"`
	Password             any            `json:"password"`
	MusicOnHold          any            `json:"music_on_hold"`
	PreprocessSubroutine any            `json:"preprocess_subroutine"`
	UserField            any            `json:"userfield"`
	RingSeconds          int            `json:"ring_seconds"`
	SimultaneousCalls    int            `json:"simultaneous_calls"`
	Enabled              bool           `json:"enabled"`
	CallTransfer         bool           `json:"call_transfer_enabled"`
	DTMFHangup           bool           `json:"dtmf_hangup_enabled"`
	Supervision          bool           `json:"supervision_enabled"`
	OnlineCallRecord     bool           `json:"online_call_record_enabled"`
	RecordOutgoingExtern bool           `json:"call_record_outgoing_external_enabled"`
	RecordOutgoingIntern bool           `json:"call_record_outgoing_internal_enabled"`
	RecordIncomingExtern bool           `json:"call_record_incoming_external_enabled"`
	RecordIncomingIntern bool           `json:"call_record_incoming_internal_enabled"`
	Lines                []userLine     `json:"lines"`
	Incalls              []incallTo     `json:"incalls"`
	Groups               []memberOf     `json:"groups"`
	Schedules            []named        `json:"schedules"`
	Forwards             shownForwards  `json:"forwards"`
	Services             shownServices  `json:"services"`
	Fallbacks            map[string]any `json:"fallbacks"`
	Agent                any            `json:"agent"`     // always nil, as Voicemail; and what follows is always empty: dialtone has none
	Voicemail            any            `json:"voicemail"` //
	CallPermissions      []related      `json:"call_permissions"`
	Queues               []related      `json:"queues"`
	Switchboards         []related      `json:"switchboards"`
	Links                []link         `json:"links"`
}

// userLine is a line as its user shows it.
type userLine struct {
	ID             int        `json:"id"`
	Name           any        `json:"name"` // a string, or nil
	EndpointSIP    *labelled  `json:"endpoint_sip"`
	EndpointSCCP   any        `json:"endpoint_sccp"` // always nil, as EndpointCustom
	EndpointCustom any        `json:"endpoint_custom"`
	Extensions     []numberOf `json:"extensions"`
	Links          []link     `json:"links"`
}

// memberOf is a group as its members show it.
type memberOf struct {
	ID    int    `json:"id"`
	UUID  string `json:"uuid"`
	Name  string `json:"name"`
	Label string `json:"label"`
	Links []link `json:"links"`
}

func showUser(r *request, u *store.User) shownUser {
	shown := shownUser{
		ID: u.ID, UUID: u.UUID, TenantUUID: u.Tenant, CreatedAt: u.Created,
		Firstname: u.Firstname, Lastname: orNull(u.Lastname), Email: orNull(u.Email), Timezone: orNull(u.Timezone), Language: orNull(u.Language), Description: orNull(u.Description),
		CallerID: u.CallerID, OutgoingCallerID: orNull(u.OutgoingCallerID), MobilePhoneNumber: orNull(u.MobileNumber),
		Username: orNull(u.Username), Password: orNull(string(u.Password)), MusicOnHold: orNull(u.MusicOnHold),
		PreprocessSubroutine: orNull(u.PreprocessSubroutine), UserField: orNull(u.UserField),
		RingSeconds: u.RingSeconds, SimultaneousCalls: u.SimultaneousCalls, Enabled: u.Enabled,
		CallTransfer: u.CallTransfer, DTMFHangup: u.DTMFHangup, Supervision: u.Supervision, OnlineCallRecord: u.OnlineCallRecord,
		RecordOutgoingExtern: u.RecordOutgoingExtern, RecordOutgoingIntern: u.RecordOutgoingIntern,
		RecordIncomingExtern: u.RecordIncomingExtern, RecordIncomingIntern: u.RecordIncomingIntern,
		Lines: []userLine{}, Incalls: incallsTo(r, store.DestinationUser, u.ID), Groups: []memberOf{}, Schedules: schedulesOf(r, u.Schedule),
		Forwards: forwardsOf(u), Services: servicesOf(u), Fallbacks: showFallbacks(r.tx, u.Fallbacks, userFallbacks),
		CallPermissions: []related{}, Queues: []related{}, Switchboards: []related{},
		Links: r.links("users", userPath(u.UUID)),
	}
	if r.token.ReadOnly && u.Password != "" {
		shown.Password = hidden
	}
	for l := range r.tx.LinesOf(u.ID) {
		shown.Lines = append(shown.Lines, userLine{
			ID: l.ID, Name: orNull(lineName(r.tx, l)), EndpointSIP: endpointOf(r, l.Endpoint), Extensions: numbersOf(r, store.OwnerLine, l.ID), Links: r.links("lines", linePath(l.ID)),
		})
	}
	for g := range r.tx.GroupsWith(u.ID) {
		shown.Groups = append(shown.Groups, memberOf{g.ID, g.UUID, g.Name, g.Label, r.links("groups", groupPath(g.UUID))})
	}
	return shown
}
