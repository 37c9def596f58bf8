package ivr

import (
	"slices"
	"strings"

	"dialtone/ivr/dialplan"
)

// A While and its EndWhile belong together by their order in the extension,
// nested ones counted. Asterisk instead remembers the While entered last, so that
// one left by Goto or Return makes later loops misbehave; here what is entered is
// only asked when an EndWhile has no While before it.

// apps gives the applications of the extension where the run stands, by lower-case
// name; index 0 is priority 1.
func (r *Run) apps() []string {
	var list []string
	p := r.place
	for p.Priority = 1; ; p.Priority++ {
		line, ok := r.o.Plan().Find(p, r.caller.Number, r.ch.Now())
		if !ok {
			return list
		}
		list = append(list, strings.ToLower(line.App))
	}
}

// Block is a kind of block of lines: the applications that open and close it, in
// lower case.
type Block struct{ Open, Close string }

// Partner finds another line of the block in which the run stands: from the
// present priority forward (step 1) or back (step -1), the first line whose
// application is in names and not within a nested block. Names in lower case.
func (r *Run) Partner(b Block, step int, names ...string) (priority int, ok bool) {
	deeper, shallower := b.Open, b.Close
	if step < 0 {
		deeper, shallower = b.Close, b.Open
	}
	list, depth := r.apps(), 0
	for i := r.place.Priority - 1 + step; i >= 0 && i < len(list); i += step {
		switch {
		case depth == 0 && slices.Contains(names, list[i]):
			return i + 1, true
		case depth == 0 && list[i] == shallower:
			return 0, false
		case list[i] == deeper:
			depth++
		case list[i] == shallower:
			depth--
		}
	}
	return 0, false
}

// EnterLoop notes that the While at the present place is under way.
func (r *Run) EnterLoop() {
	if _, ok := r.loopAt(r.place); !ok {
		if len(r.loops) >= r.limits.Depth {
			r.loops = r.loops[1:]
		}
		r.loops = append(r.loops, Loop{r.place, len(r.frames)})
	}
}

// LeaveLoop forgets the loop of a While, and those entered within it.
func (r *Run) LeaveLoop(while dialplan.Place) {
	if i, ok := r.loopAt(while); ok {
		r.loops = r.loops[:i]
	}
}

func (r *Run) loopAt(while dialplan.Place) (int, bool) {
	for i, l := range r.loops {
		if l.While == while && l.Depth == len(r.frames) {
			return i, true
		}
	}
	return 0, false
}

// OpenLoop is the While entered last in the extension where the run stands and
// not left by its end.
func (r *Run) OpenLoop() (dialplan.Place, bool) {
	for i := len(r.loops) - 1; i >= 0; i-- {
		l := r.loops[i]
		if l.Depth == len(r.frames) && l.While.Context == r.place.Context && l.While.Exten == r.place.Exten {
			return l.While, true
		}
	}
	return dialplan.Place{}, false
}

// TryBranch goes to the ElseIf at a priority of the present extension, whose
// condition is to be tested: the branches before it were not taken.
func (r *Run) TryBranch(priority int) {
	p := r.place
	p.Priority = priority
	r.Goto(p)
	r.branch = p
}

// BranchTried tells, once, whether TryBranch led to the present priority; else
// the branch before it was taken.
func (r *Run) BranchTried() bool {
	tried := r.branch == r.place
	r.branch = dialplan.Place{}
	return tried
}
