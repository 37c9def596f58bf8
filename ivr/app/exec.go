package app

import (
	"errors"
	"strings"

	"dialtone/ivr"
)

var executing = []ivr.App{
	{
		Name: "ExecIf", Synopsis: "run an application if a condition holds", Syntax: "condition?App[(arguments)][:App[(arguments)]]",
		Doc: "Runs the first application if the condition holds, as for GotoIf, else the second. The parts are found by their brackets, so arguments may hold commas and colons. " +
			"An application that does not exist ends the call if its turn comes; so does a missing ?App.",
		Run: execIf,
	},
	{
		Name: "ExecIfTime", Synopsis: "run an application at certain times", Syntax: "times,weekdays,mdays,months[,timezone]?App[(arguments)][:App[(arguments)]]",
		Doc: "Runs the first application if the time is now within the given times, as for GotoIfTime, else the second.",
		Run: execIfTime,
	},
	{
		Name: "Exec", Synopsis: "run an application", Syntax: "App[(arguments)]",
		Doc: "Runs an application whose name may come from a variable. One that does not exist ends the call.",
		Run: func(r *ivr.Run, args string) error {
			if args == "" {
				return nil
			}
			return r.Exec(call(args))
		},
	},
	{
		Name: "TryExec", Synopsis: "run an application and go on", Syntax: "App[(arguments)]", Sets: []string{"TRYSTATUS"},
		Doc: "Runs an application and goes on whatever it does. TRYSTATUS is SUCCESS, FAILED or NOAPP.",
		Run: tryExec,
	},
}

func execIf(r *ivr.Run, args string) error {
	part := ivr.SplitRaw(args, '?', 2)
	if argument(part, 1) == "" {
		return errors.New("needs condition?App(arguments)")
	}
	return execBranch(r, ivr.True(part[0]), part[1])
}

func execIfTime(r *ivr.Run, args string) error {
	times, apps, _ := strings.Cut(args, "?")
	if apps == "" {
		return errors.New("needs times?App(arguments)")
	}
	return execBranch(r, isNow(r, times), apps)
}

// execBranch runs one of the two applications of yes:no; an empty one does nothing.
func execBranch(r *ivr.Run, holds bool, apps string) error {
	list := ivr.SplitRaw(apps, ':', 2)
	chosen := argument(list, 1)
	if holds {
		chosen = list[0]
	}
	if chosen == "" {
		return nil
	}
	return r.Exec(call(chosen))
}

func tryExec(r *ivr.Run, args string) error {
	if args == "" {
		return nil
	}
	err := r.Exec(call(args))
	var unknown *ivr.UnknownAppError
	var limit *ivr.LimitError
	switch {
	case err == nil:
		r.Set("TRYSTATUS", "SUCCESS")
	case errors.As(err, &limit):
		return err
	case errors.As(err, &unknown):
		r.Warn("TryExec: %v", err)
		r.Set("TRYSTATUS", "NOAPP")
	default:
		r.Set("TRYSTATUS", "FAILED")
	}
	return nil
}
