package dialplan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"dialtone/ivr/dialplan"
)

var monday = time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC)

// at finds the arguments of the line at a place.
func at(p *dialplan.Plan, context, exten string, priority int, caller string, now time.Time) string {
	q, ok := p.Find(dialplan.Place{Context: context, Exten: exten, Priority: priority}, caller, now)
	if !ok {
		return ""
	}
	return q.Args
}

func TestEachPriorityIsMatchedAnew(t *testing.T) {
	p := load(t, `
[a]
include = b
exten = 100,1,NoOp(own 1)
exten = 100,3,NoOp(own 3)
exten = _X00,2,NoOp(own pattern 2)
exten = _X00,5,NoOp(own pattern 5)
[b]
exten = 100,2,NoOp(included 2)
exten = 100,4,NoOp(included 4)
exten = _XXX,6,NoOp(included pattern 6)
`)
	for i, want := range []string{"", "own 1", "own pattern 2", "own 3", "included 4", "own pattern 5", "included pattern 6", ""} {
		if got := at(p, "a", "100", i, "", monday); got != want {
			t.Errorf("priority %d is %q, want %q", i, got, want)
		}
	}
	if at(p, "nowhere", "100", 1, "", monday) != "" {
		t.Error("a context that does not exist has an extension")
	}
}

func TestIncludesAreSearchedDepthFirst(t *testing.T) {
	p := load(t, `
[a]
include = b
include = d
exten = _X,1,NoOp(a pattern)
[b]
include = c
include = a
exten = 11,1,NoOp(b)
exten = _2X,1(in-b),NoOp(b pattern)
[c]
exten = 11,1,NoOp(c)
exten = 12,1,NoOp(c)
[d]
exten = 1,1,NoOp(d)
exten = 12,1,NoOp(d)
exten = 22,1(in-d),NoOp(d)
exten = 33,1,NoOp(d)
`)
	for exten, want := range map[string]string{
		"1":  "a pattern", // in spite of the literal in an include
		"11": "b",
		"12": "c",         // b's include comes before a's next one
		"22": "b pattern", // the same for a pattern
		"33": "d",
		"44": "",
	} {
		if got := at(p, "a", exten, 1, "", monday); got != want {
			t.Errorf("%s is of %q, want %q", exten, got, want)
		}
	}
	if n, ok := p.Label("a", "22", "in-d", "", monday); !ok || n != 1 {
		t.Error("a label is not found behind an extension that matches first")
	}
	if _, ok := p.Label("a", "22", "In-d", "", monday); ok {
		t.Error("case does not count in a label")
	}
	if m := p.Match("a", "3", "", monday); !m.Exists || !m.MatchMore {
		t.Errorf("3 is %+v: 33 is in an include", m)
	}
}

func TestIncludeIsThereOnlyInItsTimes(t *testing.T) {
	p := load(t, "[a]\ninclude = day,9:00-17:00,mon-fri\ninclude = never|9-17\ninclude = night\n[day]\nexten = 1,1,NoOp(day)\n[night]\nexten = _X.,1,NoOp(night)\nexten = 1,1,NoOp(night)\n[never]\nexten = 1,1,NoOp(never)\n")
	if got := at(p, "a", "1", 1, "", monday); got != "day" {
		t.Errorf("on a Monday morning it is %s", got)
	}
	if got := at(p, "a", "1", 1, "", monday.Add(9*time.Hour)); got != "night" {
		t.Errorf("on a Monday evening it is %s", got)
	}
}

func TestExtensionsForACallerComeFirst(t *testing.T) {
	p := load(t, `
[c]
exten = 1,1,NoOp(any)
exten = 1/_01X.,1,NoOp(pattern)
exten = 1/0102030405,1,NoOp(number)
exten = 1/,1,NoOp(none)
exten = 1,2,NoOp(any two)
exten = _2X/0102,1,NoOp(for one)
exten = 3/0102,1,NoOp(for one)
exten = _4/_[,1,NoOp(never)
`)
	for caller, want := range map[string]string{"": "none", "0102030405": "number", "01-02-03-04-05": "number", "0199": "pattern", "99": "any", "01": "any"} {
		if got := at(p, "c", "1", 1, caller, monday); got != want {
			t.Errorf("for caller %q it is %q, want %q", caller, got, want)
		}
		if got := at(p, "c", "1", 2, caller, monday); got != "any two" {
			t.Errorf("priority 2 for caller %q is %q", caller, got)
		}
	}
	for _, c := range []struct {
		digits, caller         string
		exists, canMatch, more bool
	}{
		{"21", "0102", true, true, false}, {"21", "99", false, false, false},
		{"2", "0102", false, true, true}, {"2", "99", false, false, false},
		{"3", "0102", true, true, false}, {"3", "", false, false, false},
		{"4", "", false, false, false},
	} {
		m := p.Match("c", c.digits, c.caller, monday)
		if m.Exists != c.exists || m.CanMatch != c.canMatch || m.MatchMore != c.more || (m.Extension != nil) != c.exists {
			t.Errorf("%s for caller %q is %+v", c.digits, c.caller, m)
		}
	}
}

