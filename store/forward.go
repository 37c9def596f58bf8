package store

import "iter"

// Forward sends a user's calls to another number of the context in which the user is called.
type Forward struct {
	Enabled     bool   `json:"enabled,omitempty"`
	Destination string `json:"destination,omitempty"`
}

// Forwards are where a user's calls go by the user's own wish.
type Forwards struct {
	Busy          Forward `json:"busy,omitzero"`
	NoAnswer      Forward `json:"noanswer,omitzero"`
	Unconditional Forward `json:"unconditional,omitzero"` // before anything rings
}

// Fallbacks are where calls go that a user or a group does not take; nil: nowhere, the call goes on where it was. A group has no Busy and
// no Fail.
type Fallbacks struct {
	NoAnswer   *Destination `json:"noanswer_destination,omitempty"`
	Busy       *Destination `json:"busy_destination,omitempty"`
	Congestion *Destination `json:"congestion_destination,omitempty"`
	Fail       *Destination `json:"fail_destination,omitempty"`
}

// destinations are all that the fallbacks lead to.
func (f Fallbacks) destinations() []Destination {
	var all []Destination
	for _, d := range []*Destination{f.NoAnswer, f.Busy, f.Congestion, f.Fail} {
		if d != nil {
			all = append(all, *d)
		}
	}
	return all
}

// without are the fallbacks but for those that lead to an object that is no more.
func (f Fallbacks) without(target string) Fallbacks {
	return Fallbacks{
		withoutOptional(f.NoAnswer, target), withoutOptional(f.Busy, target), withoutOptional(f.Congestion, target), withoutOptional(f.Fail, target),
	}
}

// UsersTo are the users whose fallbacks can lead to an object; the type is that of the destination.
func (tx *Tx) UsersTo(destinationType string, id int) iter.Seq[*User] {
	return tx.Users().having(userTarget, targetKey(destinationType, id))
}

// GroupsTo are the groups whose fallbacks can lead to an object, likewise.
func (tx *Tx) GroupsTo(destinationType string, id int) iter.Seq[*Group] {
	return tx.Groups().having(groupTarget, targetKey(destinationType, id))
}
