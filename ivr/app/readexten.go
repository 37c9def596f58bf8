package app

import (
	"errors"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

var readingExtensions = []ivr.App{
	{
		Name: "ReadExten", Synopsis: "read an extension into a variable", Syntax: "variable[,filename[,context[,options[,timeout]]]]",
		Sets: []string{"READEXTENSTATUS", "INVALID_EXTEN"},
		Doc: "Answers, plays the file and collects digits until no longer extension of the context (the present one, unless named) begins with them. " +
			"The first digit has TIMEOUT(response), counted from the beginning of the file, the others TIMEOUT(digit); timeout seconds replace both. " +
			"READEXTENSTATUS is OK, TIMEOUT (nothing came, the variable is t), INVALID (the variable is i, the digits are in INVALID_EXTEN), HANGUP, SKIP or ERROR (no variable). " +
			"A # behind an extension ends it. Options: s nothing on an unanswered call; n reads unanswered; i the file is the name of a tone.",
		Run: readExten,
	},
}

func readExten(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 5)
	name, context, set := argument(list, 0), argument(list, 2), options(argument(list, 3))
	if name == "" {
		r.Warn("ReadExten: needs the name of a variable")
		r.Set("READEXTENSTATUS", "ERROR")
		return nil
	}
	if context == "" {
		context = r.Place().Context
	}
	open, err := opened(r, has(set, 's'), has(set, 'n'))
	if err != nil {
		r.Set("READEXTENSTATUS", "HANGUP")
		return err
	}
	if !open {
		r.Set("READEXTENSTATUS", "SKIP")
		return nil
	}
	next, first := r.Timeouts()
	if d, ok := seconds(argument(list, 4)); ok && d > 0 {
		first, next = d, d
	}
	if err := prompt(r, argument(list, 1), has(set, 'i')); err != nil {
		r.Set("READEXTENSTATUS", "HANGUP")
		return err
	}
	digits, err := collectExten(r, context, first, next)
	if err != nil {
		r.Set("READEXTENSTATUS", "HANGUP")
		return err
	}
	value, status := digits, "OK"
	switch {
	case digits == "":
		value, status = "t", "TIMEOUT"
	case !r.Exists(dialplan.Place{Context: context, Exten: digits, Priority: 1}):
		r.Set("INVALID_EXTEN", digits)
		value, status = "i", "INVALID"
	}
	r.Set(name, value)
	r.Set("READEXTENSTATUS", status)
	return nil
}

// prompt begins a sound, or the tone of a name; what is missing is warned of.
func prompt(r *ivr.Run, name string, isTone bool) error {
	switch {
	case name == "":
		return nil
	case isTone:
		return tone(r, "ReadExten", name)
	}
	_, err := r.Start([]string{name}, "", 0)
	var missing *ivr.SoundError
	if errors.As(err, &missing) {
		r.Warn("ReadExten: %v", missing)
		return nil
	}
	return err
}

// collectExten reads digits as long as they could become a longer extension. The first
// one ends what plays.
func collectExten(r *ivr.Run, context string, first, next time.Duration) (digits string, err error) {
	for wait := first; ; wait = next {
		key, err := r.ReadDigit(wait)
		if err != nil {
			return digits, err
		}
		r.Stop()
		if key == 0 {
			return digits, nil
		}
		m := r.Match(context, digits+string(key))
		if !m.MatchMore && !m.Exists && key == '#' {
			return digits, nil
		}
		digits += string(key)
		if !m.MatchMore || len(digits) >= 255 {
			return digits, nil
		}
	}
}
