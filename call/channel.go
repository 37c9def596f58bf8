package call

import (
	"cmp"
	"strings"
	"sync/atomic"
	"time"

	"dialtone/dtmf"
	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/sip"
)

// channel is what the dialplan sees of the call: it implements ivr.Channel with the leg and the stream.
// Only the goroutine of the run uses it, but for redirect.
type channel struct {
	call       *Call
	name       string
	deadline   time.Time // of the whole run (TIMEOUT(absolute)); zero: none
	answered   atomic.Bool
	flowing    atomic.Bool // answered, or early media
	senses     senses
	musicClass atomic.Pointer[string] // nil: none was chosen
	seized     seizure
	away       chan dialplan.Place // where somebody else has sent the call
}

// Name is the channel's name as the dialplan shows it, e.g. SIP/1000-00000001.
func (ch *channel) Name() string { return ch.name }

// UniqueID is the call's own identity.
func (ch *channel) UniqueID() string { return ch.call.id }

// Caller is who calls; of a call that we made, who is called.
func (ch *channel) Caller() ivr.CallerID {
	identity := ch.call.identity
	if out := ch.call.out; out != nil {
		return ivr.CallerID{Name: identity.Name, Number: cmp.Or(identity.Number, out.number), DNID: out.number}
	}
	from := identity.caller(ch.call.leg())
	caller := ivr.CallerID{Name: from.Name, Number: from.User, DNID: ch.call.leg().Called(), RDNIS: ch.call.leg().Diverted().User}
	if from.Private {
		caller.Presentation = "prohib_not_screened"
	}
	return caller
}

// Now is the call's clock.
func (ch *channel) Now() time.Time { return time.Now() }

// Answered tells whether the call is up.
func (ch *channel) Answered() bool { return ch.answered.Load() }

// SetDeadline sets when every wait ends with ivr.ErrAbsolute; the zero time takes it away.
func (ch *channel) SetDeadline(at time.Time) { ch.deadline = at }

// Answer sends the 200 and starts the media.
func (ch *channel) Answer() error {
	ch.call.referrer.Load().Tell(200, "")
	if ch.answered.Load() || ch.call.out != nil { // of which the far side decides
		return nil
	}
	if err := ch.call.leg().Answer(); err != nil {
		if ch.call.leg().Dialog().Confirmed { // the caller has hung up after the 200, before its ACK
			ch.call.setState(StateUp)
		}
		return ch.lost(err)
	}
	if err := ch.call.media.Start(); err != nil {
		return ch.lost(err)
	}
	ch.answered.Store(true)
	ch.flowing.Store(true)
	ch.call.setState(StateUp)
	ch.call.journalMedia()
	return nil
}

// Ringing sends a 180.
func (ch *channel) Ringing() error {
	ch.call.referrer.Load().Tell(180, "")
	if ch.flowing.Load() || ch.call.out != nil {
		return nil
	}
	if err := ch.call.leg().Ring(); err != nil {
		return ch.lost(err)
	}
	ch.call.setState(StateRinging)
	return nil
}

// Progress sends a 183 and starts early media.
func (ch *channel) Progress() error {
	if ch.flowing.Load() || ch.call.out != nil {
		return nil
	}
	if err := ch.call.leg().Progress(); err != nil {
		return ch.lost(err)
	}
	if err := ch.call.media.Start(); err != nil {
		return ch.lost(err)
	}
	ch.flowing.Store(true)
	ch.call.setState(StateRinging)
	return nil
}

// WaitMedia waits for the caller's first packet of audio, for so long at the most.
func (ch *channel) WaitMedia(timeout time.Duration) error {
	for end := time.Now().Add(timeout); ; {
		left := time.Until(end)
		if left <= 0 || !ch.call.stream.Stats().LastReceived.IsZero() {
			return nil
		}
		if _, err := ch.Wait(ivr.Wait{For: min(left, 20*time.Millisecond), Keep: true}); err != nil {
			return err
		}
	}
}

