package simulate

import (
	"bufio"
	"cmp"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/app"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
)

const scenarios = "../../testdata/dialplan/scenarios"

// absent are the scenarios, or single calls of them, that are not played, and why.
var absent = map[string]string{
	"ends/PlayTones of an unknown name": "PlayTones is not available in this version",
}

// differences are steps where dialtone differs from the measurement on purpose:
// measured text → ours.
var differences = map[string]string{
	// Virtual time does not pass between two steps.
	"timeouts,8,2 NoOp(0.999)": "timeouts,8,2 NoOp(1.000)",
}

// tolerance is how far the time of a step may be from the measured one.
const tolerance = 0.15

// slower are scenarios that took longer than they do here, and by how much: the
// measured system leaves 50 to 100 ms between the sounds of one Playback.
var slower = map[string]float64{"missing-sounds": 0.25}

// keyEnd is when a key is recognised after it is pressed: the measured system acts
// at its end.
const keyEnd = 100 * time.Millisecond

// scenario is one call of an .expect file.
type scenario struct {
	title    string
	script   Script
	steps    []step
	end      float64
	cause    int
	children [][]step // of the calls that Dial makes, in the order of their first steps
}

type step struct {
	at   float64
	text string
}

// sounds are what the measured system had.
func sounds() map[string]time.Duration {
	m := map[string]time.Duration{"digits/20": 200 * time.Millisecond, "letters/a": 200 * time.Millisecond,
		"phonetic/a_p": 200 * time.Millisecond, "beep": 200 * time.Millisecond}
	for _, name := range []string{"a", "b", "c"} {
		m[name] = time.Second
	}
	for i := range 10 {
		m["digits/"+strconv.Itoa(i)] = 200 * time.Millisecond
	}
	return m
}

func readScenarios(t *testing.T, file string) (start dialplan.Place, calls []scenario) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatalf("%s: %q is no number", file, s)
		}
		return v
	}
	for lines.Scan() {
		line := lines.Text()
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case word == "start":
			part := strings.Split(rest, ",")
			start = dialplan.Place{Context: part[0], Exten: part[1], Priority: int(number(part[2]))}
		case word == "run":
			calls = append(calls, scenario{title: rest, script: Script{
				Caller: ivr.CallerID{Name: "Jean D", Number: "0102030405"}, Sounds: sounds(),
			}})
		case word == "at":
			s := &calls[len(calls)-1].script
			part := strings.Fields(rest)
			at := time.Duration(number(part[0]) * float64(time.Second))
			if part[1] == "hangup" {
				s.Hangup = at
			} else {
				s.Presses = append(s.Presses, Press{At: at + keyEnd, Keys: part[2]})
			}
		default:
			c := &calls[len(calls)-1]
			at, text, _ := strings.Cut(line, "\t")
			switch {
			case strings.HasPrefix(text, "end "):
				c.end, c.cause = number(at), int(number(text[4:]))
			case strings.HasPrefix(text, "child"):
				name, text, _ := strings.Cut(text, " ")
				n := int(number(strings.TrimPrefix(name, "child")))
				for len(c.children) < n {
					c.children = append(c.children, nil)
				}
				c.children[n-1] = append(c.children[n-1], step{number(at), text})
			default:
				if ours, ok := differences[text]; ok {
					text = ours
				}
				c.steps = append(c.steps, step{number(at), text})
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return start, calls
}

// TestScenarios plays every measured call and compares its steps, their times
// within 0.15 s, and the end.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob(scenarios + "/*.conf")
	if err != nil || len(files) != 28 {
		t.Fatalf("%d dialplans (%v), want 28", len(files), err)
	}
	played, left := 0, 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".conf")
		start, calls := readScenarios(t, strings.TrimSuffix(file, ".conf")+".expect")
		plan, problems := dialplan.Load(dialplan.LoadOptions{}, file)
		if plan == nil {
			t.Errorf("%s: %v", name, problems)
			continue
		}
		for i, call := range calls {
			if absent[name] != "" || absent[name+"/"+call.title] != "" {
				left++
				continue
			}
			played++
			t.Run(fmt.Sprintf("%s/%d %s", name, i+1, call.title), func(t *testing.T) {
				play(t, plan, start, call, tolerance+slower[name])
			})
		}
	}
	if played != 81 || left != 1 {
		t.Errorf("%d calls played and %d left out, want 81 and 1", played, left)
	}
}

func play(t *testing.T, plan *dialplan.Plan, start dialplan.Place, call scenario, tolerance float64) {
	got := Call(call.script, start, ivr.Options{
		Plan: func() *dialplan.Plan { return plan }, Apps: app.All(), Functions: function.All(), Database: new(ivr.Memory),
		Globals: ivr.NewGlobals(plan.Globals),
	})
	began := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	var steps []step
	var order []string
	children := map[string][]step{}
	own := got.Steps[0].Channel
	for _, s := range got.Steps {
		x := step{s.At.Sub(began).Seconds(), s.String()}
		if s.Channel == own {
			steps = append(steps, x)
			continue
		}
		if children[s.Channel] == nil {
			order = append(order, s.Channel)
		}
		children[s.Channel] = append(children[s.Channel], x)
	}
	steps = append(steps, step{got.Length.Seconds(), fmt.Sprintf("end %d", got.Outcome.Cause)})
	compare(t, steps, append(slices.Clone(call.steps), step{call.end, fmt.Sprintf("end %d", call.cause)}), tolerance)
	var theirs [][]step
	for _, name := range order {
		theirs = append(theirs, children[name])
	}
	if len(theirs) != len(call.children) {
		t.Errorf("children: %v, want %v", theirs, call.children)
		return
	}
	// Two that start together may swap numbers.
	byFirst := func(a, b []step) int {
		return cmp.Or(cmp.Compare(math.Round(a[0].at*5), math.Round(b[0].at*5)), strings.Compare(a[0].text, b[0].text))
	}
	slices.SortStableFunc(theirs, byFirst)
	wanted := slices.Clone(call.children)
	slices.SortStableFunc(wanted, byFirst)
	for i, want := range wanted {
		compare(t, theirs[i], want, tolerance)
	}
}

func compare(t *testing.T, steps, want []step, tolerance float64) {
	t.Helper()
	for i := range max(len(steps), len(want)) {
		switch {
		case i >= len(steps):
			t.Errorf("missing: %v", want[i:])
			return
		case i >= len(want):
			t.Errorf("too many: %v", steps[i:])
			return
		case steps[i].text != want[i].text, math.Abs(steps[i].at-want[i].at) > tolerance:
			t.Errorf("step %d:\n got %.2f %s\nwant %.2f %s", i+1, steps[i].at, steps[i].text, want[i].at, want[i].text)
			return
		}
	}
}

// TestAbsentNamesScenarios holds the list of what is not played to what there is.
func TestAbsentNamesScenarios(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(absent)) {
		file, title, single := strings.Cut(name, "/")
		_, calls := readScenarios(t, filepath.Join(scenarios, file+".expect"))
		if single && !slices.ContainsFunc(calls, func(c scenario) bool { return c.title == title }) {
			t.Errorf("%s has no call %q", file, title)
		}
	}
}
