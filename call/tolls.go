package call

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"dialtone/ivr/dialplan"
)

// Tolls bounds what somebody who has got hold of a phone's password, or found a way through the dialplan, can cost: every
// call that leaves by a trunk is asked for here first. Safe for concurrent use.
type Tolls struct {
	limits func(phone string) (limits TollLimits, ok bool)

	mu       sync.Mutex
	accounts map[string]*tollAccount // phones with calls at trunks, or with some in the last minute
	swept    time.Time
	refused  uint64
}

// TollLimits are what one phone may do at trunks. The zero value bounds nothing.
type TollLimits struct {
	MaxCalls       int      // at once; 0: any number
	CallsPerMinute int      // begun in any 60 s; 0: any number
	Allow          []string // the numbers it may call, as extensions of a dialplan ("_0[1-7].", "112"); empty: all
}

// tollAccount is what one phone has done.
type tollAccount struct {
	live  int
	begun []time.Time // within the last minute; only where they are limited
}

// NewTolls makes Tolls that ask for a phone's limits at each of its calls, so that a change counts at once; false: there is
// no such phone. The function must not wait.
func NewTolls(limits func(phone string) (limits TollLimits, ok bool)) *Tolls {
	return &Tolls{limits: limits, accounts: map[string]*tollAccount{}}
}

// TollError says why a call may not leave by a trunk.
type TollError struct {
	By     Door
	Number string // that was called
	Why    string
}

// Error is a sentence for the log.
func (e *TollError) Error() string {
	return fmt.Sprintf("%s may not call %q by a trunk: %s", e.By, e.Number, e.Why)
}

// Cause is Q.850's: 21, call rejected.
func (e *TollError) Cause() int { return 21 }

// Check asks for a call that is about to leave by a trunk: by is whose it is, number is called as the dialplan has it, before
// the trunk's own rules write it anew. An admitted call counts until over is called, once or more. A call that neither a phone nor
// a trunk made is a guest's: it never leaves. A trunk's call that is sent on has no limits here but the trunks' own. The
// error is a *TollError.
func (t *Tolls) Check(by Door, number string) (over func(), err error) {
	refuse := func(format string, args ...any) (func(), error) {
		t.mu.Lock()
		t.refused++
		t.mu.Unlock()
		return nil, &TollError{by, number, fmt.Sprintf(format, args...)}
	}
	switch {
	case by.Phone == "" && by.Trunk == "":
		return refuse("only phones and trunks may")
	case by.Phone == "":
		return func() {}, nil
	}
	limits, ok := t.limits(by.Phone)
	switch {
	case !ok:
		return refuse("it was removed while it called")
	case !allows(limits.Allow, number):
		return refuse("it may call %s", strings.Join(limits.Allow, ", "))
	}
	if why := t.enter(by.Phone, limits, time.Now()); why != "" {
		return refuse("%s", why)
	}
	return sync.OnceFunc(func() { t.leave(by.Phone) }), nil
}

// allows tells whether a list of extensions has a number.
func allows(list []string, number string) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(name string) bool {
		fits, err := dialplan.Fits(name, number)
		return fits && err == nil
	})
}

// enter counts a call of a phone, or says why it may have no more.
func (t *Tolls) enter(phone string, limits TollLimits, now time.Time) (why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep(now)
	a := t.accounts[phone]
	if a == nil {
		a = &tollAccount{}
	}
	a.forget(now)
	switch {
	case limits.MaxCalls > 0 && a.live >= limits.MaxCalls:
		return fmt.Sprintf("%d of its calls are up there, the most that it may have", a.live)
	case limits.CallsPerMinute > 0 && len(a.begun) >= limits.CallsPerMinute:
		return fmt.Sprintf("it has begun %d calls in the last minute, the most that it may", len(a.begun))
	}
	a.live++
	if limits.CallsPerMinute > 0 {
		a.begun = append(a.begun, now)
	}
	t.accounts[phone] = a
	return ""
}

func (t *Tolls) leave(phone string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a := t.accounts[phone]; a != nil {
		a.live--
	}
}

// sweep forgets, once a minute, the phones that have nothing to be remembered for.
func (t *Tolls) sweep(now time.Time) {
	if now.Sub(t.swept) < time.Minute {
		return
	}
	t.swept = now
	for phone, a := range t.accounts {
		if a.forget(now); a.live == 0 && len(a.begun) == 0 {
			delete(t.accounts, phone)
		}
	}
}

// forget leaves the calls of the last minute.
func (a *tollAccount) forget(now time.Time) {
	a.begun = slices.DeleteFunc(a.begun, func(at time.Time) bool { return now.Sub(at) >= time.Minute })
}

// Refused is how many calls have been refused since the start.
func (t *Tolls) Refused() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.refused
}
