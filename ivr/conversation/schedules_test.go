package conversation

import (
	"slices"
	"testing"
	"testing/fstest"

	"dialtone/ivr/app"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
	"dialtone/ivr/schedule"
)

// night is an ivr.Schedules with one schedule that is never open, and is not to be switched.
type night struct{ t *testing.T }

func (night) Schedule(_, name string) (schedule.Schedule, error) {
	if name != "shop" {
		return schedule.Schedule{}, schedule.ErrTurn // any
	}
	return schedule.Schedule{}, nil
}

func (n night) Switch(_, name string, _ schedule.Turn) (schedule.Hand, error) {
	n.t.Errorf("the stage's schedule %s is switched by a call", name)
	return schedule.Hand{}, nil
}

func TestACallSaysWhatSchedulesAre(t *testing.T) {
	file := fstest.MapFS{"c.conf": {Data: []byte(`[c]
exten = s,1,NoOp(${SCHEDULE(office)} ${SCHEDULE(shop)})
same = n,Set(SCHEDULE(shop)=toggle)
same = n,NoOp(${SCHEDULE(shop)})
`)}}
	plan, problems := dialplan.Load(dialplan.LoadOptions{FS: file}, "c.conf")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	stage := Stage{Plan: plan, Apps: app.All(), Functions: function.All(), Schedules: night{t}}
	for _, c := range []struct {
		why  string
		set  []Variable
		want []string
	}{
		{"nothing is said", nil, []string{" closed", "open"}},
		{"one that there is not is said to be closed", []Variable{{"SCHEDULE(office)", "closed"}}, []string{"closed closed", "open"}},
		{"one of the stage is said to be open", []Variable{{"SCHEDULE(office)", "open"}, {"SCHEDULE(shop)", "open"}}, []string{"open open", "closed"}},
	} {
		var got []string
		for _, e := range stage.Play(Call{Place: dialplan.Place{Context: "c", Exten: "s", Priority: 1}, Set: c.set}).Events {
			if e.Kind == Stepped && e.Step.App == "NoOp" {
				got = append(got, e.Step.Args)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
}
