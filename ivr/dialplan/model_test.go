package dialplan_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dialtone/ivr/dialplan"
)

// The model of matching is the plain one: each pattern tried on its own, in the order that Plan shows. What is tested is that the
// tree gives the same answers; that the order is right is what the vectors are for.

// fits tells whether a pattern, of letters and digits, X, N, Z and sets without escapes, matches: not at all, only if more
// follows, just so, or by its "!".
func fits(pattern, text string) (exact, longer, bang bool) {
	literal := !strings.HasPrefix(pattern, "_")
	pattern = strings.TrimPrefix(pattern, "_")
	for i := 0; ; {
		if pattern == "" {
			return i == len(text), false, false
		}
		if pattern[0] == '!' && !literal {
			return true, false, true
		}
		if i == len(text) {
			return false, true, false
		}
		if pattern[0] == '.' && !literal {
			return true, true, false
		}
		set := pattern[:1]
		pattern = pattern[1:]
		switch {
		case literal:
		case set == "X":
			set = "0123456789"
		case set == "Z":
			set = "123456789"
		case set == "N":
			set = "23456789"
		case set == "[":
			set, pattern, _ = strings.Cut(pattern, "]")
		}
		if strings.IndexByte(set, text[i]) < 0 {
			return false, false, false
		}
		i++
	}
}

func TestTreeAnswersAsEachPatternByItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.StringMatching(`_?[12X]?([012XNZ]|\[[123]{1,3}\]){0,3}[.!]?`), 1, 12).Draw(t, "names")
		var text strings.Builder
		text.WriteString("[c]\n")
		for _, name := range names {
			if name == "" || !strings.HasPrefix(name, "_") && strings.Contains(name, "[") {
				continue
			}
			fmt.Fprintf(&text, "exten = %s,1,NoOp()\n", name)
		}
		plan, _ := loadText(text.String())
		c, _ := plan.Context("c")
		digits := rapid.StringMatching(`[0-3X]{0,4}`).Draw(t, "digits")
		first, more, decided := "", false, false
		for _, e := range c.Extensions {
			exact, longer, bang := fits(e.Name, digits)
			if exact && first == "" {
				first = e.Name
			}
			if (longer || bang) && !decided {
				more, decided = longer && !bang, true
			}
		}
		m := plan.Match("c", digits, "", monday)
		got := ""
		if m.Extension != nil {
			got = m.Extension.Name
		}
		if got != first || m.Exists != (first != "") || m.MatchMore != more || m.CanMatch != (first != "" || more) {
			var order []string
			for _, e := range c.Extensions {
				order = append(order, e.Name)
			}
			t.Errorf("%q in %q is %q %+v, want %q and more %v", digits, order, got, m, first, more)
		}
		if q, ok := plan.Find(dialplan.Place{Context: "c", Exten: digits, Priority: 1}, "", monday); ok != (first != "") || ok && q.Extension.Name != first {
			t.Errorf("%q is found as %v", digits, q)
		}
	})
}
