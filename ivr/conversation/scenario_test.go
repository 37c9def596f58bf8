package conversation

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"dialtone/ivr/app"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
)

const scenarios = "../../testdata/dialplan/scenarios"

func readScenario(t *testing.T, name string) *Scenario {
	t.Helper()
	s, err := ReadScenario(filepath.Join(scenarios, name+".expect"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestScenarios plays every measured call and compares its steps, their times
// within 0.15 s, and the end.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob(scenarios + "/*.conf")
	if err != nil || len(files) != 28 {
		t.Fatalf("%d dialplans (%v), want 28", len(files), err)
	}
	played := 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".conf")
		s := readScenario(t, name)
		plan, problems := dialplan.Load(dialplan.LoadOptions{}, file)
		if plan == nil {
			t.Errorf("%s: %v", name, problems)
			continue
		}
		stage := Stage{Plan: plan, Apps: app.All(), Functions: function.All(), Length: ScenarioSounds}
		for i, run := range s.Runs {
			played++
			t.Run(fmt.Sprintf("%s/%d %s", name, i+1, run.Title), func(t *testing.T) {
				if diff := Compare(s.Play(stage, run), run.Wanted, Tolerance); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
	if played != 82 {
		t.Errorf("%d calls played, want 82", played)
	}
}

func TestScenarioFaultsNameTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"start a\n":                          `x:1: "a" is no place`,
		"start a,b,0\n":                      `x:1: "0" is no priority`,
		"at 1 press 1\n":                     `x:1: "at 1 press 1" stands before the first run`,
		"run a\n":                            "x: no line says where the calls enter",
		"start a,b,1\nrun x\nat 1 press 1z2": `x:3: "z" is no key`,
		"start a,b,1\nrun x\nat -1 hangup":   `x:3: "-1" is no number of seconds`,
		"start a,b,1\nrun x\nat 1 sneeze":    `x:3: a caller does press KEYS or hangup, not "sneeze"`,
		"start a,b,1\nrun x\n1.0 a,b,1 A()":  `x:3: "1.0 a,b,1 A()" is neither start, run, at nor SECONDS<TAB>STEP`,
	} {
		if _, err := ParseScenario("x", text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestCompareLetsChildrenSwapNumbers(t *testing.T) {
	step := func(at float64, text string) ScenarioStep { return ScenarioStep{At: at, Text: text} }
	want := []ScenarioStep{step(0, "a"), step(1, "end 0"), step(0, "child1 x"), step(0, "child2 y"), step(1, "child2 z")}
	for name, test := range map[string]struct {
		got  []ScenarioStep
		same bool
	}{
		"the same":                    {want, true},
		"within the tolerance":        {[]ScenarioStep{step(0.15, "a"), step(0.85, "end 0"), step(0, "child1 x"), step(0, "child2 y"), step(1, "child2 z")}, true},
		"swapped":                     {[]ScenarioStep{step(0, "a"), step(1, "end 0"), step(0, "child1 y"), step(1, "child1 z"), step(0, "child2 x")}, true},
		"a child lacks its last step": {[]ScenarioStep{step(0, "a"), step(1, "end 0"), step(0, "child1 x"), step(0, "child2 y")}, true},
		"a child too many":            {append(slices.Clone(want), step(0, "child3 x")), false},
		"a child too few":             {want[:3], false},
		"another step":                {[]ScenarioStep{step(0, "b"), step(1, "end 0"), step(0, "child1 x"), step(0, "child2 y"), step(1, "child2 z")}, false},
		"too late":                    {[]ScenarioStep{step(0.2, "a"), step(1, "end 0"), step(0, "child1 x"), step(0, "child2 y"), step(1, "child2 z")}, false},
	} {
		if diff := Compare(test.got, want, Tolerance); (diff == "") != test.same {
			t.Errorf("%s: %q", name, diff)
		}
	}
}

func FuzzParseScenario(f *testing.F) {
	f.Add("start a,s,1\nrun x\nat 1 press 1\n0.0\ta,s,1 NoOp()\n1.0\tend 16\n1.0\tchild1 a,s,1 NoOp()\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseScenario("x", text)
		if err != nil {
			return
		}
		for _, r := range s.Runs {
			if diff := Compare(r.Wanted, r.Wanted, 0); diff != "" {
				t.Errorf("a call differs from itself:\n%s", diff)
			}
		}
	})
}
