package call_test

import (
	"testing"

	"dialtone/call/softphone"
	"dialtone/store"
)

// scheduledPlan has the ways to a user, a group and an outcall.
const scheduledPlan = userPlan + `
[phones]
exten => _0X.,1,Goto(to-extern,${EXTEN},1)
`

// Somebody with a schedule is called while it is open; else the call goes where the schedule says, by the period that holds.
func TestSchedulesOfUsersGroupsAndOutcalls(t *testing.T) {
	always := store.Period{HoursStart: "00:00", HoursEnd: "23:59"}
	closed := store.Destination{Type: store.DestinationCustom, Command: "Hangup(17)"}
	exceptional := []store.ExceptionalPeriod{{Period: always, Destination: store.Destination{Type: store.DestinationCustom, Command: "Hangup(34)"}}}
	for _, test := range []struct {
		state    string
		schedule store.Schedule
		status   int // of the refusal; 0: the call is answered
	}{
		{"open", store.Schedule{Enabled: true, OpenPeriods: []store.Period{always}}, 0},
		{"closed", store.Schedule{Enabled: true}, 486},
		{"exceptional", store.Schedule{Enabled: true, OpenPeriods: []store.Period{always}, ExceptionalPeriods: exceptional}, 503},
		{"switched off", store.Schedule{ExceptionalPeriods: exceptional}, 0},
	} {
		t.Run(test.state, func(t *testing.T) {
			far := new(carrier)
			l := newLab(t, labConfig{plan: scheduledPlan, trunk: "incoming", ways: far.leave})
			test.schedule.ClosedDestination = closed
			l.scheduled(test.schedule)
			phone := l.desk("1001")
			far.serve(phone.serves("1001"))
			caller := l.phone(softphone.Config{})
			for who, dialled := range map[string]string{"user": "71", "group": "81", "outcall": "0612"} {
				if test.status != 0 {
					if e := l.end(l.call(caller, dialled)); e.Status != test.status {
						t.Errorf("%s: the call ends with %d, want %d", who, e.Status, test.status)
					}
					continue
				}
				a, called := l.talking(phone, dialled)
				called.Hangup()
				l.end(a)
				l.until("the call is over", func() bool { return l.calls.Live() == 0 })
			}
			l.nothingLeft()
		})
	}
}

// scheduled makes the user and the group of the phone 1001, and the outcall by the trunk, that follow a schedule.
func (l *lab) scheduled(s store.Schedule) {
	l.t.Helper()
	change := func(change func(tx *store.Tx, tenant string) error) {
		l.t.Helper()
		if err := l.store.Update(func(tx *store.Tx) error { return change(tx, tx.MasterTenant().UUID) }); err != nil {
			l.t.Fatal(err)
		}
	}
	change(func(tx *store.Tx, tenant string) (err error) {
		s.Tenant = tenant
		s, err = tx.Schedules().Put(s)
		return err
	})
	l.user(store.User{Firstname: "Bert", Schedule: s.ID}, "1001")
	change(func(tx *store.Tx, tenant string) error {
		_, err := tx.Groups().Put(store.Group{Tenant: tenant, Enabled: true, Name: "sales", RingStrategy: "all", Members: []int{1}, UserTimeout: 5, Timeout: 20, Schedule: s.ID})
		return err
	})
	change(func(tx *store.Tx, tenant string) error {
		if _, err := tx.Contexts().Put(store.Context{Name: "to-extern", Type: store.ContextOutcall, Tenant: tenant, Enabled: true}); err != nil {
			return err
		}
		trunk, _ := tx.Trunk("carrier")
		out, err := tx.Outcalls().Put(store.Outcall{Tenant: tenant, Name: "out", Enabled: true, Trunks: []int{trunk.ID}, Schedule: s.ID})
		if err != nil {
			return err
		}
		_, err = tx.Extensions().Put(store.Extension{Exten: "_0X.", Context: "to-extern", Enabled: true, Of: store.Owner{Kind: store.OwnerOutcall, ID: out.ID}})
		return err
	})
}
