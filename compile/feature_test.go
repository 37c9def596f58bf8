package compile_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dialtone/compile"
	"dialtone/ivr"
	"dialtone/ivr/simulate"
	"dialtone/store"
)

func TestSchedulesAreSwitchedByTheFeatureCode(t *testing.T) {
	l := newLab(t)
	always := l.schedule(store.Schedule{Name: "always", ClosedDestination: sound("closed"), OpenPeriods: []store.Period{{HoursStart: "00:00", HoursEnd: "23:59"}}})
	plan := l.files("[office]\ninclude => xivo-schedules\n[kitchen]\nexten => 1,1,NoOp()\n")
	monday := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	dial := func(context, exten string) []string {
		t.Helper()
		return heard(l.call(plan, simulate.Script{Start: monday, Caller: ivr.CallerID{Number: "1001"}}, context, exten))
	}
	kept := func() (s store.Switch) {
		l.store.View(func(tx *store.Tx) error {
			if v, _, ok := tx.Switches().Get(always); ok {
				s = *v
			}
			return nil
		})
		return s
	}
	if got := dial("office", "*271"); !slices.Equal(got, []string{"beep", "beep"}) || kept().State != "closed" || kept().By != "1001" {
		t.Errorf("closed by hand: heard %q, the switch is %+v", got, kept())
	}
	if got := dial("office", "*271"); !slices.Equal(got, []string{"beep"}) || kept().State != "" {
		t.Errorf("by the clock again: heard %q, the switch is %+v", got, kept())
	}
	if got := dial("office", "*2799"); slices.Contains(got, "beep") {
		t.Errorf("a schedule that there is not: heard %q", got)
	}
	if got := dial("kitchen", "*271"); len(got) > 0 || kept().State != "" {
		t.Errorf("where the code is not included: heard %q, the switch is %+v", got, kept())
	}
	if text := l.text(compile.FeatureContext); !strings.Contains(text, "exten = _*27X!,hint,Custom:schedule-${EXTEN:3}\n") {
		t.Errorf("there is no lamp: %s", text)
	}
	if hint, ok := plan.Hint("office", "*271", monday); !ok || !slices.Equal(hint.Devices, []string{"Custom:schedule-1"}) {
		t.Errorf("the lamp of *271 is %+v, %v", hint, ok)
	}
}
