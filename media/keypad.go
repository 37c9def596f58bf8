package media

import (
	"errors"
	"math"

	"dialtone/dtmf"
)

// press is a key to be pressed.
type press struct {
	key     byte
	samples int // how long; of one that is down: at least
	way     dtmf.Way
	down    bool // somebody holds it: it lasts until hold says that it is up
	pause   int  // samples that follow it at least
}

// length is how long the press lasts, as far as is known.
func (p *press) length() int {
	if p.down {
		return math.MaxInt32
	}
	return p.samples
}

// keypad presses keys one after the other, with a pause after each:
//
//	slot     | 0   | 1   | ... | k    | k+1  | k+2  | pause ...
//	event    | E=0 | E=0 |     | E=1  | E=1  | E=1  | audio
//	RTP time | t0  | t0  |     | t0   | t0   | t0   | goes on by the slots
type keypad struct {
	waiting []press
	now     press
	active  bool
	asEvent bool
	event   dtmf.EventSender
	began   uint32 // RTP timestamp of the event
	played  int    // samples of the tone
	pause   int    // samples until the next press
}

const (
	pauseAfterKey = 100 * samplesPerMs
	maxPresses    = 256
)

// errManyKeys is returned when too many presses wait.
var errManyKeys = errors.New("media: too many keys wait to be sent (256)")

func (k *keypad) press(p press) error {
	if len(k.waiting) >= maxPresses {
		return errManyKeys
	}
	k.waiting = append(k.waiting, p)
	return nil
}

// hold tells how long the newest press that is down has lasted so far, and whether it still is. Presses whose length is known
// may have come behind it.
func (k *keypad) hold(samples int, down bool) {
	p := &k.now
	for i := range k.waiting {
		if k.waiting[i].down {
			p = &k.waiting[i]
		}
	}
	if p.down {
		p.samples, p.down = max(p.samples, samples), down
	}
}

// busy says that a key is being pressed, or waits to be.
func (k *keypad) busy() bool { return k.active || len(k.waiting) > 0 }

// rest lets a slot of n samples pass in which nothing is pressed.
func (k *keypad) rest(n int) { k.pause = max(k.pause-n, 0) }

type keyKind uint8

const (
	keyNone keyKind = iota
	keyEvent
	keyTone // the samples are in the workspace
)

// keySlot is what the keypad sends in a slot.
type keySlot struct {
	kind      keyKind
	payload   [4]byte
	marker    bool
	timestamp uint32
}

// slot says what the keypad has for a slot of n samples at timestamp.
func (k *keypad) slot(n int, timestamp uint32, eventType int, w *workspace) (s keySlot) {
	if !k.active {
		if k.pause > 0 {
			k.rest(n)
			return s
		}
		if len(k.waiting) == 0 {
			return s
		}
		k.now, k.waiting = k.waiting[0], k.waiting[1:]
		k.active, k.began, k.played = true, timestamp, 0
		k.asEvent = k.now.way == dtmf.Event && eventType >= 0
		if k.asEvent {
			k.event = dtmf.NewEventSender(k.now.key, k.now.length())
		}
	}
	done := false
	if k.asEvent && eventType >= 0 {
		s.kind = keyEvent
		k.event.Last(k.now.length())
		s.payload, s.marker, _, done = k.event.Next(n)
		s.timestamp = k.began + k.event.Offset()
	} else {
		s.kind = keyTone
		pcm := w.pcm[:n]
		sound := min(n, max(k.now.length()-k.played, 0))
		dtmf.ToneSamples(pcm[:sound], k.now.key, k.played)
		clear(pcm[sound:])
		k.played += n
		done = k.played >= k.now.length()
	}
	if done {
		k.active, k.pause = false, k.now.pause
	}
	return s
}
