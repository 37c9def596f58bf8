package ivr

import (
	"errors"
	"time"
)

// The methods of this file are the channel's, with the run's knowledge: they
// return ErrHangup at once when the call is over (so also in h), and tell the
// step budget that time has passed.

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
	return r.check(r.ch.Answer())
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

// Play plays sounds in a language (empty: the call's); a key that is in stop ends
// them and is returned.
func (r *Run) Play(sounds []string, language, stop string) (key byte, played int, err error) {
	if r.over {
		return 0, 0, ErrHangup
	}
	if language == "" {
		language = r.language
	}
	start := r.ch.Now()
	defer r.waited(start)
	key, played, err = r.ch.Play(sounds, language, stop)
	return key, played, r.check(err)
}

// ReadDigit waits for the next digit; 0: none came in time.
func (r *Run) ReadDigit(timeout time.Duration) (byte, error) {
	if r.over {
		return 0, ErrHangup
	}
	start := r.ch.Now()
	defer r.waited(start)
	key, err := r.ch.ReadDigit(max(timeout, 0))
	return key, r.check(err)
}

// Sleep waits; digits pressed meanwhile stay in the queue.
func (r *Run) Sleep(d time.Duration) error {
	if r.over {
		return ErrHangup
	}
	start := r.ch.Now()
	defer r.waited(start)
	return r.check(r.ch.Sleep(max(d, 0)))
}

// Hangup asks for the end of the call with a Q.850 cause, which h then sees. The
// application returns what Hangup returns.
func (r *Run) Hangup(cause int) error {
	r.cause = cause
	return ErrEnd
}

// Cause is HANGUPCAUSE: 0 until something sets it.
func (r *Run) Cause() int { return r.cause }

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
	for d < 0 {
		if err := r.Sleep(time.Hour); err != nil {
			return err
		}
	}
	return r.Sleep(d)
}

// Indicate plays a call progress tone if the channel can; see Indicator.
func (r *Run) Indicate(tone string) error {
	if r.over {
		return ErrHangup
	}
	if i, ok := r.ch.(Indicator); ok {
		return r.check(i.Indicate(tone))
	}
	return nil
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
