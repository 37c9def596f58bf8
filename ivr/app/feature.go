package app

import (
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// feature is what one of two who talk asks for by keys.
type feature string

// The features, by the names that FEATUREMAP has for them.
const (
	noFeature     feature = ""
	disconnect    feature = "disconnect"
	blindTransfer feature = "blindxfer"
	attended      feature = "atxfer"
	touchMix      feature = "automixmon" // of both sides
	touchMonitor  feature = "automon"    // the same by the name of before
)

// featureCodes are the keys of the features, unless FEATUREMAP says otherwise.
var featureCodes = map[feature]string{disconnect: "*", blindTransfer: "#", attended: "*2", touchMix: "*3", touchMonitor: "*1"}

// featureWait is how long the next key of a code may take.
const featureWait = time.Second

// featureKeys are the keys of one side in a talk: those that are no code of a feature are passed on.
//
//	codes *, *2    keys *5   → passed on     * and a second  → the feature of *     *2 → the feature of *2
type featureKeys struct {
	codes   map[string]feature // empty: every key is passed on
	pressed string             // what may become a code
	until   time.Time          // when it is decided whatever comes
}

// press takes a key, and gives the feature that is asked for, or the keys that are to be passed on.
func (k *featureKeys) press(key byte, now time.Time) (asked feature, pass string) {
	k.pressed += string(key)
	longer := false
	for code := range k.codes {
		longer = longer || len(code) > len(k.pressed) && strings.HasPrefix(code, k.pressed)
	}
	if longer {
		k.until = now.Add(featureWait)
		return noFeature, ""
	}
	return k.decide()
}

// expire decides what was pressed when its time is over.
func (k *featureKeys) expire(now time.Time) (asked feature, pass string) {
	if k.pressed == "" || now.Before(k.until) {
		return noFeature, ""
	}
	return k.decide()
}

func (k *featureKeys) decide() (asked feature, pass string) {
	pass, k.pressed = k.pressed, ""
	if asked = k.codes[pass]; asked != noFeature {
		return asked, ""
	}
	return noFeature, pass
}

// soonest is the earlier of a wait (below 0: none) and what is left until the keys are decided.
func (k *featureKeys) soonest(wait time.Duration, now time.Time) time.Duration {
	if k.pressed == "" {
		return wait
	}
	left := max(k.until.Sub(now), 0)
	if wait < 0 {
		return left
	}
	return min(wait, left)
}

// intercept has the keys of the sides that have features come here first.
func (d *dialling) intercept(c *called) {
	c.Intercept(len(d.near.keys.codes) > 0, d.overhears())
}

// overhears tells whether the called one's keys come here: where features are for it, or the caller's telephone gets keys by nothing else.
func (d *dialling) overhears() bool {
	line, ok := d.r.Line().(ivr.KeyTaker)
	return len(d.far.keys.codes) > 0 || ok && line.TakesKeys()
}

// codes are those that options allow to one side: hang, blind and attended transfers, and recordings by the letters h, t, w and x, or by
// H, T, W and X.
func (d *dialling) codes(hang, transfer, recordOld, record byte) map[string]feature {
	codes := map[string]feature{}
	allow := func(f feature) { codes[d.code(f)] = f }
	if d.has(hang) {
		allow(disconnect)
	}
	if d.has(transfer) {
		allow(blindTransfer)
		allow(attended)
	}
	if d.has(recordOld) {
		allow(touchMonitor)
	}
	if d.has(record) {
		allow(touchMix)
	}
	return codes
}

// code is what is pressed for a feature.
func (d *dialling) code(f feature) string {
	if code := d.r.Item("featuremap " + string(f)); code != "" {
		return code
	}
	return featureCodes[f]
}

// side is one of the two who talk.
type side struct {
	keys   featureKeys
	called bool
}

// pressed sees to a key of a side, or to its time (key 0). over tells that the talk is.
func (d *dialling) pressed(s *side, c *called, key byte) (over bool, err error) {
	asked, pass := s.keys.expire(d.r.Now())
	if key != 0 {
		asked, pass = s.keys.press(key, d.r.Now())
	}
	for i := range len(pass) {
		d.passOn(s, c, pass[i])
	}
	switch asked {
	case disconnect:
		c.Hangup(16)
	case blindTransfer:
		return d.transferBlind(s, c)
	case attended:
		return d.transferAttended(s, c)
	case touchMix, touchMonitor:
		return false, d.touchRecord(c)
	}
	return false, nil
}

// passOn gives the other side a key.
func (d *dialling) passOn(s *side, c *called, key byte) {
	if !s.called {
		c.Press(key)
		return
	}
	if keypad, ok := d.r.Line().(ivr.Keypad); ok {
		if err := keypad.SendDigit(key, digitLength); err != nil {
			d.r.Warn("Dial: the key %c is not passed on: %v", key, err)
		}
	}
}

// transferTo has a side say where the other one is to go, who hears music meanwhile. The empty place: nowhere, and the talk
// goes on.
func (d *dialling) transferTo(s *side, c *called) (by *ivr.Run, place dialplan.Place, err error) {
	by, other := d.r, c.Side()
	if s.called {
		by, other = d.r.Party(c, d.r.Place()), d.r.Line()
	}
	if s.called {
		charge(by.Channel(), c)
	}
	c.Intercept(true, false) // a called one's keys are for the run on its channel
	d.r.Part(c)
	if m, ok := other.(ivr.Musician); ok {
		if err := m.Music(""); err != nil {
			d.r.Logger().Debug("Dial: no music for who is to be transferred: " + err.Error())
		}
	}
	place = dialplan.Place{Context: d.r.Place().Context, Priority: 1}
	if context, _ := d.r.Variable("TRANSFER_CONTEXT"); context != "" {
		place.Context = context
	}
	if _, err := by.Start([]string{"pbx-transfer"}, "", 0); err != nil && runEnds(err) {
		return by, place, err
	}
	if place.Exten, err = collectExten(by, place.Context, transferFirst, transferNext); err != nil {
		return by, place, err
	}
	if place.Exten != "" && !by.Exists(place) {
		d.r.Warn("Dial: a transfer to %s, which context %s does not have", place.Exten, place.Context)
		place.Exten = ""
		if err := played(by, "pbx-invalid"); err != nil {
			return by, place, err
		}
	}
	return by, place, nil
}

// charge has the called one answer for what the calls of a channel cost from here on.
func charge(ch ivr.Channel, c *called) {
	if charged, ok := ch.(ivr.Charged); ok {
		charged.Charge(c.Called)
	}
}

// How long the digits of a transfer may take: the first, and each that follows.
const (
	transferFirst = 5 * time.Second
	transferNext  = 3 * time.Second
)

// resume lets the talk go on after a transfer that came to nothing; gone is the error of the side that wanted it.
func (d *dialling) resume(s *side, c *called, gone error) (over bool, err error) {
	if gone != nil {
		if s.called { // which its state tells as well
			return false, nil
		}
		return true, gone
	}
	c.Side().Stop()
	d.r.Stop()
	d.r.Join(c)
	d.intercept(c)
	return false, nil
}

// transferBlind sends the other side to an extension.
func (d *dialling) transferBlind(s *side, c *called) (over bool, err error) {
	_, place, err := d.transferTo(s, c)
	if err != nil || place.Exten == "" {
		return d.resume(s, c, err)
	}
	d.r.Logger().Info("blind transfer by keys", "context", place.Context, "extension", place.Exten)
	if s.called {
		d.r.Stop()
		charge(d.r.Origin(), c)
		d.away = true
		d.r.Goto(place)
		c.Hangup(16)
		return true, nil
	}
	c.Side().Stop()
	c.Live(d.r, place)
	c.over = true
	return true, nil
}

// transferAttended lets a side talk with an extension first. When it hangs up then, the other two talk with each other; when the
// one who was asked does, or cannot be had, the talk goes on as before.
func (d *dialling) transferAttended(s *side, c *called) (over bool, err error) {
	by, place, err := d.transferTo(s, c)
	if err != nil || place.Exten == "" {
		return d.resume(s, c, err)
	}
	notice := ivr.NewNotice()
	local, err := by.CallLocal(place, by.Caller(), notice)
	if err != nil {
		d.r.Warn("Dial: an attended transfer to %s: %v", place.Exten, err)
		return d.resume(s, c, nil)
	}
	third := &called{Called: local, resource: place.Exten + "@" + place.Context}
	if err := third.Begin(); err != nil {
		return true, err
	}
	by.Join(third)
	third.Attend()
	gone := d.consult(by, third, notice)
	if state, _ := third.State(); state == ivr.CalledOver || gone == nil {
		third.Hangup(16)
		return d.resume(s, c, gone)
	}
	d.r.Logger().Info("attended transfer by keys", "context", place.Context, "extension", place.Exten)
	if s.called { // the caller talks with the third one from here on
		d.r.Stop()
		c.Hangup(16)
		c.Called, c.resource, d.notice = third.Called, third.resource, notice
		d.r.Join(c)
		return false, nil
	}
	c.Side().Stop()
	third.Join(c.Side())
	d.keep(c, third, notice)
	return true, gone
}

// consult is the talk of who transfers with the third one, until that one is gone (nil) or who transfers is (an error). Who
// transfers leaves it by the keys of disconnect.
func (d *dialling) consult(by *ivr.Run, third *called, notice ivr.Notice) (gone error) {
	rings := false
	for {
		state, _ := third.State()
		switch {
		case state == ivr.CalledOver:
			return played(by, "pbx-invalid")
		case state == ivr.CalledRinging && !rings:
			rings = true
			if err := by.Indicate("ring"); err != nil {
				return err
			}
		case state > ivr.CalledRinging && rings:
			rings = false
			if err := by.Indicate(""); err != nil {
				return err
			}
		}
		third.Attend()
		key, err := by.Wait(ivr.Wait{For: -1, Wake: notice, Keys: ivr.AllKeys})
		switch {
		case err != nil:
			return err
		case string(key) == d.code(disconnect):
			return nil
		case key != 0:
			third.Press(key)
		}
	}
}

// keep lasts as long as the talk of two who were transferred to each other by a caller that is gone.
func (d *dialling) keep(c, third *called, notice ivr.Notice) {
	c.Intercept(false, false)
	for {
		if state, cause := c.State(); state == ivr.CalledOver {
			third.Hangup(cause)
			return
		}
		if state, cause := third.State(); state == ivr.CalledOver {
			c.Hangup(cause)
			return
		}
		third.Attend()
		for key, ok := c.Key(); ok; key, ok = c.Key() {
			third.Press(key)
		}
		d.r.Channel().Pace().Wait(time.Time{}, d.notice, notice)
	}
}
