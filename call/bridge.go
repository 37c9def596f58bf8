package call

import (
	"cmp"
	"time"

	"dialtone/media"
	"dialtone/sip"
)

// bridge is two calls that hear each other, and where one that holds has the other hear music. The switch's joins guard it.
type bridge struct {
	sides [2]*Call
	media *media.Bridge
	since time.Time   // when sound was to be expected: they were joined, or taken back from hold
	watch *time.Timer // of what they let be heard; nil: nobody minds
}

// other is the side that a call is joined to.
func (b *bridge) other(c *Call) *Call {
	if b.sides[0] == c {
		return b.sides[1]
	}
	return b.sides[0]
}

// join has two calls hear each other, and nobody else. joins is held.
func join(a, b *Call) {
	if a.bridge != nil && a.bridge == b.bridge || a.ending || b.ending {
		return
	}
	a.part()
	b.part()
	m, err := media.NewBridge(a.stream, b.stream)
	if err != nil {
		a.log.Warn("two calls cannot be joined", "with", b.channel.name, "why", err)
		return
	}
	br := &bridge{sides: [2]*Call{a, b}, media: m, since: time.Now()}
	a.bridge, b.bridge = br, br
	if soonest := br.soonest(); soonest > 0 {
		br.watch = time.AfterFunc(soonest, br.look)
	}
	for _, c := range br.sides {
		other := br.other(c)
		c.update(func(s *Snapshot) { s.Peer = other.id })
		c.hold(other)
		c.acquaint(other)
	}
}

// part ends what a call is joined to. joins is held.
func (c *Call) part() {
	br := c.bridge
	if br == nil {
		return
	}
	br.media.End()
	if br.watch != nil {
		br.watch.Stop()
	}
	for _, side := range br.sides {
		side.bridge = nil
		if side.music {
			side.music = false
			side.stream.Stop()
		}
		if side.held {
			side.held = false
			side.sw.config.Devices.Hold(side.device(), side.id, false)
		}
		side.update(func(s *Snapshot) { s.Peer, s.Held = "", false })
	}
}

// hold has other hear music while c holds, and c again when it does no more. joins is held.
func (c *Call) hold(other *Call) {
	agreed, known := c.media.Agreed()
	holds := known && agreed.Hold
	if holds == c.held {
		return
	}
	c.held, c.bridge.since = holds, time.Now()
	c.sw.config.Devices.Hold(c.device(), c.id, holds)
	c.update(func(s *Snapshot) { s.Held = holds })
	if !holds {
		if other.music {
			other.music = false
			other.stream.Stop()
		}
		return
	}
	other.music = true
	go other.holdMusic(c)
}

// holdMusic plays to one who is on hold, once the music is read, if it still is: of the class that was chosen for it, or for who holds, or that who holds suggests.
func (c *Call) holdMusic(by *Call) {
	music, err := c.channel.music(cmp.Or(c.channel.chosenMusic(), by.channel.chosenMusic(), by.rules.Music, "default"))
	if err != nil {
		c.log.Debug("there is no music for a caller on hold", "why", err)
		return
	}
	c.sw.joins.Lock()
	defer c.sw.joins.Unlock()
	if c.music && by.held && by.bridge != nil && by.bridge == c.bridge {
		c.stream.Play(music)
	}
}

// remade looks whether the far side holds, after the media of a call were agreed on anew.
func (c *Call) remade() {
	c.sw.joins.Lock()
	defer c.sw.joins.Unlock()
	if c.bridge != nil {
		c.hold(c.bridge.other(c))
	}
}

// leave takes a call that is over out of where it is joined and held. Whom it was joined to and who is in nobody's hand
// ends with it. alone tells that nobody has the call any more either.
func (c *Call) leave(cause int) (alone bool) {
	c.sw.joins.Lock()
	c.ending = true
	var other *Call
	if c.bridge != nil {
		other = c.bridge.other(c)
		c.part()
	}
	if c.hand != nil {
		c.hand.notice.Ring()
	}
	forlorn := other != nil && !other.owned && other.hand == nil
	alone = !c.owned
	c.sw.joins.Unlock()
	if forlorn {
		other.hangup(cause, byOther)
	}
	return alone
}

// own has a run execute the dialplan for the call; false: it is over. joins is held.
func (c *Call) own() bool {
	if c.ending {
		return false
	}
	c.owned = true
	return true
}

// silences are how long a call may let nothing be heard, in a talk and on hold; 0: for ever.
func (c *Call) silences() (talking, held time.Duration) {
	talking = cmp.Or(time.Duration(c.rules.Silence)*time.Second, c.sw.config.RTPTimeout)
	return max(talking, 0), max(time.Duration(c.rules.HoldSilence)*time.Second, 0)
}

// soonest is after what time something can have been silent too long; 0: nothing ever is.
func (b *bridge) soonest() (soonest time.Duration) {
	for _, c := range b.sides {
		talking, held := c.silences()
		for _, silence := range []time.Duration{talking, held} {
			if silence > 0 && (soonest == 0 || silence < soonest) {
				soonest = silence
			}
		}
	}
	return soonest
}

// look ends the calls of a talk in which one side has sent nothing for so long: it has lost its network, or its power. While one
// holds nothing has to come, unless the rules of a side say that it has.
func (b *bridge) look() {
	joins := &b.sides[0].sw.joins
	joins.Lock()
	if b.sides[0].bridge != b {
		joins.Unlock()
		return
	}
	next := b.soonest()
	var lost *Call
	var silence time.Duration
	for _, c := range b.sides {
		limit, onHold := c.silences()
		if b.sides[0].held || b.sides[1].held {
			limit = onHold
		}
		if quiet := c.quiet(); limit == 0 || !c.channel.answered.Load() {
			continue
		} else if quiet >= limit {
			lost, silence = c, limit
		} else {
			next = min(next, limit-quiet)
		}
	}
	if lost == nil {
		b.watch.Reset(next)
	}
	joins.Unlock()
	if lost != nil {
		lost.log.Warn("a talk ends: nothing has been heard of one side (--rtp-timeout)", "silent", lost.channel.name, "for", silence)
		lost.hangup(causeTimer, sip.ByNetwork)
	}
}

// quiet is for how long nothing has been heard of a side of a talk, from when sound was to be expected. joins is held.
func (c *Call) quiet() time.Duration {
	heard := c.stream.Stats().LastReceived
	for _, from := range []time.Time{c.bridge.since, c.Snapshot().Answered} {
		if heard.Before(from) {
			heard = from
		}
	}
	return time.Since(heard)
}
