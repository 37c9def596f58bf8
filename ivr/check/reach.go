package check

import (
	"fmt"
	"strings"

	"dialtone/ivr/dialplan"
)

// maxWork bounds the comparisons of extensions that the search for other ways to a
// line makes in a whole plan; beyond it nothing is said.
const maxWork = 5_000_000

// unreachable tells of the lines that nothing leads to: neither the line before
// them, nor a jump, nor a block. Priority 1 is dialled.
func (c *checker) unreachable() {
	for i := range c.nodes {
		n := &c.nodes[i]
		if n.entered || n.line.Number == 1 || isMark(n.calls[0].name) || c.enteredOtherwise(n.line) {
			continue
		}
		c.here = n.line
		e := n.line.Extension
		if c.doubtful[[2]string{e.Context.Name, e.Name}] || n.line.Label != "" && c.doubtful[[2]string{"label", n.line.Label}] {
			continue
		}
		before := e.Priority(n.line.Number - 1)
		if e.Priorities[0] == n.line && n.line.Label != "" {
			continue // a subroutine for other files
		}
		if e.Priorities[0] == n.line && !strings.HasPrefix(e.Name, "_") {
			c.add(Unreachable, Warning, -1, "", "extension %q begins with priority %d: without a priority 1 nobody gets here; n counts on from the extension before it", e.Name, n.line.Number)
			continue
		}
		if before == nil {
			c.add(Unreachable, Warning, -1, "", "priority %d is never reached: extension %q has no priority %d%s", n.line.Number, e.Name, n.line.Number-1, orJump(n.line))
			continue
		}
		c.add(Unreachable, Warning, -1, "", "%s is never reached: %s", c.stretch(n), c.blame(before))
	}
}

// isMark tells of the lines that stand for others.
func isMark(name string) bool {
	return name == "else" || name == "elseif" || name == "endif" || name == "endwhile"
}

func orJump(p *dialplan.Priority) string {
	if p.Label != "" {
		return fmt.Sprintf(", and no jump leads to %q", p.Label)
	}
	return ", and no jump leads here"
}

// stretch names the lines that only the first of them leads to.
func (c *checker) stretch(n *node) string {
	last := n.line
	for len(c.nodes[c.at[last]].next) == 1 {
		next := c.nodes[c.at[last]].next[0]
		if c.nodes[next].line.Extension != n.line.Extension || c.nodes[next].line.Number <= last.Number {
			break
		}
		last = c.nodes[next].line
	}
	if last == n.line {
		return fmt.Sprintf("%s (priority %d)", n.line.App, n.line.Number)
	}
	return fmt.Sprintf("%s (priority %d, and what follows it)", n.line.App, n.line.Number)
}

// blame says why the line before does not go on.
func (c *checker) blame(before *dialplan.Priority) string {
	switch call := c.nodes[c.at[before]].calls[0]; call.name {
	case "hangup", "busy", "congestion":
		return fmt.Sprintf("%s before it ends the call, and no jump leads here", call.app)
	case "return":
		return fmt.Sprintf("%s before it leaves the subroutine, and no jump leads here", call.app)
	default:
		return fmt.Sprintf("%s before it goes elsewhere, and no jump leads here", call.app)
	}
}

// enteredOtherwise looks for ways to a line from other extensions: the match is
// made anew for each priority, so the one before it may come from another pattern.
func (c *checker) enteredOtherwise(p *dialplan.Priority) bool {
	e := p.Extension
	for _, in := range c.includers[e.Context.Name] {
		for _, context := range c.reached(in) {
			for _, o := range context.Extensions {
				if c.work++; c.work > maxWork {
					return true
				}
				if o == e || o.Priority(p.Number) != nil || !overlap(o.Name, e.Name) {
					continue
				}
				if q := o.Priority(p.Number - 1); q != nil && c.nodes[c.at[q]].falls {
					return true
				}
			}
		}
	}
	return false
}

// overlap tells whether what one name matches may be what the other one matches,
// as far as their first characters say.
func overlap(a, b string) bool {
	patternA, patternB := strings.HasPrefix(a, "_"), strings.HasPrefix(b, "_")
	if !patternA && !patternB {
		return strings.ReplaceAll(a, "-", "") == strings.ReplaceAll(b, "-", "")
	}
	a, b = strings.ReplaceAll(strings.TrimPrefix(a, "_"), "-", ""), strings.ReplaceAll(strings.TrimPrefix(b, "_"), "-", "")
	for i := 0; i < len(a) && i < len(b); i++ {
		setA, setB := members(a[i], patternA), members(b[i], patternB)
		if setA == "" || setB == "" {
			return true
		}
		if !strings.ContainsAny(setA, setB) {
			return false
		}
	}
	tailA, tailB := patternA && strings.ContainsAny(a, ".!"), patternB && strings.ContainsAny(b, ".!")
	return len(a) == len(b) || tailA || tailB
}

// members are the characters that one of a name stands for; empty: not told here.
func members(c byte, pattern bool) string {
	if !pattern {
		return string(c)
	}
	switch c {
	case 'X', 'x':
		return "0123456789"
	case 'Z', 'z':
		return "123456789"
	case 'N', 'n':
		return "23456789"
	case '[', '.', '!':
		return ""
	}
	return string(c)
}
