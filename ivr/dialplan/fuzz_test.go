package dialplan_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"dialtone/ivr/dialplan"
)

// FuzzLoad feeds files to the parser. Whatever it is, problems have a place, and either there is a plan or a problem of the structure.
func FuzzLoad(f *testing.F) {
	names, err := filepath.Glob(files + "/*.conf")
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("[a](!,+,b)\n#include extensions.conf\nexten=_[],1(n)+,(\nsame=s+99999999999,\\;\n;-- ;-- --; x\ninclude=a|,&-,\nexten=${A:$[1/0]},hint,"))
	f.Fuzz(func(t *testing.T, data []byte) {
		fsys := fstest.MapFS{"extensions.conf": {Data: data}, "more.conf": {Data: []byte("[more]\nexten = 1,1,NoOp()\n")}}
		plan, problems := dialplan.Load(dialplan.LoadOptions{FS: fsys, Functions: functions}, "extensions.conf")
		structure := false
		for _, p := range problems {
			structure = structure || p.Structure
			if p.Line < 1 || p.Column < 1 || p.Text == "" || p.Structure && p.Severity != dialplan.Error {
				t.Errorf("problem %#v", p)
			}
		}
		if structure == (plan != nil) {
			t.Fatalf("plan: %v, problems: %v", plan != nil, problems)
		}
		if plan == nil {
			return
		}
		for _, c := range plan.Contexts {
			for _, e := range c.Extensions {
				last := 0
				for _, q := range e.Priorities {
					if q.Number <= last || q.Extension != e || e.Priority(q.Number) != q || q.Pos.Line == 0 {
						t.Errorf("%s,%s: priority %#v behind %d", c.Name, e.Name, q, last)
					}
					last = q.Number
				}
				caller := e.Caller
				if m := plan.Match(c.Name, e.Name, caller, monday); !strings.HasPrefix(e.Name, "_") && !e.ForCaller && e.Priority(1) != nil && !m.Exists {
					t.Errorf("%s,%s is not found", c.Name, e.Name)
				}
			}
		}
	})
}

// FuzzPattern dials at a pattern. What exists can match, and a digit more does not undo what matchmore promised.
func FuzzPattern(f *testing.F) {
	for _, seed := range []string{"100", "_1XX", "_[1-3-5].", "_[1\\-3]!", "_1-8[00", "_[]", "_.", "_!", "_", "_é[à-ü]X"} {
		f.Add(seed, "100")
	}
	f.Fuzz(func(t *testing.T, name, digits string) {
		if strings.ContainsAny(name, "\n\r;,/$") || name == "" {
			return
		}
		plan, _ := loadText("[c]\nexten = " + name + ",1,NoOp()\n")
		if plan == nil {
			t.Fatal("no plan")
		}
		m := plan.Match("c", digits, "", monday)
		if m.CanMatch != (m.Exists || m.MatchMore) || m.Exists != (m.Extension != nil) {
			t.Errorf("%q dialled at %q is %+v", digits, name, m)
		}
		if _, ok := plan.Find(dialplan.Place{Context: "c", Exten: digits, Priority: 1}, "", monday); ok != m.Exists {
			t.Errorf("%q dialled at %q: found is %v, exists %v", digits, name, ok, m.Exists)
		}
		if len(digits) > 0 && m.Exists && !strings.HasPrefix(digits, "_") {
			if before := plan.Match("c", digits[:len(digits)-1], "", monday); !before.CanMatch {
				t.Errorf("%q dialled at %q exists, but without its last digit it cannot match", digits, name)
			}
		}
	})
}
