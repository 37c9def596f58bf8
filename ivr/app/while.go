package app

import "dialtone/ivr"

// Blocks of lines belong together by their order in the extension; see
// ivr.Run.Partner.

var blocks = []ivr.App{
	{
		Name: "While", Synopsis: "repeat lines while a condition holds", Syntax: "condition",
		Doc: "Goes on if the condition holds, as for GotoIf, else behind its EndWhile.",
		Run: while,
	},
	{
		Name: "EndWhile", Synopsis: "end of the lines that While repeats",
		Doc: "Goes back to its While. Without one it goes on.",
		Run: endWhile,
	},
	{
		Name: "ContinueWhile", Synopsis: "test the condition of While again",
		Doc: "Goes back to the While in whose lines it stands. Outside of one it goes on.",
		Run: continueWhile,
	},
	{
		Name: "ExitWhile", Synopsis: "leave the lines that While repeats",
		Doc: "Goes on behind the EndWhile of the While in whose lines it stands. Outside of one it goes on.",
		Run: exitWhile,
	},
}

var whileBlock = ivr.Block{Open: "while", Close: "endwhile"}

// toPriority goes to another priority of the present extension.
func toPriority(r *ivr.Run, priority int) error {
	p := r.Place()
	p.Priority = priority
	r.Goto(p)
	return nil
}

func while(r *ivr.Run, condition string) error {
	if ivr.True(condition) {
		r.EnterLoop()
		return nil
	}
	r.LeaveLoop(r.Place())
	end, ok := r.Partner(whileBlock, 1, "endwhile")
	if !ok {
		r.Warn("While: no EndWhile follows in this extension")
		return nil
	}
	return toPriority(r, end+1)
}

// backToWhile goes to the While in whose lines the run stands or, when the text
// has none, to the one entered last in this extension.
func backToWhile(r *ivr.Run, name string) error {
	if start, ok := r.Partner(whileBlock, -1, "while"); ok {
		return toPriority(r, start)
	}
	if p, ok := r.OpenLoop(); ok {
		r.Goto(p)
		return nil
	}
	r.Warn("%s: there is no While before it", name)
	return nil
}

func endWhile(r *ivr.Run, _ string) error { return backToWhile(r, "EndWhile") }

func continueWhile(r *ivr.Run, _ string) error { return backToWhile(r, "ContinueWhile") }

func exitWhile(r *ivr.Run, _ string) error {
	start, inside := r.Partner(whileBlock, -1, "while")
	end, closed := r.Partner(whileBlock, 1, "endwhile")
	if !inside || !closed {
		r.Warn("ExitWhile: it stands in no While … EndWhile")
		return nil
	}
	p := r.Place()
	p.Priority = start
	r.LeaveLoop(p)
	return toPriority(r, end+1)
}
