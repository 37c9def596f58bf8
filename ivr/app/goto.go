package app

import (
	"errors"
	"strings"

	"dialtone/ivr"
	"dialtone/ivr/schedule"
)

var going = []ivr.App{
	{
		Name: "Goto", Synopsis: "go on elsewhere", Syntax: "[[context,]extension,]priority",
		Doc: "Goes to a priority: its number, its label, or +n or -n from the present one. An unknown label or no argument ends the call; " +
			"an extension that does not exist shows at the next step (i). Blanks are part of the names.",
		Run: func(r *ivr.Run, args string) error { return r.GotoTarget(args) },
	},
	{
		Name: "GotoIf", Synopsis: "go on elsewhere if a condition holds", Syntax: "condition?[target][:[target]]",
		Doc: "Goes to the first target if the condition holds, else to the second; without that target it goes on. " +
			"False is a condition that is empty or begins with the integer 0; all else is true. Targets as for Goto.",
		Run: gotoIf,
	},
	{
		Name: "GotoIfTime", Synopsis: "go on elsewhere at certain times", Syntax: "times,weekdays,mdays,months[,timezone]?[target][:[target]]",
		Doc: "Goes to the first target if the time is now within the given times, else to the second; without that target it goes on. " +
			"Times that make no sense are never. Without an argument the call ends.",
		Run: gotoIfTime,
	},
	{
		Name: "RaiseException", Synopsis: "go to the extension e", Syntax: "reason", Sets: nil,
		Doc: "Goes to the extension e of the context, where EXCEPTION(reason) is the given text.",
		Run: raiseException,
	},
	{
		Name: "Incomplete", Synopsis: "ask for more digits", Syntax: "[n]",
		Doc: "The extension is not complete: if longer ones exist, further digits are collected behind those dialled (none come: t), otherwise the run goes to i. " +
			"Answers unless the option is n.",
		Run: incomplete,
	},
}

func gotoIf(r *ivr.Run, args string) error {
	condition, yes, no, question := ivr.Branches(args)
	if !question {
		r.Warn("GotoIf: no ? in %q", args)
		return nil
	}
	return branch(r, ivr.True(condition), yes, no)
}

// branch goes to one of two targets; an empty one goes on.
func branch(r *ivr.Run, holds bool, yes, no string) error {
	target := no
	if holds {
		target = yes
	}
	if target == "" {
		return nil
	}
	return r.GotoTarget(target)
}

func gotoIfTime(r *ivr.Run, args string) error {
	if args == "" {
		return errors.New("needs times and a target")
	}
	times, yes, no, _ := ivr.Branches(args)
	return branch(r, isNow(r, times), yes, no)
}

// isNow tests times against the call's clock; times that make no sense are never.
func isNow(r *ivr.Run, times string) bool {
	spec, err := schedule.ParseTimeSpec(times)
	if err != nil {
		r.Warn("%v", err)
		return false
	}
	return spec.Match(r.Now())
}

func raiseException(r *ivr.Run, reason string) error {
	if !r.RaiseException(reason) {
		return errors.New("the context has no extension e")
	}
	return nil
}

func incomplete(r *ivr.Run, args string) error {
	if r.Over() {
		return ivr.ErrHangup
	}
	if !strings.Contains(args, "n") {
		if err := answered(r); err != nil {
			return err
		}
	}
	return r.Incomplete()
}
