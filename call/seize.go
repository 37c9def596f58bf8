package call

import (
	"dialtone/ivr"
)

// seizure is a call with a run of its own that was taken into another one's talk: the run waits until it is let go.
//
//	seize ──► the run's next wait, or the one that it is in ──► release ──► the wait ends as when its time is over
type seizure struct {
	began    chan struct{} // has room for one: a run that waits notices
	released chan struct{} // closed when it is let go; nil: it is not seized. The switch's joins guard it
}

// seize has the channel's run wait. joins is held.
func (ch *channel) seize() {
	if ch.seized.released != nil {
		return
	}
	ch.seized.released = make(chan struct{})
	ch.call.stream.Stop()
	select {
	case ch.seized.began <- struct{}{}:
	default:
	}
}

// release lets the channel's run go on, if it was seized. joins is held.
func (ch *channel) release() {
	if ch.seized.released != nil {
		close(ch.seized.released)
		ch.seized.released = nil
	}
}

// yield waits while the channel is seized. Keys that were pressed meanwhile were for who it talked with.
func (ch *channel) yield() error {
	select {
	case <-ch.seized.began:
	default:
	}
	ch.call.sw.joins.Lock()
	released := ch.seized.released
	ch.call.sw.joins.Unlock()
	if released == nil {
		return nil
	}
	defer func() {
		for len(ch.call.stream.Digits()) > 0 {
			<-ch.call.stream.Digits()
		}
	}()
	select {
	case <-released:
		return nil
	case <-ch.call.over:
		return ivr.ErrHangup
	case place := <-ch.away:
		return &ivr.RedirectedError{Place: place}
	}
}
