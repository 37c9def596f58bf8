package call_test

import (
	"testing"

	"dialtone/call/softphone"
	"dialtone/store"
)

const userPlan = `
[phones]
exten => _7X,1,Goto(xivo-user-${EXTEN:1},s,1)
exten => _8X,1,Goto(xivo-group-${EXTEN:1},s,1)
exten => 9,1,Answer()
 same => n,Wait(60)
`

// user makes a user of a phone of the lab.
func (l *lab) user(u store.User, phone string) {
	l.t.Helper()
	err := l.store.Update(func(tx *store.Tx) error {
		u.Tenant, u.Enabled = tx.MasterTenant().UUID, true
		made, err := tx.Users().Put(u)
		if err != nil {
			return err
		}
		p, _ := tx.Phone(phone)
		line, _ := tx.LineOf(p.Endpoint)
		of := *line
		of.User = made.ID
		_, err = tx.Lines().Put(of)
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

// A user has as many calls as the user may have, in either direction; one that ends makes room.
func TestAUserIsBusyWithCallsEnough(t *testing.T) {
	l := newLab(t, labConfig{plan: userPlan})
	l.user(store.User{Firstname: "Bert", SimultaneousCalls: 1}, "1001")
	b := l.desk("1001")
	anna := l.phone(softphone.Config{})
	a, called := l.talking(b, "71")
	if e := l.end(l.call(anna, "71")); e.Status != 486 {
		t.Errorf("another call ends with %d", e.Status)
	}
	called.Hangup()
	l.end(a)
	over := func() bool { return l.calls.Live() == 0 }
	l.until("the call is over", over)

	own := l.call(b.Phone, "9")
	l.await(own, softphone.Answered)
	if e := l.end(l.call(anna, "71")); e.Status != 486 {
		t.Errorf("a call while the user's own is up ends with %d", e.Status)
	}
	own.Hangup()
	l.end(own)
	l.until("the user's own call is over", over)

	a, called = l.talking(b, "71")
	called.Hangup()
	l.end(a)
	l.nothingLeft()
}

// A group without ring_in_use leaves those in peace who have a call.
func TestAGroupSparesWhoHasACall(t *testing.T) {
	l := newLab(t, labConfig{plan: userPlan})
	l.user(store.User{Firstname: "Bert"}, "1001")
	l.user(store.User{Firstname: "Carl"}, "1002")
	if err := l.store.Update(func(tx *store.Tx) error {
		_, err := tx.Groups().Put(store.Group{Tenant: tx.MasterTenant().UUID, Enabled: true, Label: "g", Name: "g", RingStrategy: "all", Members: []int{1, 2}, UserTimeout: 5, Timeout: 20})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	b, c := l.desk("1001"), l.desk("1002")
	own := l.call(b.Phone, "9")
	l.await(own, softphone.Answered)
	a := l.call(l.phone(softphone.Config{}), "81")
	called := c.answer()
	l.await(a, softphone.Answered)
	select {
	case <-b.calls:
		t.Error("the one who has a call is rung")
	default:
	}
	called.Hangup()
	l.end(a)
	own.Hangup()
	l.end(own)
	l.nothingLeft()
}
