package function

import (
	"errors"
	"strings"

	"dialtone/ivr"
	"dialtone/ivr/schedule"
)

var logic = []ivr.Function{
	{Name: "IF", Synopsis: "one of two texts, by a condition", Syntax: "condition?text[:text]",
		Doc: "The first text if the condition holds, as for GotoIf, else the second. Blanks round a text are dropped, and quotes, which keep a colon in it.", Read: ifElse},
	{Name: "IFTIME", Synopsis: "one of two texts, by the time", Syntax: "times,weekdays,mdays,months[,timezone]?text[:text]",
		Doc: "The first text if the time is now within the given times, else the second; nothing if the times make no sense.", Read: ifTime},
	{Name: "EXISTS", Synopsis: "whether a text is not empty", Syntax: "text", Doc: "A blank counts.",
		Read: plain(func(s string) string { return truth(s != "") })},
	{Name: "ISNULL", Synopsis: "whether a text is empty", Syntax: "text",
		Read: plain(func(s string) string { return truth(s == "") })},
	{Name: "SET", Synopsis: "set a variable within a text", Syntax: "variable=value", Doc: "Gives the value.", Read: setAndGive},
}

// choose gives one of the texts of yes:no.
func choose(holds bool, texts string) string {
	list := ivr.SplitAt(texts, ':', 2)
	if len(list) == 2 {
		list[1] = strings.ReplaceAll(list[1], `"`, "")
	}
	chosen := argument(list, 1)
	if holds {
		chosen = list[0]
	}
	return strings.Trim(chosen, blanks)
}

func ifElse(_ *ivr.Run, args string) (string, error) {
	part := ivr.SplitAt(args, '?', 2)
	condition := strings.Trim(part[0], blanks)
	if len(part) < 2 || condition == "" {
		return "", nil
	}
	return choose(ivr.True(condition), part[1]), nil
}

func ifTime(r *ivr.Run, args string) (string, error) {
	times, texts, question := strings.Cut(args, "?")
	if !question {
		return "", errors.New("needs times?text:text")
	}
	spec, err := schedule.ParseTimeSpec(times)
	if err != nil {
		return "", err
	}
	return choose(spec.Match(r.Now()), texts), nil
}

func setAndGive(r *ivr.Run, args string) (string, error) {
	name, value, equals := strings.Cut(args, "=")
	if !equals {
		return "", errors.New("needs variable=value")
	}
	value = strings.Trim(value, blanks)
	r.Set(strings.Trim(name, blanks), value)
	return value, nil
}
