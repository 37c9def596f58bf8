package app

import (
	"errors"

	"dialtone/ivr"
)

var subroutines = []ivr.App{
	{
		Name: "Gosub", Synopsis: "call a subroutine", Syntax: "[[context,]extension,]priority[(argument[,argument…])]",
		Sets: []string{"ARG1", "ARGC", "GOSUB_RETVAL"},
		Doc: "Goes to the target, with the arguments in ARG1, ARG2 … and their number in ARGC, until Return. " +
			"Quotes keep an argument with commas together and stay part of it. A target that does not exist ends the call.",
		Run: func(r *ivr.Run, args string) error {
			if args == "" {
				return errors.New("needs a target: [[context,]extension,]priority")
			}
			return r.Gosub(args)
		},
	},
	{
		Name: "GosubIf", Synopsis: "call a subroutine if a condition holds", Syntax: "condition?[target[(arguments)]][:[target[(arguments)]]]",
		Sets: []string{"ARG1", "ARGC", "GOSUB_RETVAL"},
		Doc:  "Calls the first subroutine if the condition holds, as for GotoIf, else the second; without that target it goes on.",
		Run:  gosubIf,
	},
	{
		Name: "Return", Synopsis: "return from a subroutine", Syntax: "[value]", Sets: []string{"GOSUB_RETVAL"},
		Doc: "Goes on behind the Gosub called last, with the whole text in GOSUB_RETVAL. The arguments and LOCAL variables of the subroutine vanish. " +
			"Without a Gosub the call ends.",
		Run: func(r *ivr.Run, args string) error { return r.Return(args) },
	},
	{
		Name: "StackPop", Synopsis: "forget where a subroutine was called",
		Doc: "Drops the Gosub called last without returning to it.",
		Run: stackPop,
	},
}

func gosubIf(r *ivr.Run, args string) error {
	part := ivr.SplitRaw(args, '?', 2)
	if len(part) < 2 {
		r.Warn("GosubIf: no ? in %q", args)
		return nil
	}
	targets := ivr.SplitRaw(part[1], ':', 2)
	target := argument(targets, 1)
	if ivr.True(part[0]) {
		target = targets[0]
	}
	if target == "" {
		return nil
	}
	return r.Gosub(target)
}

func stackPop(r *ivr.Run, _ string) error {
	if _, ok := r.PopFrame(); !ok {
		r.Warn("StackPop: there is no Gosub to forget")
	}
	return nil
}
