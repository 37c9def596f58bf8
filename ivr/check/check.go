// Package check finds the faults of a dialplan before a caller does: lines that
// were refused, applications and functions that do not exist, lines that nothing
// leads to, jumps to nowhere, menus that nobody gets out of, sounds that are
// missing, arguments and expressions that make no sense. Each [Finding] names the
// line and the column, and has a [Code] that stays.
//
// An error is what ends a call, or a line that is not there; a warning is what may
// well be meant, or depends on more than the text. Only what the text itself says
// is judged: where a variable decides, nothing is said, unless the plan gives it
// one constant value. A dialplan without a fault gives no message at all.
//
// Reading order: check.go, call.go (a line taken apart), flow.go (which line
// follows which), then a file per kind of finding.
package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// Severity is how bad a finding is.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // a call ends, or a line is not there
	Warning Severity = "warning" // the call goes on, but hardly as it was meant
)

// Finding is one fault.
type Finding struct {
	Pos      dialplan.Pos `json:"pos"`
	Severity Severity     `json:"severity"`
	Code     Code         `json:"code"`
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
	// Allowed tells whether the configuration allows an application or a function
	// that is off by default (see Guarded); nil: none is.
	Allowed func(name string) bool
}

// Plan checks a dialplan and adds the problems of its loading; plan may be nil,
// when it was refused. The findings come in the order of the files and lines.
func Plan(plan *dialplan.Plan, problems []dialplan.Problem, k Known) []Finding {
	c := &checker{plan: plan, known: k}
	c.problems(problems)
	if plan != nil {
		c.index()
		c.collectVariables()
		c.buildFlow()
		for i := range c.nodes {
			c.line(&c.nodes[i])
		}
		c.unreachable()
		c.menus()
		c.loops()
		c.subroutines()
		c.unsetVariables()
		c.contexts()
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	return slices.CompactFunc(c.findings, func(a, b Finding) bool { return a.Pos == b.Pos && a.Code == b.Code && a.Text == b.Text })
}

// checker is one check under way.
type checker struct {
	plan     *dialplan.Plan
	known    Known
	findings []Finding

	includers  map[string][]string               // contexts in which a context's lines may run, itself first
	reachable  map[string]*reach                 // contexts that are searched for a place
	extensions map[string][]*dialplan.Extension  // by their names without dashes
	patterns   map[*dialplan.Context]bool        // contexts that have patterns
	callers    map[*dialplan.Context][]string    // numbers for which a context has extensions of their own
	own        map[variant][]*dialplan.Extension // by context and name without dashes
	variants   map[variant][]*dialplan.Extension
	names      nameIndex

	nodes    []node
	at       map[*dialplan.Priority]int32 // where in nodes a line is
	near     map[string]string            // application that was probably meant, by what was written
	backs    map[int32]bool               // subroutines that comesBack has looked at
	compared int                          // words compared for suggestions so far; see maxNear
	looked   int                          // lines looked at in loops so far; see maxLooked
	work     int                          // comparisons of patterns so far; see maxWork
	// doubtful are extensions, by context, and labels to which a misspelt jump may have led.
	doubtful map[[2]string]bool

	variables
	here *dialplan.Priority // the line that add tells of
}

// add notes a fault at an offset in the arguments of the present line; below 0 it
// is the application.
func (c *checker) add(code Code, severity Severity, offset int, suggest, format string, args ...any) {
	pos := c.here.Pos
	if offset >= 0 && pos.Column > 0 {
		pos.Column += len(c.here.App) + 1 + offset
	}
	c.findings = append(c.findings, Finding{pos, severity, code, fmt.Sprintf(format, args...), suggest})
}

// line checks what a line says by itself.
func (c *checker) line(n *node) {
	c.here = n.line
	before := len(c.findings)
	defer func() { c.broken(n, c.findings[before:]) }()
	c.references(n.line.Args)
	for _, call := range n.calls {
		app := c.application(call)
		if app == nil {
			continue
		}
		c.arguments(call)
		c.conditions(call)
		c.times(call)
		c.sounds(call)
		for _, j := range c.jumps(n.line, call) {
			c.target(j)
		}
	}
	c.blocks(n)
}

// broken notes that a line with a fault may go elsewhere than it says, so that one
// fault gives one message.
func (c *checker) broken(n *node, faults []Finding) {
	for _, f := range faults {
		switch f.Code {
		case UnknownApplication:
			if n.line.Args == "" {
				n.open = true
				c.doubtful[[2]string{n.line.Extension.Context.Name, n.line.Extension.Name}] = true
			}
		case Unclosed, Arguments, Expression, Condition, Comparison:
			n.open = true
			if name := n.calls[0].name; f.Code != Unclosed && f.Code != Arguments {
				continue
			} else if strings.HasPrefix(name, "goto") || strings.HasPrefix(name, "gosub") || strings.HasPrefix(name, "execif") {
				c.doubtful[[2]string{n.line.Extension.Context.Name, n.line.Extension.Name}] = true
			}
		}
	}
}

// clip shortens a text for a message.
func clip(text string) string {
	if len(text) > 60 {
		return text[:57] + "..."
	}
	return text
}
