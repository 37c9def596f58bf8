package call

import (
	"errors"
	"fmt"
	"strings"

	"dialtone/ivr"
	"dialtone/sip"
)

// destination is what Dial is told to call, behind the technology:
//
//	1001                     a phone, all its contacts
//	1001/sip:1001@192.0.2.7  one of them
//	desk                     the same phone, by its endpoint's name
//	0612345678@carrier       a number by a trunk
//	carrier/0612345678       the same, in the older form
//	carrier/sip:06@sip.test  a URI by a trunk
type destination struct {
	phone, trunk string // one of them is empty
	number       string // by the trunk
	uri          string // of the contact, or by the trunk; empty: any, or number at the trunk's own
}

// destination reads what is behind SIP/ or PJSIP/.
func (s *Switch) destination(resource string) (d destination, door Door, err error) {
	known := func(d Door) bool {
		context, ok := s.config.Context(d)
		if door = d; ok {
			door.Context = context
		}
		return ok
	}
	name, rest, slash := strings.Cut(resource, "/")
	number, trunk, at := strings.Cut(resource, "@")
	switch {
	case slash && known(Door{Trunk: name}):
		d = destination{trunk: name, number: rest}
	case slash && known(s.phoneDoor(name)):
		return destination{phone: door.Phone, uri: rest}, door, nil
	case slash:
		return d, door, noWay(3, "there is neither a trunk nor a phone %q", name)
	case at && known(Door{Trunk: trunk}):
		d = destination{trunk: trunk, number: number}
	case at:
		return d, door, noWay(3, "there is no trunk %q", trunk)
	case known(s.phoneDoor(resource)):
		return destination{phone: door.Phone}, door, nil
	default:
		return d, door, noWay(3, "there is no phone %q", resource)
	}
	if d.number == "" {
		return d, door, noWay(28, "a call by trunk %s needs a number", d.trunk)
	}
	if user := sip.UserOf(d.number); strings.HasPrefix(strings.ToLower(d.number), "sip") && user != "" {
		d.uri, d.number = d.number, user
	}
	return d, door, nil
}

// phoneDoor is that of the phone of a number or of an endpoint's name.
func (s *Switch) phoneDoor(name string) Door { return Door{Phone: s.config.Named.numberOf(name)} }

func noWay(cause int, format string, args ...any) *ivr.NoWayError {
	return &ivr.NoWayError{Cause: cause, Why: fmt.Sprintf(format, args...)}
}

// Call makes the calls that a destination of Dial asks for (ivr.Dialer).
func (ch *channel) Call(o ivr.CallOrder, notice ivr.Notice) ([]ivr.Called, error) {
	sw := ch.call.sw
	calls, err := sw.place(ch.account(), ch.call.forwards-1, o.Technology, o.Resource, o.Caller)
	if err != nil {
		return nil, err
	}
	sw.joins.Lock()
	defer sw.joins.Unlock()
	ch.call.presented = &o.Caller
	hands := make([]ivr.Called, len(calls))
	for i, c := range calls {
		c.out.place, c.out.mark, c.out.unnamed = o.Place, o.Mark, o.Unnamed
		hands[i] = c.take(ch, notice)
	}
	return hands, nil
}

// account is who answers for the calls that are made on behalf of this one.
func (ch *channel) account() Door {
	sw := ch.call.sw
	sw.joins.Lock()
	defer sw.joins.Unlock()
	return ch.call.account
}

// place makes the calls to a destination, ready to begin, on account of a phone or trunk; they may be passed on so often.
func (s *Switch) place(account Door, forwards int, technology, resource string, caller ivr.CallerID) ([]*Call, error) {
	if !strings.EqualFold(technology, "PJSIP") && !strings.EqualFold(technology, "SIP") {
		return nil, noWay(0, "the technology %q is not available: SIP, PJSIP and Local are", technology)
	}
	if s.config.Dial == nil {
		return nil, noWay(0, "nobody can be called here")
	}
	d, door, err := s.destination(resource)
	if err != nil {
		return nil, err
	}
	if forwards <= 0 {
		return nil, noWay(25, "the call was passed on too often (Max-Forwards): it goes round in a circle")
	}
	if d.trunk != "" {
		c, err := s.placeByTrunk(account, d, door, caller, forwards)
		return []*Call{c}, err
	}
	return s.placeToPhone(account, d, door, caller, forwards)
}

// placeToPhone makes a call to each contact of a phone.
func (s *Switch) placeToPhone(account Door, d destination, door Door, caller ivr.CallerID, forwards int) ([]*Call, error) {
	var calls []*Call
	for _, target := range s.config.Contacts(d.phone) {
		if d.uri != "" && d.uri != target.URI {
			continue
		}
		target.MaxForwards = forwards
		target.Name, target.Caller = caller.Name, caller.Number
		if strings.HasPrefix(caller.Presentation, "prohib") || target.Caller == "" {
			target.Name, target.Caller = "Anonymous", "anonymous"
		}
		target.Diversion.By.User = caller.RDNIS
		c, err := s.newOutgoing(door, account, caller, &outgoing{number: d.phone, ways: []sip.Target{target}})
		if err != nil {
			for _, c := range calls {
				c.hangup(causeTemporary, byDialplan)
			}
			return nil, noWay(42, "%s", err)
		}
		calls = append(calls, c)
	}
	if len(calls) == 0 {
		return nil, noWay(20, "phone %s is not registered", d.phone)
	}
	return calls, nil
}

// placeByTrunk makes a call by a trunk, if whose call it is may make it.
func (s *Switch) placeByTrunk(account Door, d destination, door Door, caller ivr.CallerID, forwards int) (*Call, error) {
	called := d.number
	if d.uri != "" {
		called = d.uri
	}
	leaving, release, err := s.leave(account, d.trunk, d.number, called, caller, forwards)
	if err != nil {
		return nil, err
	}
	o := &outgoing{number: d.number, ways: leaving.Ways, release: release, noEarly: leaving.NoEarly}
	if leaving.Redirect {
		o.follow = func(number string) ([]sip.Target, error) {
			again, back, err := s.leave(account, d.trunk, number, number, caller, forwards-1)
			if err != nil {
				return nil, err
			}
			first := o.release
			o.release = func() { first(); back() }
			return again.Ways, nil
		}
	}
	c, err := s.newOutgoing(door, account, caller, o)
	if err != nil {
		release()
		return nil, noWay(42, "%s", err)
	}
	return c, nil
}

// leave asks whether a call to a number may leave by a trunk, and how: by called, which is the number or a URI with it.
// release gives back what that takes. The error is a *ivr.NoWayError.
func (s *Switch) leave(account Door, trunk, number, called string, caller ivr.CallerID, forwards int) (_ *Exit, release func(), err error) {
	over, err := s.config.Tolls.Check(account, number)
	if err != nil {
		return nil, nil, noWay(21, "%s", err)
	}
	leaving, err := s.config.Ways(trunk, called, caller)
	if err != nil {
		over()
		cause := causeNoCircuit
		if no, ok := errors.AsType[*WayError](err); ok {
			cause = no.Cause
		}
		return nil, nil, noWay(cause, "%s", err)
	}
	for i := range leaving.Ways {
		leaving.Ways[i].MaxForwards = forwards
	}
	return leaving, func() { over(); leaving.Release() }, nil
}

var _ ivr.Dialer = (*channel)(nil)
