package compile_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"dialtone/compile"
	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/simulate"
	"dialtone/store"
)

func confFile(text string) fs.FS { return fstest.MapFS{"own.conf": {Data: []byte(text)}} }

// custom is a destination that executes a command.
func custom(command string) store.Destination {
	return store.Destination{Type: store.DestinationCustom, Command: command}
}

func sound(name string) store.Destination {
	return store.Destination{Type: store.DestinationSound, Filename: name}
}

// seedPlan is a menu of one's own in files, to which the objects lead.
const seedPlan = `
[dp-ivr-example]
exten = s,1,Answer()
same = n,Playback(welcome-${WAZO_DSTNUM}-${WAZO_INCALL_ID})
same = n,Hangup()
[sub-prep]
exten = s,1,Playback(prepared)
same = n,Return()
`

func TestTextOfAnIncallReadsLikeDialplan(t *testing.T) {
	l := newLab(t)
	closed := l.schedule(store.Schedule{Name: "office", Timezone: "Europe/Paris", ClosedDestination: sound("closed"),
		OpenPeriods:        []store.Period{{HoursStart: "08:00", HoursEnd: "18:00", WeekDays: []int{1, 2, 3, 4, 5}}},
		ExceptionalPeriods: []store.ExceptionalPeriod{{Period: store.Period{HoursStart: "00:00", HoursEnd: "23:59", MonthDays: []int{25}, Months: []int{12}}, Destination: sound("xmas")}}})
	id := l.incall("0123456789", store.Incall{Destination: custom("Goto(dp-ivr-example,s,1)"), Schedule: closed, Description: "main\nnumber",
		CallerIDMode: "prepend", CallerIDName: "Sales", PreprocessSubroutine: "sub-prep", GreetingSound: "hello"})
	var tenant string
	l.store.View(func(tx *store.Tx) error { tenant = tx.MasterTenant().UUID; return nil })
	want := `[xivo-incall-1]
; incall 1 main number
; of 0123456789 in [from-extern]
exten = s,1,Set(WAZO_INCALL_ID=1)
same = n,Set(__WAZO_TENANT_UUID=` + tenant + `)
same = n,Set(WAZO_DSTNUM=${XIVO_BASE_EXTEN})
same = n,Set(WAZO_SRCNUM=${CALLERID(num)})
same = n,Set(__WAZO_CALLORIGIN=extern)
same = n,Set(__WAZO_CALL_DIRECTION=inbound)
same = n,Set(CALLERID(name)=Sales - ${CALLERID(name)})
; schedule 1 office: asked once
same = n,Set(WAZO_SCHEDULE_EXIT=${SCHEDULE(1,,exit)})
same = n,Set(WAZO_SCHEDULE_STATUS=${IF($["${WAZO_SCHEDULE_EXIT}" = "open"]?opened:closed)})
same = n,GotoIf($["${WAZO_SCHEDULE_STATUS}" = "closed"]?xivo-schedule-1,${WAZO_SCHEDULE_EXIT},1)
same = n,GosubIf(${DIALPLAN_EXISTS(sub-prep,s,1)}?sub-prep,s,1)
same = n,GosubIf(${DIALPLAN_EXISTS(xivo-subrgbl-did,s,1)}?xivo-subrgbl-did,s,1)
same = n,Playback(hello)
same = n,GosubIf(${DIALPLAN_EXISTS(xivo-subrfwd-custom,s,1)}?xivo-subrfwd-custom,s,1)
same = n,Goto(dp-ivr-example,s,1)
same = n,Hangup()
`
	if got := l.text(compile.IncallContext(id)); got != want {
		t.Errorf("the text is\n%s\nwant\n%s", got, want)
	}
	want = `[xivo-schedule-1]
; schedule 1 office, in Europe/Paris
; open 08:00-18:00 mon-fri
exten = closed,1,Answer()
same = n,Playback(closed)
same = n,Hangup()
; closed 00:00-23:59 25 dec
exten = exceptional-1,1,Answer()
same = n,Playback(xmas)
same = n,Hangup()
`
	if got := l.text(compile.ScheduleContext(closed)); got != want {
		t.Errorf("the text is\n%s\nwant\n%s", got, want)
	}
	if got := l.text("from-extern"); !strings.Contains(got, "exten = 0123456789,1,Set(__XIVO_BASE_EXTEN=${EXTEN})\nsame = n,Goto(xivo-incall-1,s,1)\n") {
		t.Errorf("the context of the number is\n%s", got)
	}
}

