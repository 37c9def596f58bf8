package function

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"dialtone/ivr"
)

var scopes = []ivr.Function{
	{Name: "GLOBAL", Synopsis: "a variable that all calls share", Syntax: "variable",
		Read: func(r *ivr.Run, args string) (string, error) {
			value, _ := r.Globals().Get(args)
			return value, nil
		},
		Write: func(r *ivr.Run, args, value string) error {
			r.SetGlobal(args, value)
			return nil
		}},
	{Name: "GLOBAL_EXISTS", Synopsis: "whether a global variable is set", Syntax: "variable",
		Read: func(r *ivr.Run, args string) (string, error) {
			_, ok := r.Globals().Get(args)
			return truth(ok), nil
		}},
	{Name: "VARIABLE_EXISTS", Synopsis: "whether a variable is set", Syntax: "variable",
		Read: func(r *ivr.Run, args string) (string, error) {
			_, ok := r.Variable(args)
			return truth(ok), nil
		}},
	{Name: "LOCAL", Synopsis: "a variable of a subroutine", Syntax: "variable", Doc: "Set within a Gosub it lasts until the Return, and hides a variable of its name meanwhile.",
		Read: func(r *ivr.Run, args string) (string, error) { return r.Value(args), nil },
		Write: func(r *ivr.Run, args, value string) error {
			if !r.InSubroutine() {
				return errors.New("there is no Gosub whose variable it could be")
			}
			r.SetLocal(args, value)
			return nil
		}},
	{Name: "LOCAL_PEEK", Synopsis: "a variable as an outer subroutine sees it", Syntax: "n,variable", Doc: "n is how many local definitions to go up; 0 is the present one.",
		Read: func(r *ivr.Run, args string) (string, error) {
			list := ivr.SplitArgs(args, 2)
			n, ok := ivr.LeadingInt(list[0])
			if !ok || len(list) < 2 {
				return "", errors.New("needs a number and a variable")
			}
			return r.LocalPeek(n, list[1]), nil
		}},
	{Name: "STACK_PEEK", Synopsis: "where a subroutine was called", Syntax: "n,c|e|p|l[,suppress]",
		Doc: "Of the nth Gosub from the last: its context, its extension, its priority, or all of them. A number too great is warned of, unless suppress is 1.", Read: stackPeek},
	{Name: "EXCEPTION", Synopsis: "why the run went to e", Syntax: "reason|context|exten|priority",
		Doc: "The reason: INVALID, RESPONSETIMEOUT, ABSOLUTETIMEOUT, ERROR or that of RaiseException; or the place where it happened.", Read: exception},
}

func stackPeek(r *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 3)
	n, ok := ivr.LeadingInt(list[0])
	if !ok || len(list) < 2 {
		return "", errors.New("needs a number and one of c, e, p, l")
	}
	p, ok := r.StackPeek(n)
	if !ok {
		if ivr.True(argument(list, 2)) {
			return "", nil
		}
		return "", fmt.Errorf("there are fewer than %d subroutines", n)
	}
	switch strings.ToLower(list[1]) {
	case "c":
		return p.Context, nil
	case "e":
		return p.Exten, nil
	case "p":
		return strconv.Itoa(p.Priority), nil
	case "l":
		return fmt.Sprintf("%s,%s,%d", p.Context, p.Exten, p.Priority), nil
	}
	return "", fmt.Errorf("unknown item %q: use c, e, p or l", list[1])
}

func exception(r *ivr.Run, args string) (string, error) {
	e := r.Exception()
	if e.Reason == "" {
		return "", errors.New("there was no exception")
	}
	switch strings.ToLower(args) {
	case "reason":
		return e.Reason, nil
	case "context":
		return e.Place.Context, nil
	case "exten":
		return e.Place.Exten, nil
	case "priority":
		return strconv.Itoa(e.Place.Priority), nil
	}
	return "", fmt.Errorf("unknown item %q: use reason, context, exten or priority", args)
}
