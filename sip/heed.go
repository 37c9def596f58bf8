package sip

import (
	"math"
	"sync"
)

// events is what has happened on a leg, and who is told.
type events struct {
	heed    func(Event) // nil: nobody yet
	unheard []Event     // until somebody is

	once    sync.Once
	channel chan Event // of Events
}

// eventBuffer is how many events wait for somebody who takes them.
const eventBuffer = 32

// Heed has f told what happens and has happened, in order; the EndedEvent is the last. f is called while the leg works:
// it must not wait for the leg. Only one is told.
func (l *Leg) Heed(f func(Event)) {
	begin := func() {
		for _, e := range l.events.unheard {
			f(e)
		}
		l.events.heed, l.events.unheard = f, nil
	}
	if !l.mail.put(begin, math.MaxInt, l.work) {
		begin() // the leg is gone: nothing happens any more
	}
}

// Events is Heed for who would rather wait. It is closed after the EndedEvent. A reader that falls behind by 28 events
// loses all that follow but the last.
func (l *Leg) Events() <-chan Event {
	l.events.once.Do(func() {
		c := make(chan Event, eventBuffer)
		l.events.channel = c
		l.Heed(func(e Event) {
			if _, last := e.(EndedEvent); last {
				c <- e // there is a place for it
				close(c)
			} else if len(c) <= cap(c)-4 {
				c <- e
			} else {
				l.loseEvent()
			}
		})
	})
	return l.events.channel
}

// happen tells an event.
func (l *Leg) happen(e Event) {
	_, last := e.(EndedEvent)
	switch {
	case l.state == ended:
	case l.events.heed != nil:
		l.events.heed(e)
	case last || len(l.events.unheard) < eventBuffer-4:
		l.events.unheard = append(l.events.unheard, e)
	default:
		l.loseEvent()
	}
}

func (l *Leg) loseEvent() { l.logger().Warn("an event of a call was lost: nobody takes them") }
