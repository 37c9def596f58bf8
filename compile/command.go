package compile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"dialtone/ivr/check"
	"dialtone/ivr/dialplan"
)

// Command checks what a custom destination would execute, such as Goto(dp-ivr-example,s,1), beside a dialplan. An error is one for
// the person who wrote it: no such application, with the one that was probably meant, or a text that cannot be read. What
// may be right later, as a place that is not in the dialplan yet, is a warning.
func Command(text string, plan *dialplan.Plan, known check.Known) (warnings []string, err error) {
	written := command(text)
	if programs.MatchString(written) {
		return nil, errors.New("a destination runs no programs of the system")
	}
	c, problems := dialplan.Read("command", "[command]\nexten = s,1,"+written+"\n", nil)
	if len(problems) > 0 {
		return nil, errors.New(problems[0].Text)
	}
	if c == nil || len(c.Extensions) == 0 {
		return nil, fmt.Errorf("%q is no application with its arguments", text)
	}
	for _, f := range check.Alone(plan, c.Extensions[0].Priorities[:1], known) {
		said := f.Text
		if f.Suggest != "" {
			said += " (did you mean " + f.Suggest + "?)"
		}
		if slices.Contains(refused, f.Code) {
			err = errors.Join(err, errors.New(said))
		} else {
			warnings = append(warnings, said)
		}
	}
	return warnings, err
}

// refused are the faults with which a command cannot be meant.
var refused = []check.Code{check.UnknownApplication, check.Unavailable, check.Unclosed}

// programs is System or TrySystem, by itself or within Exec and the like.
var programs = regexp.MustCompile(`(?i)\b(try)?system\s*\(`)
