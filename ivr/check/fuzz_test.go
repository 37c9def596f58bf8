package check

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"dialtone/ivr/dialplan"
)

// wellPlaced checks what holds for every finding: it names a line that is there, a
// column of it, a severity and a code.
func wellPlaced(t *testing.T, text string, found []Finding) {
	t.Helper()
	lines := strings.Split(text, "\n")
	for i, f := range found {
		switch {
		case f.Pos.Line < 1 || f.Pos.Line > len(lines):
			t.Errorf("no such line: %s", f)
		case f.Pos.Column < 1 || f.Pos.Column > len(lines[f.Pos.Line-1])+2:
			t.Errorf("no such column in %q: %s", lines[f.Pos.Line-1], f)
		case f.Code == "" || f.Text == "" || f.Severity != Error && f.Severity != Warning:
			t.Errorf("incomplete: %#v", f)
		case i > 0 && found[i-1].Pos.Line > f.Pos.Line:
			t.Errorf("not in order: %s", f)
		}
	}
}

// FuzzPlan checks that no text makes the checks panic or name a place that is not there.
func FuzzPlan(f *testing.F) {
	for _, text := range []string{
		"[c]\nexten = s,1,GotoIf($[${A}?x:y]?a,b:c)", "[c]\nexten = s,1,ExecIf(1?A(:B(", "[c]\nexten = s,1,Playback(${A${B}}&\\)",
		"[c]\nexten = _[1-,1,Goto(,,)", "[c]\nexten = s,1,Set(A=${A}${B})\nsame = n,Playback(${A})", "[c]\nexten = s,1,Read(,${X(,)",
		"[c]\nexten = s,1,While(\nsame = n,Else\nsame = n,EndWhile()\nsame = n,ExecIf(1?ExitWhile())", "[c]\nexten = s,1,Dial(Local/@&/,^,G(^^)F()U(^)b((",
		"[c]\nexten = s,1,GotoIfTime(:-,--,|,?)\ninclude = c,31:99,x-y,0,\nswitch = x", "[c]\nexten = s,1,Set(A(B(=)${SET(=)}${IF()}${TIMEOUT(${X})}",
	} {
		f.Add(text)
	}
	for _, text := range faultless {
		f.Add(text)
	}
	for _, name := range []string{"testdata/minimal.conf", "testdata/submenu.conf"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	k := known()
	f.Fuzz(func(t *testing.T, text string) {
		plan, problems := dialplan.Load(dialplan.LoadOptions{FS: fstest.MapFS{"test.conf": {Data: []byte(text)}}}, "test.conf")
		if plan == nil {
			return
		}
		wellPlaced(t, text, Plan(plan, problems, k))
	})
}
