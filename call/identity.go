package call

import (
	"cmp"
	"slices"

	"dialtone/sip"
	"dialtone/store"
)

// Identity is what the account of a phone says of it. What is empty, the telephone says itself.
type Identity struct {
	Name      string            // who its calls are from
	Number    string            // likewise, and who is called when it is
	Variables map[string]string // of its calls, from their begin

	CallGroups   []string // that its ringing belongs to
	PickupGroups []string // whose ringing it may answer
}

// Named gives the number of the phone that a dialplan names, by its number or by its endpoint's name, and that name, where it is another. Both
// are empty for what names no phone. A nil Named knows no names of endpoints.
type Named func(name string) (number, alias string)

// numberOf is the number of the phone that is named; what names none stays as it is.
func (n Named) numberOf(name string) string {
	if n == nil {
		return name
	}
	number, _ := n(name)
	return cmp.Or(number, name)
}

// aliasOf is the other name of a phone; empty: it has none.
func (n Named) aliasOf(name string) string {
	if n == nil {
		return ""
	}
	_, alias := n(name)
	return alias
}

// identity is what the account says that a call comes from, or goes to; of trunks nothing.
func (s *Switch) identity(door Door) Identity {
	if door.Phone == "" || s.config.Identity == nil {
		return Identity{}
	}
	return s.config.Identity(door.Phone)
}

// rules are how sound and keys travel at a phone or a trunk.
func (s *Switch) rules(door Door) store.LegRules {
	if s.config.Legs == nil {
		return store.LegRules{}
	}
	return s.config.Legs(door)
}

// mayPickUp tells whether what rings at another phone is of one of the groups whose ringing this one may answer.
func (i Identity) mayPickUp(rings Identity) bool {
	return slices.ContainsFunc(i.PickupGroups, func(group string) bool { return slices.Contains(rings.CallGroups, group) })
}

// caller is who calls by a leg, as far as the account that it comes from leaves it to the telephone.
func (i Identity) caller(leg *sip.Leg) sip.CallerID {
	from := leg.From()
	from.Name, from.User = cmp.Or(i.Name, from.Name), cmp.Or(i.Number, from.User)
	return from
}
