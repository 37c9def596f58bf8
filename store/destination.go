package store

import "strconv"

// Destination is where a call goes. Which fields mean something depends on Type; the others are empty.
type Destination struct {
	Type string `json:"type"` // one of the Destination… constants

	Cause       string   `json:"cause,omitempty"`       // hangup: normal, busy or congestion
	Timeout     *float64 `json:"timeout,omitempty"`     // hangup busy, congestion: seconds of the tone; nil: until the caller hangs up
	Command     string   `json:"command,omitempty"`     // custom: an application with its arguments, as Goto(dp-ivr-example,s,1)
	Exten       string   `json:"exten,omitempty"`       // extension, outcall: what is dialled
	Context     string   `json:"context,omitempty"`     // extension, application disa, callback_disa, directory, voicemail
	UserID      int      `json:"user_id,omitempty"`     // user
	GroupID     int      `json:"group_id,omitempty"`    // group
	IVRID       int      `json:"ivr_id,omitempty"`      // ivr
	OutcallID   int      `json:"outcall_id,omitempty"`  // outcall
	RingTime    *float64 `json:"ring_time,omitempty"`   // user, group: seconds; nil: as the user or the group says
	MusicOnHold string   `json:"moh_uuid,omitempty"`    // user
	Filename    string   `json:"filename,omitempty"`    // sound
	Skip        bool     `json:"skip,omitempty"`        // sound: not played unless the call is answered
	NoAnswer    bool     `json:"no_answer,omitempty"`   // sound: played without answering
	Application string   `json:"application,omitempty"` // application: disa, callback_disa, directory, voicemail, fax_to_mail or custom
	PIN         string   `json:"pin,omitempty"`         // application disa, callback_disa: digits; empty: none
	Email       string   `json:"email,omitempty"`       // application fax_to_mail

	ApplicationUUID string `json:"application_uuid,omitempty"` // application custom
}

// Types of destinations, as the REST API calls them.
const (
	DestinationNone        = "none"
	DestinationHangup      = "hangup"
	DestinationCustom      = "custom"
	DestinationExtension   = "extension"
	DestinationUser        = "user"
	DestinationGroup       = "group"
	DestinationIVR         = "ivr"
	DestinationSound       = "sound"
	DestinationOutcall     = "outcall"
	DestinationApplication = "application"
)

// Nowhere is the destination of a call whose destination is no more.
var Nowhere = Destination{Type: DestinationNone}

// String says in a few words where it leads.
func (d Destination) String() string {
	switch d.Type {
	case DestinationHangup:
		return d.Type + " " + d.Cause
	case DestinationCustom:
		return d.Command
	case DestinationExtension:
		return d.Exten + "@" + d.Context
	case DestinationSound:
		return d.Type + " " + d.Filename
	case DestinationOutcall:
		return d.Type + " " + number(d.OutcallID) + " " + d.Exten
	case DestinationApplication:
		return d.Type + " " + d.Application
	}
	if id := d.Target(); id != 0 {
		return d.Type + " " + number(id)
	}
	return d.Type
}

// Target gives the number of the object that a destination leads to, which is of the kind that its type names; 0 when it
// leads to none.
func (d Destination) Target() int {
	switch d.Type {
	case DestinationUser:
		return d.UserID
	case DestinationGroup:
		return d.GroupID
	case DestinationIVR:
		return d.IVRID
	case DestinationOutcall:
		return d.OutcallID
	}
	return 0
}

// targetKey is the key under which what leads to an object is found.
func targetKey(destinationType string, id int) string {
	return destinationType + " " + strconv.Itoa(id)
}

// target is the key of what a destination leads to; empty: no object.
func (d Destination) target() string {
	if d.Target() == 0 {
		return ""
	}
	return targetKey(d.Type, d.Target())
}

// checkTarget says that what a destination leads to is missing, or another tenant's.
func (d Destination) checkTarget(tx *Tx, tenant string) error {
	id := d.Target()
	if id == 0 {
		return nil
	}
	var owner string
	switch d.Type {
	case DestinationUser:
		if v, _, ok := tx.Users().Get(id); ok {
			owner = v.Tenant
		}
	case DestinationGroup:
		if v, _, ok := tx.Groups().Get(id); ok {
			owner = v.Tenant
		}
	case DestinationIVR:
		if v, _, ok := tx.IVRs().Get(id); ok {
			owner = v.Tenant
		}
	case DestinationOutcall:
		if v, _, ok := tx.Outcalls().Get(id); ok {
			owner = v.Tenant
		}
	}
	if owner != tenant {
		return invalid("a destination leads to %s %d, which there is not", d.Type, id)
	}
	return nil
}

// checkTargets is checkTarget of several.
func checkTargets(tx *Tx, destinations []Destination, tenant string) error {
	for _, d := range destinations {
		if err := d.checkTarget(tx, tenant); err != nil {
			return err
		}
	}
	return nil
}

// without gives a destination, or Nowhere when it leads to an object that is no more.
func (d Destination) without(target string) Destination {
	if d.target() == target {
		return Nowhere
	}
	return d
}

// withoutOptional is without, of a destination that need not be: nil is none.
func withoutOptional(d *Destination, target string) *Destination {
	if d == nil || d.target() == target {
		return nil
	}
	return d
}
