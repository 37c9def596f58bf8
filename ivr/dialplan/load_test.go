package dialplan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"dialtone/ivr/dialplan"
)

// The texts in testdata are those of Wazo's documentation of phone menus.
func TestMenusOfWazoLoadWithoutWarning(t *testing.T) {
	for name, contexts := range map[string]int{"minimal": 1, "submenu": 2} {
		plan, problems := dialplan.Load(dialplan.LoadOptions{}, "testdata/"+name+".conf")
		if len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
		}
		if plan == nil || len(plan.Contexts) != contexts {
			t.Fatalf("%s: %d contexts wanted: %v", name, contexts, plan)
		}
		for place, want := range map[dialplan.Place]string{
			{Context: "dp-ivr-example", Exten: "s", Priority: 9}:  "Playback(${GV_DIRECTORY_SOUNDS}/ivr-example-welcome-sound)",
			{Context: "dp-ivr-example", Exten: "s", Priority: 13}: "Set(counter=$[${counter} + 1])",
			{Context: "dp-ivr-example", Exten: "1", Priority: 2}:  "Goto(${IVR_DESTINATION_CONTEXT},8000,1)",
			{Context: "dp-ivr-example", Exten: "i", Priority: 2}:  "GotoIf($[${counter}>=3]?error)",
		} {
			q, ok := plan.Find(place, "", time.Now())
			if !ok {
				t.Errorf("%s: nothing at %v", name, place)
			} else if got := q.App + "(" + q.Args + ")"; got != want {
				t.Errorf("%s: at %v stands %s, want %s", name, place, got, want)
			}
		}
		for label, want := range map[string]int{"first": 9, "beginning": 11, "start": 13} {
			if got, ok := plan.Label("dp-ivr-example", "s", label, "", time.Now()); !ok || got != want {
				t.Errorf("%s: label %s is %d, want %d", name, label, got, want)
			}
		}
	}
}

func TestScenariosLoad(t *testing.T) {
	names, err := filepath.Glob("../../testdata/dialplan/scenarios/*.conf")
	if err != nil || len(names) != 28 {
		t.Fatalf("there are %d scenarios, not 28 (%v)", len(names), err)
	}
	for _, name := range names {
		if plan, problems := dialplan.Load(dialplan.LoadOptions{}, name); plan == nil {
			t.Errorf("%s: no plan: %v", name, problems)
		}
	}
}

// told is the problems as text, one a line.
func told(problems []dialplan.Problem) string {
	var b strings.Builder
	for _, p := range problems {
		structure := ""
		if p.Structure {
			structure = " of the structure"
		}
		fmt.Fprintf(&b, "%s%s %s\n", p.Severity, structure, p)
	}
	return b.String()
}

func TestAllProblemsAreToldAtOnceWithTheirPlace(t *testing.T) {
	fsys := fstest.MapFS{
		"a.conf": {Data: []byte("exten = 1,1,NoOp()\n[menu\n[day](t)\nextne = s,1,NoOp()\n;-- x --; exten = s,0,NoOp(a\\;b)\n#inclde x\n#include none.conf\n")},
		"b.conf": {Data: []byte("[menu]\ninclude = dya\nexten = s,1,NoOp(\nexten = s,1,NoOp()\n[day]\nexten = 1")},
	}
	plan, problems := dialplan.Load(dialplan.LoadOptions{FS: fsys}, "a.conf", "b.conf")
	want := `error of the structure a.conf:1:1: the line stands before the first [section]
error of the structure a.conf:2:1: the section's name has no closing "]"
error of the structure a.conf:3:7: [day] is made from [t], which does not exist before this line
error a.conf:4:1: unknown keyword "extne": the line is ignored (did you mean exten?)
error a.conf:5:21: priority "0" is not above 0: the line is skipped
error a.conf:6:2: unknown directive "#inclde": the line is ignored (did you mean include?)
error of the structure a.conf:7:10: #include: there is no file none.conf
warning b.conf:2:11: [menu] includes [dya], which does not exist (did you mean [day]?)
warning b.conf:3:17: NoOp(...) has no closing ")": the rest of the line is its arguments
error b.conf:4:11: priority 1 of extension "s" of [menu] is there already, at b.conf:3:13: the line is skipped
error b.conf:6:10: extension "1" has no priority: the line is skipped
`
	if got := told(problems); got != want {
		t.Errorf("told is\n%s\nwant\n%s", got, want)
	}
	if plan != nil {
		t.Error("there is a plan in spite of the structure")
	}
}

func TestDirectoryIsItsConfFilesInTheOrderOfNames(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"20-b.conf":  "[c](+)\nexten = 2,1,NoOp()\n#include \"more/*.inc\"\n",
		"10-a.conf":  "[c]\nexten = 1,1,NoOp()\n",
		"readme":     "no dialplan",
		"more/x.inc": "exten = 3,1,NoOp()\n",
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	plan, problems := dialplan.Load(dialplan.LoadOptions{}, dir)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, exten := range []string{"1", "2", "3"} {
		if !plan.Match("c", exten, "", time.Now()).Exists {
			t.Errorf("%s is not there", exten)
		}
	}
}