func TestNoObjectHasNoContext(t *testing.T) {
	l := newLab(t)
	l.incall("1", store.Incall{Destination: store.Nowhere})
	for _, name := range []string{"xivo-incall-2", "xivo-incall-01", "xivo-incall--1", "xivo-incall-", "xivo-ivr-1", "xivo-user-1", "xivo-line-1", "xivo-group-1", "xivo-outcall-1", "xivo-schedule-1", "nowhere", ""} {
		l.store.View(func(tx *store.Tx) error {
			if text, ok := compile.Text(tx, name); ok {
				t.Errorf("%q is\n%s", name, text)
			}
			return nil
		})
		if l.sw.Context(name) != nil {
			t.Errorf("the switch has %q", name)
		}
	}
	if l.sw.Context("xivo-incall-1") == nil {
		t.Error("the switch does not have xivo-incall-1")
	}
}

func TestAnInboundCallGoesTheWayOfTheObjects(t *testing.T) {
	monday := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	l := newLab(t)
	office := l.schedule(store.Schedule{ClosedDestination: sound("closed"),
		OpenPeriods:        []store.Period{{HoursStart: "08:00", HoursEnd: "18:00"}},
		ExceptionalPeriods: []store.ExceptionalPeriod{{Period: store.Period{HoursStart: "00:00", HoursEnd: "23:59", MonthDays: []int{25}}, Destination: sound("xmas")}}})
	l.incall("0123456789", store.Incall{Destination: custom("Goto(dp-ivr-example,s,1)"), Schedule: office, PreprocessSubroutine: "sub-prep", GreetingSound: "hello", CallerIDMode: "append", CallerIDName: "Büro; ${EXTEN}, 1)"})
	plan := l.files(seedPlan)
	for _, c := range []struct {
		why    string
		at     time.Time
		heard  []string
		status string
	}{
		{"open", monday, []string{"prepared", "hello", "welcome-0123456789-1"}, "opened"},
		{"at night", monday.Add(12 * time.Hour), []string{"closed"}, "closed"},
		{"on the exceptional day", time.Date(2026, 12, 25, 10, 0, 0, 0, time.UTC), []string{"xmas"}, "closed"},
	} {
		r := l.call(plan, simulate.Script{Start: c.at, Caller: ivr.CallerID{Name: "Anna", Number: "0698"}}, "from-extern", "0123456789")
		if !slices.Equal(heard(r), c.heard) {
			t.Errorf("%s: heard %v, want %v", c.why, heard(r), c.heard)
		}
		for name, want := range map[string]string{"WAZO_SCHEDULE_STATUS": c.status, "WAZO_SRCNUM": "0698", "XIVO_BASE_EXTEN": "0123456789", "WAZO_CALLORIGIN": "extern", "WAZO_CALL_DIRECTION": "inbound"} {
			if got := variable(r, name); got != want {
				t.Errorf("%s: %s is %q, want %q", c.why, name, got, want)
			}
		}
		if want := "Anna - Büro; ${EXTEN}, 1)"; r.State.Caller.Name != want {
			t.Errorf("%s: the caller is %q, want %q: a text means itself", c.why, r.State.Caller.Name, want)
		}
	}
}

func TestEveryDestinationDoesWhatItSays(t *testing.T) {
	l := newLab(t)
	menu := l.ivr(store.IVR{Name: "menu", MenuSound: "choose", MaxTries: 1, Timeout: 1})
	five := 5.0
	plan := l.files(seedPlan + "[office]\nexten = 12,1,Playback(office)\n")
	for name, c := range map[string]struct {
		d        store.Destination
		heard    []string
		answered bool
	}{
		"none":         {d: store.Nowhere},
		"hangup":       {d: store.Destination{Type: store.DestinationHangup, Cause: "normal"}},
		"busy":         {d: store.Destination{Type: store.DestinationHangup, Cause: "busy", Timeout: &five}, answered: true, heard: []string{"tone:busy"}},
		"congestion":   {d: store.Destination{Type: store.DestinationHangup, Cause: "congestion", Timeout: &five}, answered: true, heard: []string{"tone:congestion"}},
		"custom":       {d: custom("Playback(a&b)"), answered: true, heard: []string{"a", "b"}},
		"with commas":  {d: custom(`ExecIf(1?Playback(a\;noanswer))`), heard: []string{"a"}},
		"variables":    {d: custom("Playback(n-${XIVO_BASE_EXTEN})"), answered: true, heard: []string{"n-1"}},
		"extension":    {d: store.Destination{Type: store.DestinationExtension, Context: "office", Exten: "12"}, answered: true, heard: []string{"office"}},
		"ivr":          {d: store.Destination{Type: store.DestinationIVR, IVRID: menu}, answered: true, heard: []string{"choose", "error-sorry"}},
		"sound":        {d: sound("one, (two) [3"), answered: true, heard: []string{"one, (two) [3"}},
		"silent sound": {d: store.Destination{Type: store.DestinationSound, Filename: "early", NoAnswer: true}, heard: []string{"early"}},
		"skipped":      {d: store.Destination{Type: store.DestinationSound, Filename: "early", NoAnswer: true, Skip: true}},
	} {
		id := l.incall("1", store.Incall{Destination: c.d})
		r := l.call(plan, simulate.Script{}, "from-extern", "1")
		if !slices.Equal(heard(r), c.heard) || (r.Answered >= 0) != c.answered {
			t.Errorf("%s: heard %v, answered %v; want %v, %v\n%s", name, heard(r), r.Answered >= 0, c.heard, c.answered, l.text(compile.IncallContext(id)))
		}
		if r.Outcome.Err != nil {
			t.Errorf("%s: %v", name, r.Outcome.Err)
		}
		l.change(func(tx *store.Tx, _ string) error {
			e, _ := tx.Extension("from-extern", "1")
			if err := tx.Extensions().Delete(e.ID); err != nil {
				return err
			}
			return tx.Incalls().Delete(id)
		})
	}
}

