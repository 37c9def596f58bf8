package app

import (
	"cmp"
	"time"

	"dialtone/ivr"
)

var ending = []ivr.App{
	{
		Name: "Hangup", Synopsis: "end the call", Syntax: "[cause]",
		Doc: "Ends the call with a Q.850 cause, a number or a name like USER_BUSY; without one with what HANGUPCAUSE is, as after a Dial that nobody answered, else 16, normal clearing. The extension h runs, and sees it in HANGUPCAUSE.",
		Run: hangup,
	},
	{
		Name: "Busy", Synopsis: "tell the caller that the line is busy, and end the call", Syntax: "[seconds]",
		Doc: "Rejects an unanswered call as busy (cause 17). On an answered one the busy tone is played for that long, without a number until the caller hangs up.",
		Run: func(r *ivr.Run, args string) error { return signalEnd(r, args, "busy", 17) },
	},
	{
		Name: "Congestion", Synopsis: "tell the caller that the network is congested, and end the call", Syntax: "[seconds]",
		Doc: "Rejects an unanswered call (cause 34). On an answered one the congestion tone is played for that long, without a number until the caller hangs up.",
		Run: func(r *ivr.Run, args string) error { return signalEnd(r, args, "congestion", 34) },
	},
}

func hangup(r *ivr.Run, args string) error {
	cause, ok := ivr.ParseCause(args)
	if !ok {
		cause = cmp.Or(r.Cause(), 16)
		if args != "" {
			r.Warn("Hangup: unknown cause %q, %d is used", args, cause)
		}
	}
	return r.Hangup(cause)
}

// signalEnd tells the caller why the call ends, for a time, and ends it.
func signalEnd(r *ivr.Run, args, tone string, cause int) error {
	d, ok := seconds(args)
	if !ok || d < 0 {
		d = -time.Second // until the caller hangs up
	}
	if err := r.Busy(tone, cause, d); err != nil {
		return err
	}
	return ivr.ErrEnd
}
