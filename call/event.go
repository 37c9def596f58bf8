package call

import (
	"time"

	"dialtone/store"
)

// Snapshot is what a call is doing, for people and for JSON.
type Snapshot struct {
	ID       string    `json:"id"`                 // ours: epoch second and a number, as Asterisk's UNIQUEID
	CallID   string    `json:"call_id"`            // of the SIP dialog; what log lines carry
	Channel  string    `json:"channel"`            // PJSIP/1000-00000001
	Outgoing bool      `json:"outgoing,omitempty"` // we called, for a run of another call
	Peer     string    `json:"peer,omitempty"`     // ID of the call that it is joined to
	Held     bool      `json:"held,omitempty"`     // the far side holds
	State    State     `json:"state"`
	From     string    `json:"from"` // the caller's number
	Name     string    `json:"name,omitempty"`
	To       string    `json:"to"` // what was dialled
	Phone    string    `json:"phone,omitempty"`
	Trunk    string    `json:"trunk,omitempty"`
	Context  string    `json:"context"`
	Exten    string    `json:"extension"`
	Priority int       `json:"priority"`
	App      string    `json:"application,omitempty"`
	Args     string    `json:"arguments,omitempty"`
	Remote   string    `json:"remote"` // where the signalling comes from
	Started  time.Time `json:"started"`
	Rung     time.Time `json:"rung,omitzero"` // the far side was told that it rings, or the answer
	Answered time.Time `json:"answered,omitzero"`
	Ended    time.Time `json:"ended,omitzero"`
	Cause    int       `json:"cause,omitempty"`    // Q.850, once it has ended
	EndedBy  string    `json:"ended_by,omitempty"` // caller, callee, other (the one it was joined to), dialplan, timeout, error, server, network

	Media *store.MediaRecord `json:"media,omitempty"` // so far; only where live calls are listed
}
