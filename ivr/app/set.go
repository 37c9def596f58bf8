package app

import (
	"strings"

	"dialtone/ivr"
)

var setting = []ivr.App{
	{
		Name: "Set", Synopsis: "set a variable or a function", Syntax: "name=value",
		Doc: "Everything behind the first = is the value, with its commas, quotes and blanks. A name in the form of NAME(arguments) sets a function. " +
			"A name that begins with _ is inherited by the channels that Dial makes, with __ by theirs too. Without = it warns and goes on.",
		Run: set,
	},
	{
		Name: "MSet", Synopsis: "set several variables", Syntax: "name=value[,name=value…]",
		Doc: "Sets each as Set does; quotes are taken off the values, and a \\, is a comma of the value.",
		Run: mset,
	},
}

func set(r *ivr.Run, args string) error {
	name, value, equals := strings.Cut(args, "=")
	if !equals {
		r.Warn("Set: no = in %q", args)
		return nil
	}
	if strings.Contains(name, " ") && !strings.HasSuffix(name, ")") {
		r.Warn("Set: the blanks are part of the variable's name %q", name)
	}
	r.Set(name, value)
	return nil
}

func mset(r *ivr.Run, args string) error {
	if args == "" {
		r.Warn("MSet: needs name=value")
		return nil
	}
	for _, pair := range ivr.SplitArgs(args, 0) {
		if err := set(r, pair); err != nil {
			return err
		}
	}
	return nil
}