// Sound is how the call's sound travels.
func (ch *channel) Sound() ivr.Sound {
	s := ch.call.stream.Stats()
	return ivr.Sound{
		Sent: s.Sent, Received: s.Received, SentLost: s.RemoteLost, ReceivedLost: s.Lost, SentJitter: s.RemoteJitter, ReceivedJitter: s.Jitter,
		RoundTrip: s.RoundTrip, SSRC: s.SSRC, RemoteSSRC: s.RemoteSSRC,
	}
}

// Hangup ends the call; cause 0 is a normal end.
func (ch *channel) Hangup(cause int) {
	if cause == 0 {
		cause = causeNormal
	}
	status := sip.StatusOf(cause)
	if ch.call.isOver() {
		status = 487 // who was sent here has not waited for an answer
	}
	ch.call.referrer.Load().Tell(status, "")
	ch.call.hangup(cause, byDialplan)
}

// Pace is the time of the world.
func (ch *channel) Pace() ivr.Pace { return ivr.RealTime }

// Wait waits for a key, a signal, the end of the call or of its time.
func (ch *channel) Wait(w ivr.Wait) (byte, error) {
	digits := ch.call.stream.Digits()
	if w.Keep {
		digits = nil
	}
	if key, ready, err := ch.poll(digits, w.Keys); ready || w.For == 0 {
		return key, err
	}
	limit, absolute := w.For, false
	if !ch.deadline.IsZero() {
		if left := max(0, time.Until(ch.deadline)); limit < 0 || left < limit {
			limit, absolute = left, true
		}
	}
	var timer <-chan time.Time
	if limit >= 0 {
		t := time.NewTimer(limit)
		defer t.Stop()
		timer = t.C
	}
	for {
		select {
		case <-ch.call.over:
			return 0, ivr.ErrHangup
		case place := <-ch.away:
			return 0, &ivr.RedirectedError{Place: place}
		case <-ch.seized.began:
			return 0, ch.yield()
		case <-w.Wake:
			return 0, nil
		case digit := <-digits:
			if ch.wanted(digit, w.Keys) {
				return digit.Key, nil
			}
		case <-timer:
			if absolute {
				return 0, ivr.ErrAbsolute
			}
			return 0, nil
		}
	}
}

// poll looks at what is there already: the end of the call, of its time, and digits pressed before.
func (ch *channel) poll(digits <-chan dtmf.Digit, stop string) (key byte, ready bool, err error) {
	select {
	case <-ch.call.over:
		return 0, true, ivr.ErrHangup
	case place := <-ch.away:
		return 0, true, &ivr.RedirectedError{Place: place}
	default:
	}
	if !ch.deadline.IsZero() && !time.Now().Before(ch.deadline) {
		return 0, true, ivr.ErrAbsolute
	}
	for {
		select {
		case digit := <-digits:
			if ch.wanted(digit, stop) {
				return digit.Key, true, nil
			}
		default:
			return 0, false, nil
		}
	}
}

// wanted tells whether a digit ends a wait for the keys of stop.
func (ch *channel) wanted(digit dtmf.Digit, stop string) bool {
	wanted := strings.IndexByte(stop, digit.Key) >= 0
	ch.call.log.Debug("digit", "key", string(digit.Key), "way", digit.Way.String(), "taken", wanted)
	ch.call.traceKey(digit.Key, wanted)
	return wanted
}

// lost is what an error of the leg means to the dialplan: the caller is gone.
func (ch *channel) lost(err error) error {
	ch.call.log.Debug("the leg is gone", "why", err)
	return ivr.ErrHangup
}

// redirect sends the run to another place, once it waits for something or at its next step. Any goroutine may call it.
func (ch *channel) redirect(place dialplan.Place) {
	select {
	case <-ch.away: // the last one counts
	default:
	}
	select {
	case ch.away <- place:
	default:
	}
}

// EndedWith is the Q.850 cause with which the call has ended.
func (ch *channel) EndedWith() int {
	if !ch.call.isOver() {
		return 0
	}
	return ch.call.Snapshot().Cause
}
