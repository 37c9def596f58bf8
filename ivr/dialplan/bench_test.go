package dialplan_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"dialtone/ivr/dialplan"
)

// big is a dialplan of one context with so many numbers and patterns, each with three lines.
func big(numbers, patterns int) string {
	var b strings.Builder
	b.WriteString("[menu]\ninclude = big\nexten = s,1,Answer()\n[big]\n")
	for i := range numbers {
		fmt.Fprintf(&b, "exten = %d,1,NoOp(number %d)\nsame = n(label),Set(X=$[${X} + 1])\nsame = n,Goto(menu,s,1)\n", 100000+i, i)
	}
	for i := range patterns {
		fmt.Fprintf(&b, "exten = _0%04dXXXX,1,NoOp(pattern %d)\nsame = n,Wait(1)\nsame = n,Hangup()\n", i, i)
	}
	return b.String()
}

func BenchmarkLoad100000(b *testing.B) {
	fsys := fstest.MapFS{"extensions.conf": {Data: []byte(big(90000, 10000))}}
	for b.Loop() {
		if plan, problems := dialplan.Load(dialplan.LoadOptions{FS: fsys}, "extensions.conf"); plan == nil || len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}

// wide is a dialplan of many contexts, each with numbers and patterns, that all include each other's neighbour.
func wide(contexts int) string {
	var b strings.Builder
	for c := range contexts {
		fmt.Fprintf(&b, "[office-%d]\ninclude = office-%d\ninclude = common,08:00-18:00,mon-fri,*,*\n", c, (c+1)%contexts)
		for i := range 80 {
			fmt.Fprintf(&b, "exten = %d%02d,1(start),Goto(office-%d,s,1)\n", 100+c, i, c)
		}
		for i := range 20 {
			fmt.Fprintf(&b, "exten = _0%02d[1-9]XX.,1,Dial(SIP/${EXTEN:%d},30)\nexten = _0%02d[1-9]XX.,n,Hangup()\n", i, i%4, i)
		}
	}
	b.WriteString("[common]\nexten = s,1,NoOp()\n")
	return b.String()
}

func BenchmarkLoadManyContexts(b *testing.B) {
	fsys := fstest.MapFS{"extensions.conf": {Data: []byte(wide(1000))}}
	for b.Loop() {
		if plan, problems := dialplan.Load(dialplan.LoadOptions{FS: fsys}, "extensions.conf"); plan == nil || len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	plan := load(b, big(90000, 10000))
	floor := bareLookup(plan)
	for name, exten := range map[string]string{"number": "145678", "pattern": "012345678", "dashes": "0-1234-5678"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, ok := plan.Find(dialplan.Place{Context: "menu", Exten: exten, Priority: 2}, "0102030405", monday); !ok {
					b.Fatal("not found")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/floor, "map-lookups/op")
		})
	}
}

// bareLookup is how many nanoseconds it takes to find a number in a map of all the plan's numbers: the floor for Find.
func bareLookup(plan *dialplan.Plan) float64 {
	c, _ := plan.Context("big")
	m := map[string]*dialplan.Extension{}
	for _, e := range c.Extensions {
		m[e.Name] = e
	}
	const n = 1_000_000
	found := 0
	start := time.Now()
	for range n {
		if m["145678"] != nil {
			found++
		}
	}
	return float64(time.Since(start).Nanoseconds()) / float64(found)
}

func BenchmarkMatch(b *testing.B) {
	plan := load(b, big(90000, 10000))
	for _, digits := range []string{"1", "14567", "145678", "01234567", "012345678", "9"} {
		b.Run(digits, func(b *testing.B) {
			for b.Loop() {
				plan.Match("menu", digits, "0102030405", monday)
			}
		})
	}
}

func TestLookupsDoNotAllocate(t *testing.T) {
	plan := load(t, big(9000, 1000))
	for _, exten := range []string{"105678", "001235678", "9", "s"} {
		if n := testing.AllocsPerRun(100, func() {
			plan.Find(dialplan.Place{Context: "menu", Exten: exten, Priority: 1}, "0102030405", monday)
			plan.Match("menu", exten, "0102030405", monday)
			plan.Label("menu", exten, "label", "0102030405", monday)
		}); n > 0 {
			t.Errorf("looking %s up allocates %v times", exten, n)
		}
	}
}
