package app

import (
	"strings"
	"time"

	"dialtone/ivr"
)

var waiting = []ivr.App{
	{
		Name: "Wait", Synopsis: "wait", Syntax: "seconds",
		Doc: "Waits; fractions are allowed. Digits pressed meanwhile are lost. An empty, bad or negative number: no wait.",
		Run: wait,
	},
	{
		Name: "WaitExten", Synopsis: "wait for an extension to be dialled", Syntax: "[seconds[,options]]",
		Doc: "Waits for a digit; with it the run collects an extension, where each further digit has TIMEOUT(digit). " +
			"Without a number, or with a bad one, it waits TIMEOUT(response). Nothing pressed: the run goes on at the next priority if there is one, else at t, else at e. " +
			"Option d(tone) plays a tone meanwhile, the dial tone if none is named; m(class) plays music on hold.",
		Run: waitExten,
	},
	{
		Name: "WaitDigit", Synopsis: "wait for a digit", Syntax: "seconds[,digits]", Sets: []string{"WAITDIGITSTATUS", "WAITDIGITRESULT"},
		Doc: "Waits for one of the digits (all, if none are named; others are ignored). WAITDIGITSTATUS is DTMF, with the digit in WAITDIGITRESULT, TIMEOUT, " +
			"or ERROR when the call ended or the number is bad.",
		Run: waitDigit,
	},
	{
		Name: "WaitUntil", Synopsis: "wait until a moment", Syntax: "epoch", Sets: []string{"WAITUNTILSTATUS"},
		Doc: "Waits until that many seconds since 1970, fractions allowed. WAITUNTILSTATUS is OK, PAST, FAILURE (no number) or HANGUP. Digits pressed meanwhile are lost.",
		Run: waitUntil,
	},
}

func wait(r *ivr.Run, args string) error {
	d, ok := seconds(args)
	if !ok && args != "" {
		r.Warn("Wait: %q is no number of seconds", args)
	}
	return waitLosing(r, r.Now().Add(max(d, 0)))
}

// waitLosing waits until a moment, which a resumed run still knows, and throws
// away the digits pressed meanwhile.
func waitLosing(r *ivr.Run, until time.Time) error {
	if !r.Kept(&until) && until.After(r.Now()) {
		r.Keep(until)
	}
	if err := r.Sleep(until.Sub(r.Now())); err != nil {
		return err
	}
	for {
		if key, err := r.ReadDigit(0); key == 0 || err != nil {
			return err
		}
	}
}

func waitExten(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 2)
	d, _ := seconds(argument(list, 0))
	if d <= 0 {
		_, d = r.Timeouts()
	}
	beside, err := besideWait(r, options(argument(list, 1)))
	if err != nil {
		return err
	}
	until := r.Now().Add(d)
	if !r.Kept(&until) {
		r.Keep(until)
	}
	key, err := r.ReadDigit(until.Sub(r.Now()))
	if err != nil {
		return err
	}
	if beside {
		r.Stop()
	}
	if key == 0 {
		return r.NoDigit()
	}
	r.Collect(string(key))
	return nil
}

func waitDigit(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 2)
	d, ok := seconds(argument(list, 0))
	r.Set("WAITDIGITRESULT", "")
	if !ok || d < 0 {
		r.Warn("WaitDigit: %q is no number of seconds", argument(list, 0))
		r.Set("WAITDIGITSTATUS", "ERROR")
		return nil
	}
	accepted := argument(list, 1)
	for until := r.Now().Add(d); ; {
		key, err := r.ReadDigit(until.Sub(r.Now()))
		switch {
		case err != nil:
			r.Set("WAITDIGITSTATUS", "ERROR")
			return err
		case key == 0:
			r.Set("WAITDIGITSTATUS", "TIMEOUT")
			return nil
		case accepted == "" || strings.IndexByte(accepted, key) >= 0:
			r.Set("WAITDIGITSTATUS", "DTMF")
			r.Set("WAITDIGITRESULT", string(key))
			return nil
		}
	}
}

func waitUntil(r *ivr.Run, args string) error {
	epoch, ok := seconds(args)
	until := time.Unix(0, 0).Add(epoch)
	switch {
	case !ok:
		r.Warn("WaitUntil: %q is no number of seconds since 1970", args)
		r.Set("WAITUNTILSTATUS", "FAILURE")
		return nil
	case until.Before(r.Now()):
		r.Set("WAITUNTILSTATUS", "PAST")
		return nil
	}
	if err := waitLosing(r, until); err != nil {
		r.Set("WAITUNTILSTATUS", "HANGUP")
		return err
	}
	r.Set("WAITUNTILSTATUS", "OK")
	return nil
}
