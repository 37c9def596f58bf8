package store

import (
	"iter"
	"slices"
)

// IVR is a menu: a sound is played, and what the caller dials leads on.
type IVR struct {
	ID          int    `json:"id"`
	Tenant      string `json:"tenant"` // UUID
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	MenuSound   string `json:"menu_sound"`

	GreetingSound string `json:"greeting_sound,omitempty"` // once, before the menu
	InvalidSound  string `json:"invalid_sound,omitempty"`
	AbortSound    string `json:"abort_sound,omitempty"`
	Timeout       int    `json:"timeout"`   // seconds between keys
	MaxTries      int    `json:"max_tries"` // before it is given up

	InvalidDestination *Destination `json:"invalid_destination,omitempty"`
	TimeoutDestination *Destination `json:"timeout_destination,omitempty"`
	AbortDestination   *Destination `json:"abort_destination,omitempty"`
	Choices            []Choice     `json:"choices,omitempty"`

	Blanks Blanks `json:"blanks,omitempty"`
}

// Choice is what an extension of the menu leads to.
type Choice struct {
	Exten       string      `json:"exten"`
	Destination Destination `json:"destination"`
}

const ivrTarget = 0

var ivrKind = &kind[IVR]{
	table:  ivrTable,
	id:     func(i *IVR) *int { return &i.ID },
	tenant: func(i *IVR) string { return i.Tenant },
	indexes: []index[IVR]{
		ivrTarget: {keys: func(i *IVR, add func(string)) { addTargets(i.destinations(), add) }},
	},
}

func (i *IVR) check(tx *Tx) error { return checkOwner(tx, i.Tenant, "ivr", i.Name) }

func (i *IVR) links(tx *Tx) error { return checkTargets(tx, i.destinations(), i.Tenant) }

func (i *IVR) dropped(tx *Tx) error { return tx.dropDestinations(DestinationIVR, i.ID) }

// destinations are all that a menu can lead to.
func (i *IVR) destinations() []Destination {
	var all []Destination
	for _, d := range []*Destination{i.InvalidDestination, i.TimeoutDestination, i.AbortDestination} {
		if d != nil {
			all = append(all, *d)
		}
	}
	for _, c := range i.Choices {
		all = append(all, c.Destination)
	}
	return all
}

// leaveOut lets what leads to an object that is no more lead nowhere.
func (i *IVR) leaveOut(target string) {
	i.InvalidDestination = withoutOptional(i.InvalidDestination, target)
	i.TimeoutDestination = withoutOptional(i.TimeoutDestination, target)
	i.AbortDestination = withoutOptional(i.AbortDestination, target)
	i.Choices = slices.Clone(i.Choices)
	for n, c := range i.Choices {
		i.Choices[n].Destination = c.Destination.without(target)
	}
}

// IVRs are all menus.
func (tx *Tx) IVRs() Kind[IVR] { return Kind[IVR]{tx, ivrKind} }

// IVRsTo are the menus that can lead to an object; the type is that of the destination.
func (tx *Tx) IVRsTo(destinationType string, id int) iter.Seq[*IVR] {
	return tx.IVRs().having(ivrTarget, targetKey(destinationType, id))
}