func TestWhatCannotBeReadIsOfTheStructure(t *testing.T) {
	fsys := fstest.MapFS{
		"round.conf":   {Data: []byte("[c]\n#include round2.conf\n")},
		"round2.conf":  {Data: []byte("#include round.conf\n")},
		"pattern.conf": {Data: []byte("[c]\n#include \"[a\"\n")},
		"many.conf":    {Data: []byte("[c]\n" + strings.Repeat("#include d1\n", 200))},
		"d1":           {Data: []byte(strings.Repeat("#include d2\n", 200))},
		"d2":           {Data: []byte("")},
		"folder.conf":  {Data: []byte("[c]\n#include folder\n")},
		"folder/x":     {Data: []byte("")},
	}
	for name, want := range map[string]string{
		"missing.conf": "missing.conf: the file missing.conf cannot be read: file does not exist",
		"round.conf":   "round2.conf:1:10: round.conf includes itself",
		"pattern.conf": `pattern.conf:2:10: #include: "[a" is not a pattern of file names: syntax error in pattern`,
		"many.conf":    "d1:150:10: more than 10000 files are included",
		"folder.conf":  "folder.conf:2:10: the file folder cannot be read: it is no regular file",
	} {
		plan, problems := dialplan.Load(dialplan.LoadOptions{FS: fsys}, name)
		if plan != nil || len(problems) != 1 || problems[0].String() != want || !problems[0].Structure {
			t.Errorf("%s: %v, want %s", name, problems, want)
		}
	}
}

func TestNumbersAndHints(t *testing.T) {
	plan := load(t, `
[globals]
PHONE=PJSIP/7
[c]
exten = 1,hint,${PHONE}
same = 1(one),NoOp(a)
same = n,NoOp(b)
same = hint,PJSIP/8
same = n+10(late),NoOp(c)
same = one+1,NoOp(refused: there are two)
`)
	c, _ := plan.Context("c")
	e := c.Extensions[0]
	if e.Hint != "PJSIP/7" || e.HintPos.Line != 5 {
		t.Errorf("the hint is %q at %v", e.Hint, e.HintPos)
	}
	var got []int
	for _, q := range e.Priorities {
		got = append(got, q.Number)
	}
	if !slices.Equal(got, []int{1, 2, 13}) {
		t.Errorf("the priorities are %v", got)
	}
	if q := e.Label("late"); q == nil || q != e.Priority(13) || e.Priority(3) != nil || e.Priority(0) != nil {
		t.Errorf("label late is %v", q)
	}
	if q := e.Priority(2); q.Pos != (dialplan.Pos{File: "extensions.conf", Line: 7, Column: 10}) {
		t.Errorf("priority 2 stands at %v", q.Pos)
	}
}

func TestSettings(t *testing.T) {
	if !load(t, "[c]\n").Settings.AutoFallThrough {
		t.Error("autofallthrough is off by default")
	}
	s := load(t, "[GENERAL]\nAutoFallThrough = no\nstatic = yes\nwriteprotect = on\nclearglobalvars = 1\nextenpatternmatchnew = true\noverrideswitch = x\nuserscontext = y\n").Settings
	want := dialplan.Settings{Static: true, WriteProtect: true, ExtenPatternMatchNew: true, ClearGlobalVars: true, OverrideSwitch: "x", UsersContext: "y"}
	if s != want {
		t.Errorf("the settings are %+v", s)
	}
}

// A File keeps every character of what was read, so that a change can be written back.
func TestFileKeepsItsText(t *testing.T) {
	for _, name := range []string{"comments", "crlf", "spacing", "no-final-newline"} {
		data, err := os.ReadFile(files + "/" + name + ".conf")
		if err != nil {
			t.Fatal(err)
		}
		f, _ := dialplan.Parse(name, data)
		var raw []string
		for _, l := range f.Lines {
			raw = append(raw, l.Raw)
		}
		if got, want := strings.Join(raw, "\n"), strings.TrimSuffix(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n"); got != want {
			t.Errorf("%s: the lines are\n%q\nwant\n%q", name, got, want)
		}
	}
}

func TestAPlanTellsWhatItWasReadFrom(t *testing.T) {
	fsys := fstest.MapFS{
		"etc/a.conf":     {Data: []byte("[a]\n#include sub/*.conf\n#tryinclude absent.conf\n#include sub/x.conf\n")},
		"etc/sub/x.conf": {Data: []byte("exten = s,1,NoOp()\n")},
	}
	var seen []string
	plan, problems := dialplan.Load(dialplan.LoadOptions{FS: fsys, Seen: func(path string) { seen = append(seen, path) }}, "etc")
	if plan == nil {
		t.Fatal(problems)
	}
	if want := []string{"etc/a.conf", "etc/sub/x.conf"}; !slices.Equal(plan.Files, want) {
		t.Errorf("files %q, want %q", plan.Files, want)
	}
	for _, want := range []string{"etc", "etc/*.conf", "etc/sub/*.conf", "etc/absent.conf", "etc/sub/x.conf"} {
		if !slices.Contains(seen, want) {
			t.Errorf("nobody is told of %s: %q", want, seen)
		}
	}
}
