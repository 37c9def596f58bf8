package app

import "dialtone/ivr"

var branches = []ivr.App{
	{
		Name: "If", Synopsis: "execute lines if a condition holds", Syntax: "condition",
		Doc: "Goes on if the condition holds, as for GotoIf, else to the next ElseIf, behind the Else, or behind the EndIf that belongs to it.",
		Run: ifBranch,
	},
	{
		Name: "ElseIf", Synopsis: "execute lines if another condition holds", Syntax: "condition",
		Doc: "When no branch before it was taken, goes on if the condition holds, else as If does. After a branch that was taken it goes behind the EndIf.",
		Run: elseIf,
	},
	{
		Name: "Else", Synopsis: "execute lines if no condition before held",
		Doc: "Ends the branch before it: goes behind the EndIf.",
		Run: leaveIf,
	},
	{
		Name: "EndIf", Synopsis: "end of the lines of If",
		Doc: "Goes on.",
		Run: func(*ivr.Run, string) error { return nil },
	},
	{
		Name: "ExitIf", Synopsis: "leave the lines of If",
		Doc: "Goes on behind the EndIf of the If in whose lines it stands. Outside of one it goes on.",
		Run: leaveIf,
	},
}

var ifBlock = ivr.Block{Open: "if", Close: "endif"}

func ifBranch(r *ivr.Run, condition string) error {
	if ivr.True(condition) {
		return nil
	}
	if next, ok := r.Partner(ifBlock, 1, "elseif"); ok && !elseBefore(r, next) {
		r.TryBranch(next)
		return nil
	}
	if next, ok := r.Partner(ifBlock, 1, "else", "endif"); ok {
		return toPriority(r, next+1)
	}
	r.Warn("If: no EndIf follows in this extension")
	return nil
}

// elseBefore tells whether an Else stands before a priority in the present block:
// an ElseIf behind it is never reached.
func elseBefore(r *ivr.Run, priority int) bool {
	other, ok := r.Partner(ifBlock, 1, "else")
	return ok && other < priority
}

func elseIf(r *ivr.Run, condition string) error {
	if r.BranchTried() {
		return ifBranch(r, condition)
	}
	return leaveIf(r, "")
}

func leaveIf(r *ivr.Run, _ string) error {
	_, inside := r.Partner(ifBlock, -1, "if")
	end, closed := r.Partner(ifBlock, 1, "endif")
	if !inside || !closed {
		r.Warn("there is no If … EndIf round this line")
		return nil
	}
	return toPriority(r, end+1)
}
