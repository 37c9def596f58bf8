package app

import (
	"errors"
	"strings"
	"time"

	"dialtone/ivr"
)

var reading = []ivr.App{
	{
		Name: "Read", Synopsis: "read digits into a variable", Syntax: "variable[,filename[&filename…][,maxdigits[,options[,attempts[,timeout]]]]]",
		Sets: []string{"READSTATUS"},
		Doc: "Answers, plays the files and collects digits; a digit stops the files. It ends at #, which is dropped, at the maximum of digits, or when nothing came in time: " +
			"timeout seconds, or TIMEOUT(response) for the first digit and TIMEOUT(digit) for the next. When nothing at all came it is tried again, as often as attempts says. " +
			"Options: s does nothing on an unanswered call; n plays and reads unanswered; i takes the file for the name of a tone; t(digits) other digits in the place of #; " +
			"e makes a lone # the value. READSTATUS is OK, TIMEOUT (the variable holds what came so far), HANGUP, ERROR (no variable, a missing file) or SKIPPED.",
		Run: read,
	},
}

// reader is one Read.
type reader struct {
	files      []string
	tone       string // in the place of files
	max        int
	terminator string
	keep       bool // a lone terminator is the value
	first      time.Duration
	next       time.Duration
}

func read(r *ivr.Run, args string) error {
	list := ivr.SplitArgs(args, 6)
	name := argument(list, 0)
	if name == "" {
		r.Warn("Read: needs the name of a variable")
		r.Set("READSTATUS", "ERROR")
		return nil
	}
	set := options(argument(list, 3))
	x := newReader(r, list, set)
	open, err := opened(r, has(set, 's'), has(set, 'n'))
	if err != nil {
		r.Set("READSTATUS", "HANGUP")
		return err
	}
	if !open {
		r.Set(name, "")
		r.Set("READSTATUS", "SKIPPED")
		return nil
	}
	attempts, _ := ivr.LeadingInt(argument(list, 4))
	for attempt := 1; ; attempt++ {
		digits, status, err := x.read(r)
		r.Set(name, digits)
		r.Set("READSTATUS", status)
		if err != nil || digits != "" || status == "ERROR" || attempt >= attempts {
			return err
		}
	}
}

func newReader(r *ivr.Run, list []string, set map[byte]string) reader {
	x := reader{terminator: "#", max: 255}
	x.next, x.first = r.Timeouts()
	if file := argument(list, 1); file != "" {
		x.files = ivr.SoundNames(file)
	}
	if _, tone := set['i']; tone {
		x.tone, x.files = argument(list, 1), nil
	}
	if n, ok := ivr.LeadingInt(argument(list, 2)); ok && n > 0 {
		x.max = min(n, x.max)
	}
	if terminator, other := set['t']; other {
		x.terminator = terminator
	}
	_, x.keep = set['e']
	if d, ok := seconds(argument(list, 5)); ok && d > 0 {
		x.first, x.next = d, d
	}
	return x
}

// read plays and collects once.
func (x reader) read(r *ivr.Run) (digits, status string, err error) {
	var key byte
	switch {
	case x.tone != "":
		if err := tone(r, "Read", x.tone); err != nil {
			return "", "HANGUP", err
		}
	case len(x.files) > 0:
		key, err = r.Play(x.files, "", keys)
		var missing *ivr.SoundError
		if errors.As(err, &missing) {
			r.Warn("Read: %v", missing)
			return "", "ERROR", nil
		}
		if err != nil {
			return "", "HANGUP", err
		}
	}
	for wait := x.first; ; wait = x.next {
		if key == 0 {
			if key, err = r.ReadDigit(wait); err != nil {
				return digits, "HANGUP", err
			}
		}
		if x.tone != "" {
			if err := r.Indicate(""); err != nil {
				return digits, "HANGUP", err
			}
		}
		switch {
		case key == 0:
			return digits, "TIMEOUT", nil
		case strings.IndexByte(x.terminator, key) >= 0:
			if digits == "" && x.keep {
				digits = string(key)
			}
			return digits, "OK", nil
		}
		digits += string(key)
		if len(digits) >= x.max {
			return digits, "OK", nil
		}
		key = 0
	}
}
