package dialplan_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"dialtone/ivr/dialplan"
)

// big is a dialplan of 100,000 extensions in one context: 90,000 numbers and 10,000 patterns, each with three lines.
func big() string {
	var b strings.Builder
	b.WriteString("[menu]\ninclude = big\nexten = s,1,Answer()\n[big]\n")
	for i := range 90000 {
		fmt.Fprintf(&b, "exten = %d,1,NoOp(number %d)\nsame = n(label),Set(X=$[${X} + 1])\nsame = n,Goto(menu,s,1)\n", 100000+i, i)
	}
	for i := range 10000 {
		fmt.Fprintf(&b, "exten = _0%04dXXXX,1,NoOp(pattern %d)\nsame = n,Wait(1)\nsame = n,Hangup()\n", i, i)
	}
	return b.String()
}

func BenchmarkLoad100000(b *testing.B) {
	fsys := fstest.MapFS{"extensions.conf": {Data: []byte(big())}}
	for b.Loop() {
		if plan, problems := dialplan.Load(dialplan.LoadOptions{FS: fsys}, "extensions.conf"); plan == nil || len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	plan := load(b, big())
	for name, exten := range map[string]string{"number": "145678", "pattern": "012345678", "dashes": "0-1234-5678"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, ok := plan.Find(dialplan.Place{Context: "menu", Exten: exten, Priority: 2}, "0102030405", monday); !ok {
					b.Fatal("not found")
				}
			}
		})
	}
}

func BenchmarkMatch(b *testing.B) {
	plan := load(b, big())
	for _, digits := range []string{"1", "14567", "145678", "01234567", "012345678", "9"} {
		b.Run(digits, func(b *testing.B) {
			for b.Loop() {
				plan.Match("menu", digits, "0102030405", monday)
			}
		})
	}
}

func TestLookupsDoNotAllocate(t *testing.T) {
	plan := load(t, big())
	for _, exten := range []string{"145678", "012345678", "9", "s"} {
		if n := testing.AllocsPerRun(100, func() {
			plan.Find(dialplan.Place{Context: "menu", Exten: exten, Priority: 1}, "0102030405", monday)
			plan.Match("menu", exten, "0102030405", monday)
			plan.Label("menu", exten, "label", "0102030405", monday)
		}); n > 0 {
			t.Errorf("looking %s up allocates %v times", exten, n)
		}
	}
}
