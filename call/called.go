package call

import (
	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// called is a call in the hand of the run that has made it (ivr.Called). After a transfer or a pickup it holds another
// call than the one that was made, or none. The switch's joins guard it.
type called struct {
	by     *channel // whose run it is
	notice ivr.Notice

	call *Call
	gone bool // no more in this hand
	why  int  // Q.850 cause then
	peer ivr.Channel

	keepsCaller, keepsCalled bool // whose keys the bridge does not pass on
}

// take makes the hand that holds a call which was made. joins is held.
func (c *Call) take(by *channel, notice ivr.Notice) *called {
	c.hand = &called{by: by, notice: notice, call: c}
	c.out.changed, c.knows = notice.Ring, by.call
	return c.hand
}

// swap has the hand hold another call. joins is held.
func (h *called) swap(c *Call) {
	if h.call.hand == h {
		h.call.hand = nil
	}
	if c.hand != nil {
		c.hand.lose(causeNormal)
	}
	h.call, c.hand = c, h
	h.notice.Ring()
}

// lose ends what the hand holds for its run, while the call itself goes on elsewhere. joins is held.
func (h *called) lose(cause int) {
	if h.gone {
		return
	}
	h.gone, h.why = true, cause
	h.call.channel.release()
	if h.call.hand == h {
		h.call.hand = nil
	}
	h.notice.Ring()
}

// held is the call that the hand holds.
func (h *called) held() *Call {
	h.by.call.sw.joins.Lock()
	defer h.by.call.sw.joins.Unlock()
	return h.call
}

// Name is the channel's.
func (h *called) Name() string { return h.held().channel.name }

// Side is the channel.
func (h *called) Side() ivr.Channel { return h.held().channel }

// Begin places the call.
func (h *called) Begin() error {
	h.held().begin()
	return nil
}

// State is how far the call is.
func (h *called) State() (ivr.CalledState, int) {
	sw := h.by.call.sw
	sw.joins.Lock()
	defer sw.joins.Unlock()
	if h.gone {
		return ivr.CalledOver, h.why
	}
	return h.call.state()
}

// state is how far the call is, as one who has made it sees it.
func (c *Call) state() (ivr.CalledState, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.isOver():
		return ivr.CalledOver, c.snapshot.Cause
	case c.out == nil:
		return ivr.CalledUp, 0
	}
	return c.out.reached, 0
}

// Attend has nothing to let go on: what is told by a far side does not wait.
func (h *called) Attend() {}

// Join has the call and that of a channel hear each other. A Local channel stands for the one that it is joined to, if it
// is to one.
func (h *called) Join(peer ivr.Channel) {
	sw := h.by.call.sw
	sw.joins.Lock()
	defer sw.joins.Unlock()
	h.peer = peer
	h.rejoin()
}

// rejoin makes the bridge that is to be, or ends it. joins is held.
func (h *called) rejoin() {
	if h.gone {
		return
	}
	if ch, ok := ivr.LineOf(h.peer).(*channel); ok {
		join(ch.call, h.call)
		h.withhold()
	} else {
		h.call.part()
	}
}

// Intercept keeps the keys of a side from the other one.
func (h *called) Intercept(caller, called bool) {
	sw := h.by.call.sw
	sw.joins.Lock()
	h.keepsCaller, h.keepsCalled = caller, called
	h.withhold()
	c := h.call
	sw.joins.Unlock()
	if !called {
		c.mind()
	}
}

// withhold tells the bridge whose keys it is not to pass on. joins is held.
func (h *called) withhold() {
	if br := h.call.bridge; br != nil && !h.gone {
		caller := br.other(h.call)
		br.media.Withhold(h.call.stream, h.keepsCalled || caller.channel.TakesKeys())
		br.media.Withhold(caller.stream, h.keepsCaller || h.call.channel.TakesKeys())
	}
}

// Press passes on a key of the caller that was kept; others pass by the bridge.
func (h *called) Press(key byte) {
	sw := h.by.call.sw
	sw.joins.Lock()
	kept := h.keepsCaller || h.call.channel.TakesKeys()
	sw.joins.Unlock()
	if kept {
		h.Send(key)
	}
}

// Send presses a key towards the called one.
func (h *called) Send(key byte) {
	if err := h.held().channel.SendDigit(key, keyLength); err != nil {
		h.by.call.log.Debug("a key is not sent", "key", string(key), "why", err)
	}
}

// Key is the next key that the called one has pressed.
func (h *called) Key() (byte, bool) {
	c := h.held()
	c.overhear(h.notice)
	return c.overheardKey()
}

// Moved is where a telephone sends the call that came to it: a number, called in the telephone's own context.
func (h *called) Moved() (dialplan.Place, bool) { return h.held().movedTo() }

// Live lets the called one go on in the dialplan.
func (h *called) Live(from *ivr.Run, place dialplan.Place) {
	sw := h.by.call.sw
	sw.joins.Lock()
	c := h.call
	c.part()
	h.lose(causeNormal)
	alive := c.own()
	sw.joins.Unlock()
	if alive {
		c.live(place, from)
	}
}

// Hangup ends the call, unless it is another run's: that is only parted from this one.
func (h *called) Hangup(cause int) {
	if cause == 0 {
		cause = causeNormal
	}
	sw := h.by.call.sw
	sw.joins.Lock()
	c, gone := h.call, h.gone
	h.lose(cause)
	if gone || c.owned {
		if !gone {
			c.part()
			if other := h.by.call.hand; other != nil {
				other.lose(cause) // the run of the other one held this call
			}
		}
		c = nil
	}
	sw.joins.Unlock()
	if c != nil {
		c.hangup(cause, byDialplan)
	}
}

var _ ivr.Called = (*called)(nil)