// Whatever a person writes into an object, its context has the lines that it should, and no other.
func FuzzTextsStayTexts(f *testing.F) {
	for _, seed := range []string{"a", "a)b", "x\nexten = 1,1,System(rm)", "${EVIL}", "$[1+1]", "; --", ";-- a --;", `\;`, "a,b", `"`, "\x00é", "]", "=>", "${", "$"} {
		f.Add(seed)
	}
	l := newLab(f)
	f.Fuzz(func(t *testing.T, text string) {
		l.t = t
		id := l.incall("1", store.Incall{Destination: sound(text), Description: text, GreetingSound: text, CallerIDMode: "overwrite", CallerIDName: text})
		defer l.change(func(tx *store.Tx, _ string) error {
			e, _ := tx.Extension("from-extern", "1")
			if err := tx.Extensions().Delete(e.ID); err != nil {
				return err
			}
			return tx.Incalls().Delete(id)
		})
		written := l.text(compile.IncallContext(id))
		c, problems := dialplan.Read("x", written, nil)
		lines := 12
		if text == "" {
			lines -= 2
		}
		if len(problems) > 0 || len(c.Extensions) != 1 || len(c.Extensions[0].Priorities) != lines {
			t.Fatalf("%q: %v, %d lines, want %d:\n%s", text, problems, len(c.Extensions[0].Priorities), lines, written)
		}
		for _, p := range c.Extensions[0].Priorities {
			if !slices.Contains([]string{"Set", "GosubIf", "Playback", "Answer", "Hangup"}, p.App) {
				t.Errorf("%q: a line is %s(%s)", text, p.App, p.Args)
			}
		}
		if got := l.call((&dialplan.Plan{}).With(l.sw), simulate.Script{}, "from-extern", "1").State.Caller.Name; text != "" && strings.TrimSpace(got) != strings.TrimSpace(clean(text)) {
			t.Errorf("%q: the caller's name is %q", text, got)
		}
	})
}

// clean is a text on one line.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

func BenchmarkNumberOfMany(b *testing.B) {
	l := newLab(b)
	many(l, 100_000)
	plan := (&dialplan.Plan{}).With(l.sw)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n = (n + 7919) % 100_000
		if _, ok := plan.Find(dialplan.Place{Context: "from-extern", Exten: number(n), Priority: 1}, "", time.Time{}); !ok {
			b.Fatal("not found")
		}
	}
}

func BenchmarkDigitsOfMany(b *testing.B) {
	l := newLab(b)
	many(l, 100_000)
	plan := (&dialplan.Plan{}).With(l.sw)
	b.ReportAllocs()
	for b.Loop() {
		if !plan.Match("from-extern", "+331000", "", time.Time{}).MatchMore {
			b.Fatal("not more")
		}
	}
}

func number(n int) string { return fmt.Sprintf("+331%08d", n) }

// many makes many numbers of one incall.
func many(l *lab, count int) {
	id := l.incall("1", store.Incall{Destination: store.Nowhere})
	l.change(func(tx *store.Tx, _ string) error {
		for n := range count {
			if _, err := tx.Extensions().Put(store.Extension{Exten: number(n), Context: "from-extern", Enabled: true, Of: store.Owner{Kind: store.OwnerIncall, ID: id}}); err != nil {
				return err
			}
		}
		return nil
	})
}
