package function

import (
	"errors"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

var places = []ivr.Function{
	{Name: "DIALPLAN_EXISTS", Synopsis: "whether a place of the dialplan exists", Syntax: "context[,extension[,priority or label]]", Read: exists},
	{Name: "VALID_EXTEN", Synopsis: "whether a place of the dialplan exists", Syntax: "[context],extension[,priority or label]",
		Doc: "As DIALPLAN_EXISTS; without a context in the present one. An older name.", Read: exists},
}

func exists(r *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 3)
	p := dialplan.Place{Context: list[0], Exten: argument(list, 1), Priority: 1}
	switch {
	case p.Context == "" && p.Exten == "":
		return "", errors.New("needs a context")
	case p.Context == "":
		p.Context = r.Place().Context
	case p.Exten == "":
		return truth(r.HasContext(p.Context)), nil
	}
	if priority := argument(list, 2); priority != "" {
		n, ok := ivr.LeadingInt(priority)
		if !ok {
			n, ok = r.Label(p, priority)
		}
		if !ok {
			return "0", nil
		}
		p.Priority = n
	}
	return truth(r.Exists(p)), nil
}
