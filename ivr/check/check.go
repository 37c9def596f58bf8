// Package check finds the faults of a dialplan before a caller does: lines that
// were refused, applications and functions that do not exist, jumps that lead
// nowhere, sounds that are missing. Each [Finding] names the line.
//
// An error is what ends a call, or a line that is not there; a warning is what may
// well be meant, or depends on more than the text. Only what the text itself says
// is judged: a target or a sound that a variable makes is passed over, unless the
// plan sets that variable to one constant.
package check

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// Severity is how bad a finding is.
type Severity string

const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Finding is one fault.
type Finding struct {
	Pos      dialplan.Pos `json:"pos"`
	Severity Severity     `json:"severity"`
	Text     string       `json:"text"`
	Suggest  string       `json:"suggest,omitempty"` // what may have been meant
}

// String is the finding in one line, with its place.
func (f Finding) String() string {
	s := fmt.Sprintf("%s: %s", f.Pos, f.Text)
	if f.Suggest != "" {
		s += " (did you mean " + f.Suggest + "?)"
	}
	return s
}

// Known is what there is beside the dialplan.
type Known struct {
	Apps      map[string]*ivr.App      // by lower-case name
	Functions map[string]*ivr.Function // by name
	// Sounds tells whether a sound exists, and where it was looked for; nil: sounds
	// are not checked.
	Sounds func(name string) (looked []string, ok bool)
}

// Plan checks a dialplan and adds the problems of its loading; plan may be nil,
// when it was refused. The findings come in the order of the files and lines.
func Plan(plan *dialplan.Plan, problems []dialplan.Problem, k Known) []Finding {
	c := &checker{plan: plan, known: k}
	for _, p := range problems {
		severity := Warning
		if p.Severity == dialplan.Error || p.Structure {
			severity = Error
		}
		c.findings = append(c.findings, Finding{p.Pos, severity, p.Text, p.Suggest})
	}
	if plan != nil {
		c.constants = constants(plan)
		c.includers = includers(plan)
		for _, context := range plan.Contexts {
			for _, extension := range context.Extensions {
				for _, line := range extension.Priorities {
					c.line(line)
				}
			}
		}
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	return c.findings
}

// checker is one check under way.
type checker struct {
	plan      *dialplan.Plan
	known     Known
	constants map[string]string   // variables with one constant value
	includers map[string][]string // contexts from which a context is reached, itself first
	at        *dialplan.Priority
	findings  []Finding
}

// add notes a fault at an offset in the arguments of the present line; below 0 it
// is the application.
func (c *checker) add(severity Severity, offset int, suggest, format string, args ...any) {
	pos := c.at.Pos
	if offset >= 0 && pos.Column > 0 {
		pos.Column += len(c.at.App) + 1 + offset
	}
	c.findings = append(c.findings, Finding{pos, severity, fmt.Sprintf(format, args...), suggest})
}

// line checks one line of the plan.
func (c *checker) line(p *dialplan.Priority) {
	c.at = p
	c.functions(p.Args)
	c.call(p.App, p.Args, -1)
}

// call checks an application with its arguments, which stand at an offset in
// those of the line; below 0 they are those of the line.
func (c *checker) call(name, args string, offset int) {
	app := c.app(name, offset)
	if app == nil {
		return
	}
	inner := max(offset, 0)
	switch strings.ToLower(app.Name) {
	case "goto":
		c.target(args, inner)
	case "gosub":
		c.target(beforeBracket(args), inner)
	case "gotoif", "gotoiftime", "gosubif":
		yes, no := branches(args)
		c.target(beforeBracket(yes), inner)
		c.target(beforeBracket(no), inner)
	case "execif", "execiftime":
		yes, no := branches(args)
		c.innerCall(yes, inner)
		c.innerCall(no, inner)
	case "exec", "tryexec":
		c.innerCall(args, inner)
	case "playback", "background":
		c.sounds(first(args), inner)
	case "read":
		if list := split(args, ','); len(list) > 1 && (len(list) < 4 || !strings.Contains(list[3], "i")) {
			c.sounds(list[1], inner)
		}
	}
}

// innerCall checks App(args) within the arguments of another application.
func (c *checker) innerCall(text string, offset int) {
	name, args, bracket := strings.Cut(text, "(")
	if bracket {
		if end := strings.LastIndexByte(args, ')'); end >= 0 {
			args = args[:end]
		}
	}
	if name = strings.TrimSpace(name); name != "" && !strings.Contains(name, "$") {
		c.call(name, args, offset)
	}
}

// app finds an application, or says what is wrong with its name.
func (c *checker) app(name string, offset int) *ivr.App {
	if app := c.known.Apps[strings.ToLower(name)]; app != nil {
		return app
	}
	trimmed := strings.TrimSpace(name)
	lower := strings.ToLower(trimmed)
	switch {
	case trimmed == "":
		c.add(Error, offset, "", "no application: the call ends here")
	case strings.Contains(name, "${"), strings.Contains(name, "$["):
		c.add(Error, offset, "", "unknown application %q: a variable cannot stand in its name", name)
	case trimmed != name && c.known.Apps[lower] != nil:
		c.add(Error, offset, c.known.Apps[lower].Name, "unknown application %q: the blank before the bracket is part of the name", name)
	case replaced[lower] != "":
		c.add(Error, offset, "", "application %q does not exist any more: %s", trimmed, replaced[lower])
	case asteriskApps[lower]:
		c.add(Error, offset, "", "application %q is not available in this version", trimmed)
	default:
		var names []string
		for _, app := range c.known.Apps {
			names = append(names, app.Name)
		}
		c.add(Error, offset, nearest(trimmed, names), "unknown application %q", name)
	}
	return nil
}

// call of a function within a text: ${NAME(…
var functionCall = regexp.MustCompile(`\$\{([^${}()\[\]:]+)\(`)

// functions checks the functions that a line reads or sets.
func (c *checker) functions(args string) {
	for _, at := range functionCall.FindAllStringSubmatchIndex(args, -1) {
		c.function(args[at[2]:at[3]], at[2])
	}
	if strings.EqualFold(c.at.App, "set") || strings.EqualFold(c.at.App, "mset") {
		name, _, _ := strings.Cut(args, "=")
		if open := strings.IndexByte(name, '('); open > 0 && strings.HasSuffix(name, ")") && !strings.Contains(name[:open], "$") {
			c.function(name[:open], 0)
		}
	}
}

func (c *checker) function(name string, offset int) {
	if c.known.Functions[name] != nil {
		return
	}
	if asteriskFunctions[name] {
		c.add(Warning, offset, "", "function %q is not available in this version: it gives an empty text", name)
		return
	}
	var names []string
	for known := range c.known.Functions {
		names = append(names, known)
	}
	suggest := strings.ToUpper(strings.TrimSpace(name))
	if c.known.Functions[suggest] == nil {
		suggest = nearest(name, names)
	}
	c.add(Warning, offset, suggest, "unknown function %q: it gives an empty text", name)
}
