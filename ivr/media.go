package ivr

import (
	"errors"
	"time"
)

// The methods of this file are the channel's, with the run's knowledge: they
// return ErrHangup at once when the call is over (so also in h), and tell the
// step budget that time has passed.

// alive tells whether the call is over, or its time.
func (r *Run) alive() error {
	_, err := r.ch.Wait(Wait{Keep: true})
	return err
}

// Line is the channel that carries the sound of this run: its own, or that of the
// caller who is joined to it. It is what optional abilities are asked of.
func (r *Run) Line() Channel { return LineOf(r.ch) }

// LineOf is the channel that carries the sound of another: itself, or whoever a Local one is joined to.
func LineOf(ch Channel) Channel {
	for {
		l, ok := ch.(*Local)
		if !ok {
			return ch
		}
		peer := l.joined()
		if peer == nil {
			return ch
		}
		ch = peer
	}
}

// Channel is the call itself, for what the methods of the run do not cover.
func (r *Run) Channel() Channel { return r.ch }

// Now is the time by which the call lives.
func (r *Run) Now() time.Time { return r.ch.Now() }

// Over tells that nothing can be played and no digit can come any more: the
// caller hung up, or the dialplan did, or h is running.
func (r *Run) Over() bool { return r.over }

// check keeps in mind that the call is over or its time has passed, whatever the
// application makes of the error.
func (r *Run) check(err error) error {
	switch {
	case errors.Is(err, ErrHangup):
		r.over = true
	case errors.Is(err, ErrAbsolute):
		r.expired = true
	default:
		if away, ok := errors.AsType[*RedirectedError](err); ok {
			r.redirect = &away.Place
		}
	}
	return err
}

// Answer answers the call.
func (r *Run) Answer() error {
	if r.over {
		return ErrHangup
	}
	start := r.ch.Now()
	defer r.waited(start)
	err := r.ch.Answer()
	r.noteAnswer()
	return r.check(err)
}

// Ringing tells an unanswered caller that it rings.
func (r *Run) Ringing() error {
	if r.over {
		return ErrHangup
	}
	return r.check(r.ch.Ringing())
}

// Progress opens early media to an unanswered caller.
func (r *Run) Progress() error {
	if r.over {
		return ErrHangup
	}
	return r.check(r.ch.Progress())
}

// AllKeys are the keys of a telephone.
const AllKeys = "0123456789*#ABCD"

// Play plays sounds in a language (empty: the call's) and returns when the last one
// has ended; a key that is in stop ends them and is returned, others pressed
// meanwhile are lost. A sound that cannot be had: those before it are played, then
// the error is a *SoundError.
func (r *Run) Play(sounds []string, language, stop string) (key byte, err error) {
	if key, err = r.Wait(Wait{Keys: stop}); key != 0 || err != nil {
		return key, err
	}
	done, missing := r.Start(sounds, language, 0)
	if done != nil {
		if key, err = r.Wait(Wait{For: -1, Wake: done, Keys: stop}); key != 0 || err != nil {
			r.Stop()
			return key, err
		}
	}
	return 0, missing
}

// PlayFrom plays one sound from a moment of it on, and tells how far it came.
func (r *Run) PlayFrom(sound, language string, from time.Duration, stop string) (key byte, at time.Duration, err error) {
	start := r.ch.Now()
	done, err := r.Start([]string{sound}, language, from)
	if err != nil {
		return 0, from, err
	}
	key, err = r.Wait(Wait{For: -1, Wake: done, Keys: stop})
	if key != 0 || err != nil {
		r.Stop()
	}
	return key, from + r.ch.Now().Sub(start), err
}

// Start plays sounds beside what the application does next; see Channel.
func (r *Run) Start(sounds []string, language string, from time.Duration) (done <-chan struct{}, err error) {
	if r.over {
		return nil, ErrHangup
	}
	if language == "" {
		language = r.language
	}
	done, err = r.ch.Start(sounds, language, from)
	if done != nil {
		r.heard()
	}
	return done, r.check(err)
}

// Stop ends what plays.
func (r *Run) Stop() {
	if !r.over {
		r.ch.Stop()
	}
}

// Wait waits for a key, a signal or for some time; see Channel.
func (r *Run) Wait(w Wait) (key byte, err error) {
	if r.over {
		return 0, ErrHangup
	}
	start := r.ch.Now()
	defer r.waited(start)
	if key, err = r.ch.Wait(w); key != 0 {
		r.heard()
	}
	return key, r.check(err)
}

// ReadDigit waits for the next digit, also one pressed before and not yet taken; 0:
// none came in time.
func (r *Run) ReadDigit(timeout time.Duration) (byte, error) {
	return r.Wait(Wait{For: max(timeout, 0), Keys: AllKeys})
}

// Sleep waits; digits pressed meanwhile stay in the queue.
func (r *Run) Sleep(d time.Duration) error {
	_, err := r.Wait(Wait{For: max(d, 0), Keep: true})
	return err
}

// Hangup asks for the end of the call with a Q.850 cause, which h then sees. The
// application returns what Hangup returns.
func (r *Run) Hangup(cause int) error {
	r.cause = cause
	return ErrEnd
}

// Cause is HANGUPCAUSE: 0 until something sets it.
func (r *Run) Cause() int { return r.cause }

// SetCause sets HANGUPCAUSE, as the end of a call that was made does.
func (r *Run) SetCause(cause int) { r.cause = cause }

// Busy plays the busy or the congestion tone for d (below 0: until the caller
// hangs up). The cause of the end is set only when the call was not answered: the
// final response tells it to the caller then, so there is no wait.
func (r *Run) Busy(tone string, cause int, d time.Duration) error {
	if r.over {
		return ErrHangup
	}
	if !r.ch.Answered() {
		r.cause = cause
		return nil
	}
	if err := r.Indicate(tone); err != nil {
		return err
	}
	_, err := r.Wait(Wait{For: d, Keep: true})
	return err
}

// SetDeadline sets the absolute time-out of the call; the zero time removes it.
func (r *Run) SetDeadline(at time.Time) {
	r.deadline = at
	r.ch.SetDeadline(at)
}

// Deadline is the absolute time-out of the call; zero: none.
func (r *Run) Deadline() time.Time { return r.deadline }

// Timeouts are TIMEOUT(digit) and TIMEOUT(response).
func (r *Run) Timeouts() (digit, response time.Duration) { return r.digitWait, r.firstWait }

// SetTimeouts sets TIMEOUT(digit) and TIMEOUT(response).
func (r *Run) SetTimeouts(digit, response time.Duration) {
	r.digitWait, r.firstWait = digit, response
}

// Language is the language of the call's sounds.
func (r *Run) Language() string { return r.language }

// SetLanguage sets the language of the sounds that follow.
func (r *Run) SetLanguage(language string) { r.language = language }

// Caller is who calls, as the dialplan has it now.
func (r *Run) Caller() CallerID { return r.caller }

// SetCaller changes who calls; the number takes part in the matching of the steps
// that follow.
func (r *Run) SetCaller(c CallerID) { r.caller = c }
