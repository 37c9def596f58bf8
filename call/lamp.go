package call

import "dialtone/sip"

// lamps are what phones' keys show (sip.Lamps): the hints of the context where their calls begin.
type lamps struct{ sw *Switch }

// Lamps is what phones can subscribe to: every extension of their context that has a hint.
func (s *Switch) Lamps() sip.Lamps { return lamps{s} }

func (l lamps) Lamp(phone, exten string) (sip.Lamp, bool) {
	context, ok := l.sw.config.Context(Door{Phone: phone})
	if !ok {
		return sip.Lamp{}, false
	}
	state, ok := l.sw.hints.State(context, exten)
	if !ok {
		return sip.Lamp{}, false
	}
	lamp := sip.Lamp{State: lampStates[state.State], Name: state.Name}
	if lamp.State == sip.LampRinging {
		lamp.Caller = state.Call.Caller
		lamp.Dialog = l.sw.ringing(state.Call.CallID)
	}
	return lamp, true
}

// ringing is the dialog of a call that rings, as the telephone sees it that does; the zero value: it has not told of one.
func (s *Switch) ringing(call string) sip.Replaces {
	s.mu.Lock()
	c := s.calls[call]
	s.mu.Unlock()
	if c == nil {
		return sip.Replaces{}
	}
	leg := c.leg()
	if leg == nil || leg.Dialog().RemoteTag == "" {
		return sip.Replaces{}
	}
	d := leg.Dialog()
	return sip.Replaces{CallID: d.CallID, ToTag: d.RemoteTag, FromTag: d.LocalTag}
}

func (l lamps) Watch(phone, exten string, changed func()) (stop func()) {
	context, _ := l.sw.config.Context(Door{Phone: phone})
	return l.sw.hints.Watch(context, exten, changed)
}

// lampStates are the states of devices as lamps show them. One that rings beside a call is busy, as with Asterisk.
var lampStates = map[DeviceState]sip.LampState{
	DeviceUnknown: sip.LampIdle, DeviceNotInUse: sip.LampIdle, DeviceInUse: sip.LampBusy, DeviceBusy: sip.LampBusy,
	DeviceInvalid: sip.LampAway, DeviceUnavailable: sip.LampAway, DeviceRinging: sip.LampRinging, DeviceRingInUse: sip.LampBusy,
	DeviceOnHold: sip.LampHeld,
}
