package ivr

import (
	"strings"
	"time"

	"dialtone/ivr/dialplan"
)

// Collect makes the run collect an extension that begins with digits, once the
// application has returned nil: further digits are awaited as long as a longer
// extension exists, then the run goes to that extension, to i or to t.
func (r *Run) Collect(digits string) {
	r.collects, r.digits, r.short, r.jumped = true, digits, false, true
}

// Exists tells whether a place can be executed now, for this caller.
func (r *Run) Exists(p dialplan.Place) bool {
	_, ok := r.o.Plan().Find(p, r.caller.Number, r.ch.Now())
	return ok
}

// Match asks a context of the plan what digits match, for this caller and moment.
func (r *Run) Match(context, digits string) dialplan.Match {
	return r.o.Plan().Match(context, digits, r.caller.Number, r.ch.Now())
}

// special goes to one of the extensions i, t, e, T of the current context and
// tells whether it exists.
func (r *Run) special(exten string) bool {
	p := dialplan.Place{Context: r.place.Context, Exten: exten, Priority: 1}
	if !r.Exists(p) {
		return false
	}
	r.Goto(p)
	return true
}

// collect waits for digits while a longer extension exists, then goes where they
// lead. Each digit restarts the digit time-out.
func (r *Run) collect() error {
	wait := r.digitWait
	if r.digits == "" {
		wait = r.firstWait
	}
	came := false
	for len(r.digits) < r.limits.Digits && r.Match(r.place.Context, r.digits).MatchMore {
		key, err := r.ReadDigit(wait)
		if err != nil {
			return err
		}
		if key == 0 {
			break
		}
		r.digits += string(key)
		came, wait = true, r.digitWait
		r.begin("")
		r.step = false
	}
	digits, timeout := r.digits, r.short && !came
	r.collects, r.digits, r.short = false, "", false
	p := dialplan.Place{Context: r.place.Context, Exten: digits, Priority: 1}
	switch {
	case !timeout && digits != "" && r.Exists(p):
		r.Goto(p)
		return nil
	case !timeout && digits != "":
		return r.invalid(digits)
	}
	return r.noDigit()
}

// invalid goes to i, else to e: the caller or a Goto named an extension that does
// not exist.
func (r *Run) invalid(exten string) error {
	if r.special("i") {
		r.set("INVALID_EXTEN", exten)
		return nil
	}
	if r.RaiseException("INVALID") {
		return nil
	}
	r.Warn("extension %q does not exist in context %q, which has neither i nor e: the call ends", exten, r.place.Context)
	return ErrEnd
}

// noDigit goes to t, else to e: the caller pressed nothing in time.
func (r *Run) noDigit() error {
	if r.special("t") || r.RaiseException("RESPONSETIMEOUT") {
		return nil
	}
	r.Warn("no digit in time, and context %q has neither t nor e: the call ends", r.place.Context)
	return ErrEnd
}

// NoDigit is what WaitExten does when its time is over: on to the next priority
// if there is one, else to t, else to e, else the call ends.
func (r *Run) NoDigit() error {
	next := r.place
	next.Priority++
	if r.Exists(next) {
		return nil
	}
	return r.noDigit()
}

// absolute goes to T, else to e: the call's absolute time-out has passed. It is
// removed on the way, so it fires once.
func (r *Run) absolute() error {
	r.expired, r.collects = false, false
	r.SetDeadline(time.Time{})
	if r.special("T") || r.RaiseException("ABSOLUTETIMEOUT") {
		return nil
	}
	return ErrAbsolute
}

// fellOff decides what happens at a priority that does not exist.
func (r *Run) fellOff() error {
	first := r.place
	first.Priority = 1
	if !r.Exists(first) {
		return r.invalid(r.place.Exten)
	}
	if !r.o.Plan().Settings.AutoFallThrough {
		r.Collect("")
		return nil
	}
	status, _ := r.Variable("DIALSTATUS")
	r.log.Debug("end of the extension", "place", placeText(r.place), "dialstatus", status)
	switch strings.ToUpper(status) {
	case "BUSY":
		return r.fallThrough("busy", 17)
	case "CONGESTION", "CHANUNAVAIL":
		return r.fallThrough("congestion", 34)
	}
	return ErrEnd
}

func (r *Run) fallThrough(tone string, cause int) error {
	if err := r.Busy(tone, cause, 10*time.Second); err != nil {
		return err
	}
	return ErrEnd
}

// Incomplete is the result of the application of that name: if more digits could
// match the present extension, collecting goes on after it, else the run goes to i.
func (r *Run) Incomplete() error { return errIncomplete }

func (r *Run) incomplete() error {
	exten := r.place.Exten
	if !r.Match(r.place.Context, exten).MatchMore {
		return r.invalid(exten)
	}
	r.Collect(exten)
	r.short = true
	return nil
}

// RaiseException goes to e of the current context with a reason for
// EXCEPTION(reason), and tells whether there is one.
func (r *Run) RaiseException(reason string) bool {
	from := r.place
	if !r.special("e") {
		return false
	}
	r.exception = Exception{reason, from}
	return true
}

// Exception is why the run went to e last.
func (r *Run) Exception() Exception { return r.exception }
