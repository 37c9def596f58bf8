package check

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"dialtone/ivr/dialplan"
)

// contexts checks what a context is made of, beside its lines.
func (c *checker) contexts() {
	named := c.namedExtensions()
	for _, context := range c.plan.Contexts {
		for _, s := range context.Switches {
			c.findings = append(c.findings, Finding{s.Pos, Warning, Switch,
				fmt.Sprintf("%s of [%s] does nothing: extensions from elsewhere are not supported", s.Kind, context.Name), ""})
		}
		for _, i := range context.Includes {
			if _, spec, ok := strings.Cut(strings.ReplaceAll(i.Text, "|", ","), ","); ok && never(spec) {
				c.findings = append(c.findings, Finding{i.Pos, Warning, Time,
					fmt.Sprintf("the include of [%s] never matches: none of its months has such a day", i.Context), ""})
			}
		}
		for _, e := range context.Extensions {
			if len(e.Priorities) > 0 {
				c.here = e.Priorities[0]
				c.pattern(e, named)
			}
		}
		c.swallowed(context)
	}
}

// namedExtensions are those to which a jump leads by their very name.
func (c *checker) namedExtensions() map[string]bool {
	named := map[string]bool{}
	for i := range c.nodes {
		n := &c.nodes[i]
		for _, call := range n.calls {
			for _, j := range c.jumps(n.line, call) {
				named[j.exten] = true
			}
		}
	}
	return named
}

var (
	// unmarked is a name that looks like a pattern without its underscore.
	unmarked = regexp.MustCompile(`^(\+?[0-9*#]*[XNZ][0-9XNZ]+[.!]?|\+?[0-9*#XNZ]*[0-9][XNZ][.!]?|[0-9*#]*[0-9][x]+[.!]?|[XNZ]+[.!]|[0-9]+[.!]|[0-9XNZ]*\[[0-9-]+\][0-9XNZ.!]*)$`)
	reversed = regexp.MustCompile(`[0-9]-[0-9]|[a-z]-[a-z]|[A-Z]-[A-Z]`)
)

// pattern checks an extension's name.
func (c *checker) pattern(e *dialplan.Extension, named map[string]bool) {
	name := e.Name
	switch {
	case name == "_":
		c.add(Pattern, Warning, -1, "", "the pattern \"_\" matches nothing")
	case !strings.HasPrefix(name, "_"):
		if unmarked.MatchString(name) && !named[name] {
			c.add(Pattern, Warning, -1, "_"+name, "extension %q is no pattern: only a caller who dials these very letters gets here", name)
		}
	default:
		tail := strings.IndexAny(withoutSets(name), ".!")
		if tail >= 0 && tail < len(withoutSets(name))-1 {
			c.add(Pattern, Warning, -1, "", "in the pattern %q what stands behind the %q does not count", name, withoutSets(name)[tail])
		}
		for _, set := range sets.FindAllString(name, -1) {
			for _, span := range reversed.FindAllString(set, -1) {
				if span[0] > span[2] {
					c.add(Pattern, Warning, -1, fmt.Sprintf("%c-%c", span[2], span[0]), "in the pattern %q the range %s holds nothing", name, span)
				}
			}
		}
	}
}

var sets = regexp.MustCompile(`\[[^\]]*\]`)

// withoutSets puts one character in the place of each set.
func withoutSets(name string) string { return sets.ReplaceAllString(name, "X") }

// swallowed tells of patterns that take t, i or h, for which the dialplan has no
// extension of their own.
func (c *checker) swallowed(context *dialplan.Context) {
	taken := map[*dialplan.Extension][]string{}
	var order []*dialplan.Extension
	for _, name := range []string{"t", "i", "h"} {
		p, ok := c.plan.Find(dialplan.Place{Context: context.Name, Exten: name, Priority: 1}, "", time.Time{})
		if !ok || !strings.HasPrefix(p.Extension.Name, "_") || p.Extension.Name == "_."+name || p.Extension.Context != context {
			continue
		}
		e := p.Extension
		if strings.HasPrefix(e.Name, "_.") || strings.HasPrefix(e.Name, "_!") || strings.EqualFold(e.Name, "_"+name) {
			continue // told when it was loaded, or meant
		}
		if taken[e] == nil {
			order = append(order, e)
		}
		taken[e] = append(taken[e], name)
	}
	for _, e := range order {
		c.here = e.Priorities[0]
		c.add(Pattern, Warning, -1, "", "the pattern %q also matches %s, which are not dialled: timeouts, wrong digits or the end of a call lead here", e.Name, strings.Join(taken[e], ", "))
	}
}