func TestOnlyExtensionsWithPriority1Match(t *testing.T) {
	p := load(t, "[c]\nexten = 12,hint,x\nexten = 13,2,NoOp()\nexten = _14X,2,NoOp()\n")
	if m := p.Match("c", "1", "", monday); m.CanMatch || m.MatchMore {
		t.Errorf("1 is %+v", m)
	}
	if m := p.Match("c", "12", "", monday); m.Exists {
		t.Errorf("12 is %+v", m)
	}
}

func TestBangEndsTheSearchForMore(t *testing.T) {
	p := load(t, "[a]\nexten = _1!,1,NoOp()\nexten = _X.,1,NoOp()\ninclude = b\n[b]\nexten = 123,1,NoOp()\n[c]\ninclude = a\ninclude = b\n")
	if m := p.Match("a", "1", "", monday); !m.Exists || m.MatchMore {
		t.Errorf("1 in a is %+v: the pattern with ! fires at once", m)
	}
	if m := p.Match("a", "2", "", monday); m.Exists || !m.MatchMore {
		t.Errorf("2 in a is %+v", m)
	}
	if m := p.Match("c", "1", "", monday); !m.Exists || !m.MatchMore {
		t.Errorf("1 in c is %+v: b is included beside a", m)
	}
}

func TestPatternMayBeNamedByItsText(t *testing.T) {
	p := load(t, "[c]\nexten = _X.,1,NoOp(pattern)\nexten = _.,1,NoOp(all)\nexten = _1-[2-4],1(l),NoOp(set)\n")
	for exten, want := range map[string]string{"_X.": "pattern", "_.": "all", "_1[2-4]": "set", "_1-[2-4]": "set", "_1[234]": "", "_Z": "", "_[": ""} {
		if got := at(p, "c", exten, 1, "", monday); got != want {
			t.Errorf("%s is %q, want %q", exten, got, want)
		}
	}
}

func TestBrokenPatternsNeverMatch(t *testing.T) {
	plan, problems := loadText("[globals]\nOPEN=[12\n[c]\nexten = _[],1,NoOp()\nexten = _${OPEN},1,NoOp()\nsame = n,NoOp()\nexten = _[9-1],1,NoOp()\n")
	if got, want := told(problems), `warning extensions.conf:4:9: the pattern "_[]" has a set without a character: it never matches
warning extensions.conf:5:9: the pattern "_[12" has a "[" without "]": it never matches
warning extensions.conf:7:9: the pattern "_[9-1]" has a set without a character: it never matches
`; got != want {
		t.Errorf("told is\n%s\nwant\n%s", got, want)
	}
	for _, digits := range []string{"", "1", "2", "9", "[]", "_[]"} {
		if m := plan.Match("c", digits, "", monday); m.Exists || m.MatchMore {
			t.Errorf("%q is %+v", digits, m)
		}
	}
}

func TestManyContextsIncludeEachOther(t *testing.T) {
	const n = 500
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "[c%d]\nexten = %d,1,NoOp(%d)\n", i, 1000+i, i)
		for j := range 20 {
			fmt.Fprintf(&b, "include = c%d\n", (i*7+j*13+1)%n)
		}
	}
	p := load(t, b.String())
	if got := at(p, "c0", "1499", 1, "", monday); got != "499" {
		t.Errorf("1499 is %q", got)
	}
	if m := p.Match("c0", "149", "", monday); !m.MatchMore || m.Exists {
		t.Errorf("149 is %+v", m)
	}
}
