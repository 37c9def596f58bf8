package conversation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"dialtone/ivr/dialplan"
)

// Coverage is which lines of plans calls have reached. A line is known by where it
// stands, so those of a template count once for all contexts made from it.
type Coverage struct {
	plans   map[*dialplan.Plan]bool
	lines   map[dialplan.Pos]string // all, with the place and the application
	reached map[dialplan.Pos]bool
}

// Plan adds all lines of a plan.
func (c *Coverage) Plan(plan *dialplan.Plan) {
	if c.plans == nil {
		c.plans, c.lines, c.reached = map[*dialplan.Plan]bool{}, map[dialplan.Pos]string{}, map[dialplan.Pos]bool{}
	}
	if c.plans[plan] {
		return
	}
	c.plans[plan] = true
	for _, context := range plan.Contexts {
		for _, e := range context.Extensions {
			for _, p := range e.Priorities {
				c.lines[p.Pos] = fmt.Sprintf("%s,%s,%d %s", context.Name, e.Name, p.Number, p.App)
			}
		}
	}
}

// Call adds what a call reached.
func (c *Coverage) Call(t Transcript) {
	for _, e := range t.Events {
		if e.Kind == Stepped {
			c.reached[e.Step.Pos] = true
		}
	}
}

// FileCoverage is that of one file.
type FileCoverage struct {
	File    string   `json:"file"`
	Lines   int      `json:"lines"` // priorities
	Reached int      `json:"reached"`
	Missed  []Missed `json:"missed"`
}

// Missed is a line that no call reached.
type Missed struct {
	dialplan.Pos
	Text string `json:"text"` // context,exten,priority Application
}

// Files tells it file by file.
func (c *Coverage) Files() []FileCoverage {
	byFile := map[string]*FileCoverage{}
	for pos, text := range c.lines {
		f := byFile[pos.File]
		if f == nil {
			f = &FileCoverage{File: pos.File, Missed: []Missed{}}
			byFile[pos.File] = f
		}
		f.Lines++
		if c.reached[pos] {
			f.Reached++
		} else {
			f.Missed = append(f.Missed, Missed{pos, text})
		}
	}
	files := make([]FileCoverage, 0, len(byFile))
	for _, f := range byFile {
		slices.SortFunc(f.Missed, func(a, b Missed) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
		files = append(files, *f)
	}
	slices.SortFunc(files, func(a, b FileCoverage) int { return strings.Compare(a.File, b.File) })
	return files
}

// String is the coverage for people: each line that was missed, then a sum.
func (c *Coverage) String() string {
	var b strings.Builder
	lines, reached := 0, 0
	for _, f := range c.Files() {
		lines, reached = lines+f.Lines, reached+f.Reached
		for _, m := range f.Missed {
			fmt.Fprintf(&b, "%s: no test reaches %s\n", m.Pos, m.Text)
		}
		fmt.Fprintf(&b, "%s: %s\n", f.File, share(f.Reached, f.Lines))
	}
	fmt.Fprintf(&b, "coverage %s\n", share(reached, lines))
	return b.String()
}

// share is a part of a whole, as "75.0% (3 of 4 priorities)".
func share(part, whole int) string {
	percent := 100.0
	if whole > 0 {
		percent = 100 * float64(part) / float64(whole)
	}
	return fmt.Sprintf("%.1f%% (%d of %d priorities)", percent, part, whole)
}
