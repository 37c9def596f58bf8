package function

import (
	"fmt"
	"testing"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/schedule"
	"dialtone/ivr/simulate"
)

// office is an ivr.Schedules with one schedule, of one tenant, whose switch is kept.
type office struct{ s schedule.Schedule }

func (o *office) Schedule(tenant, name string) (schedule.Schedule, error) {
	if tenant != "t1" || name != "3" && name != "office" {
		return schedule.Schedule{}, fmt.Errorf("there is no schedule %q", name)
	}
	return o.s, nil
}

func (o *office) Switch(tenant, name string, t schedule.Turn) (schedule.Hand, error) {
	s, err := o.Schedule(tenant, name)
	if err != nil {
		return schedule.Hand{}, err
	}
	hand, err := s.Turned(t, monday)
	if err == nil {
		o.s.Hand = hand
	}
	return hand, err
}

var monday = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

func TestSCHEDULETellsAndSwitches(t *testing.T) {
	hours, err := schedule.NewPeriod("09:00", "17:59", []int{1, 2, 3, 4, 5}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	christmas, err := schedule.NewPeriod("00:00", "23:59", nil, []int{25}, []int{12})
	if err != nil {
		t.Fatal(err)
	}
	known := &office{schedule.Schedule{Zone: time.UTC, Open: []schedule.TimeSpec{hours}, Exceptional: []schedule.TimeSpec{christmas}}}
	r := ivr.New(simulate.New(simulate.Script{Start: monday, Caller: ivr.CallerID{Number: "1001"}}), dialplan.Place{}, ivr.Options{
		Plan: func() *dialplan.Plan { return &dialplan.Plan{} }, Functions: All(), Schedules: known,
	})
	r.Set(ivr.TenantVariable, "t1")
	night, xmas := monday.Add(10*time.Hour).Unix(), time.Date(2026, 12, 25, 12, 0, 0, 0, time.UTC).Unix()
	for _, c := range []struct{ set, value, text, want string }{
		{"", "", "${SCHEDULE(office)}", "open"},
		{"", "", "${SCHEDULE(3,,exit)}", "open"},
		{"", "", "${SCHEDULE(3,,until)}", fmt.Sprint(monday.Add(8 * time.Hour).Unix())},
		{"", "", "${SCHEDULE(office,,why)}", "open period 1: 09:00-17:59 mon-fri"},
		{"", "", fmt.Sprintf("${SCHEDULE(office,%d)}", night), "closed"},
		{"", "", fmt.Sprintf("${SCHEDULE(office,%d,exit)}", xmas), "exceptional-1"},
		{"", "", fmt.Sprintf("${SCHEDULE(office,%d)}", xmas), "exceptional"},
		{"", "", "${SCHEDULE(office,soon)}", ""},
		{"", "", "${SCHEDULE(office,,colour)}", ""},
		{"", "", "${SCHEDULE(shop)}", ""},
		{"SCHEDULE(office)", "closed", "${SCHEDULE(office)}", "closed"},
		{"SCHEDULE(office)", "closed", "${SCHEDULE(office,,why)}", "switched to closed by 1001"},
		{"SCHEDULE(office)", "sideways", "${SCHEDULE(office)}", "closed"},
		{"SCHEDULE(office)", "toggle", "${SCHEDULE(office)}", "open"},
		{fmt.Sprintf("SCHEDULE(office,%d)", monday.Add(time.Hour).Unix()), "closed", "${SCHEDULE(office,,until)}", fmt.Sprint(monday.Add(time.Hour).Unix())},
		{"SCHEDULE(office,next)", "closed", fmt.Sprintf("${SCHEDULE(office,%d)}", monday.Add(24*time.Hour).Unix()), "open"},
	} {
		if c.set != "" {
			r.Set(c.set, c.value)
		}
		if got := r.Expand(c.text); got != c.want {
			t.Errorf("%s=%s, then %s is %q, want %q", c.set, c.value, c.text, got, c.want)
		}
	}
	r.Set(ivr.TenantVariable, "t2")
	if got := r.Expand("${SCHEDULE(office)}"); got != "" {
		t.Errorf("another tenant's schedule is %q", got)
	}
}
