package app

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
	"dialtone/ivr/simulate"
)

func TestEveryApplicationIsDocumented(t *testing.T) {
	table := All()
	for key, a := range table {
		switch {
		case key != strings.ToLower(a.Name):
			t.Errorf("%s stands under %q", a.Name, key)
		case a.Synopsis == "" || a.Doc == "" || a.Run == nil:
			t.Errorf("%s lacks a synopsis, a doc or a func", a.Name)
		case strings.HasSuffix(a.Synopsis, ".") || !strings.HasSuffix(a.Doc, "."):
			t.Errorf("%s: a synopsis has no full stop, a doc has one", a.Name)
		}
	}
	// What the menus of the manual need, in their spelling.
	for _, name := range strings.Fields("NoOp Set Answer Playback Wait Background Waitexten Goto GotoIf Hangup") {
		if table[strings.ToLower(name)] == nil {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestSecondsAreReadAsFarAsTheyGo(t *testing.T) {
	for _, test := range []struct {
		text string
		want time.Duration
		ok   bool
	}{
		{"1.5", 1500 * time.Millisecond, true}, {" 2x", 2 * time.Second, true}, {"-1", -time.Second, true}, {".5", 500 * time.Millisecond, true},
		{"1.2.3", 1200 * time.Millisecond, true}, {"99999999999999999999", longest, true}, {"", 0, false}, {"abc", 0, false}, {"-", 0, false},
	} {
		if d, ok := seconds(test.text); d != test.want || ok != test.ok {
			t.Errorf("seconds(%q) = %v, %v", test.text, d, ok)
		}
	}
}

func TestOptionsHaveArguments(t *testing.T) {
	got := options("st(*#)e(")
	if _, s := got['s']; len(got) != 3 || !s || got['t'] != "*#" || got['e'] != "" {
		t.Errorf("options: %q", got)
	}
}

// FuzzApplications runs every application with any arguments: none may panic, and
// each call must end.
func FuzzApplications(f *testing.F) {
	var lines []string
	table := All()
	for _, a := range table {
		lines = append(lines, a.Name)
	}
	for _, args := range []string{"", "1?a:b", "x,a&b,3,t(*)e,2,1", "1(a,b)", "1?NoOp(a):Wait(1)", "a=b,c=\"d", "*,*,31,feb?x", "-1", "s,1", "c,s,+1", "99999999999999999999", "While(1)", "%%%(((", "a\\"} {
		f.Add(args)
	}
	f.Fuzz(func(t *testing.T, args string) {
		if len(args) > 200 || strings.ContainsAny(args, "\r\n;") {
			return
		}
		for _, name := range lines {
			text := "[c]\nexten = s,1," + name + "(" + args + ")\nexten = s,2,NoOp(${X})\nexten = i,1,NoOp()\nexten = h,1," + name + "(" + args + ")\n"
			plan, _ := dialplan.Load(dialplan.LoadOptions{FS: fstest.MapFS{"a.conf": &fstest.MapFile{Data: []byte(text)}}}, "a.conf")
			if plan == nil {
				return
			}
			got := simulate.Call(simulate.Script{
				Sounds: map[string]time.Duration{"a": time.Second}, Presses: []simulate.Press{{At: time.Second, Keys: "12#*"}}, Patience: 20 * time.Second,
			}, dialplan.Place{Context: "c"}, ivr.Options{
				Plan: func() *dialplan.Plan { return plan }, Apps: table, Functions: function.All(), Limits: ivr.Limits{Steps: 100},
			})
			if err := got.Outcome.Err; err != nil && strings.Contains(err.Error(), "panic") {
				t.Fatalf("%s(%s): %v", name, args, err)
			}
		}
	})
}
