package compile_test

import (
	"cmp"
	"testing"
	"time"

	"dialtone/compile"
	"dialtone/hours"
	"dialtone/ivr"
	"dialtone/ivr/app"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
	"dialtone/ivr/simulate"
	"dialtone/pjsip"
	"dialtone/store"
)

// run is a call's.
type run = ivr.Run

// start is when nothing special happens.
var start = time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)

// lab is a store with objects, and the switch that they make.
type lab struct {
	t     testing.TB
	store *store.Store
	sw    *compile.Switch

	globals *ivr.Globals
	devices ivr.Devices // nil: none has a call
}

func newLab(t testing.TB) *lab {
	t.Helper()
	s, err := store.Open(t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &lab{t: t, store: s, sw: compile.NewSwitch(s.View), globals: ivr.NewGlobals(nil)}
}

// change changes objects, which has to work. What is made belongs to the master tenant.
func (l *lab) change(f func(tx *store.Tx, tenant string) error) {
	l.t.Helper()
	if err := l.store.Update(func(tx *store.Tx) error { return f(tx, tx.MasterTenant().UUID) }); err != nil {
		l.t.Fatal(err)
	}
}

// text is the text of a context.
func (l *lab) text(context string) (text string) {
	l.t.Helper()
	l.store.View(func(tx *store.Tx) error {
		var ok bool
		if text, ok = compile.Text(tx, context); !ok {
			l.t.Errorf("there is no context %s", context)
		}
		return nil
	})
	return text
}

// incall makes an incall with a number in from-extern.
func (l *lab) incall(number string, i store.Incall) (id int) {
	l.t.Helper()
	l.change(func(tx *store.Tx, tenant string) error {
		i.Tenant = tenant
		made, err := tx.Incalls().Put(i)
		if err != nil {
			return err
		}
		id = made.ID
		_, err = tx.Extensions().Put(store.Extension{Exten: number, Context: "from-extern", Enabled: true, Of: store.Owner{Kind: store.OwnerIncall, ID: id}})
		return err
	})
	return id
}

// ivr makes a menu.
func (l *lab) ivr(menu store.IVR) (id int) {
	l.t.Helper()
	l.change(func(tx *store.Tx, tenant string) error {
		menu.Tenant = tenant
		made, err := tx.IVRs().Put(menu)
		id = made.ID
		return err
	})
	return id
}

// schedule makes a schedule.
func (l *lab) schedule(s store.Schedule) (id int) {
	l.t.Helper()
	l.change(func(tx *store.Tx, tenant string) error {
		s.Tenant, s.Enabled = tenant, true
		made, err := tx.Schedules().Put(s)
		id = made.ID
		return err
	})
	return id
}

// user makes a user with telephones, each with an extension in default.
func (l *lab) user(u store.User, numbers ...string) (id int) {
	l.t.Helper()
	l.change(func(tx *store.Tx, tenant string) error {
		u.Tenant = tenant
		made, err := tx.Users().Put(u)
		if err != nil {
			return err
		}
		id = made.ID
		for i, number := range numbers {
			auth := pjsip.Options{{"username", "phone" + number}, {"password", "secret"}}
			e, err := tx.Endpoints().Put(store.Endpoint{Tenant: tenant, Name: "phone" + number, Sections: pjsip.Sections{Auth: auth}})
			if err != nil {
				return err
			}
			line, err := tx.Lines().Put(store.Line{Context: "default", Position: i + 1, Endpoint: e.UUID, User: id})
			if err != nil {
				return err
			}
			if _, err := tx.Extensions().Put(store.Extension{Exten: number, Context: "default", Enabled: true, Of: store.Owner{Kind: store.OwnerLine, ID: line.ID}}); err != nil {
				return err
			}
		}
		return nil
	})
	return id
}

// files reads dialplan files of one's own, beside which the objects stand.
func (l *lab) files(text string) *dialplan.Plan {
	l.t.Helper()
	plan, problems := dialplan.Load(dialplan.LoadOptions{FS: confFile(text), Switch: l.sw}, "own.conf")
	if len(problems) > 0 {
		l.t.Fatal(problems)
	}
	return plan.With(l.sw)
}

// call plays a call.
func (l *lab) call(plan *dialplan.Plan, s simulate.Script, context, exten string) simulate.Result {
	l.t.Helper()
	return l.callWith(plan, nil, s, context, exten)
}

// callWith plays a call with global variables; nil: its own.
func (l *lab) callWith(plan *dialplan.Plan, globals *ivr.Globals, s simulate.Script, context, exten string) simulate.Result {
	l.t.Helper()
	if s.Sounds == nil && s.Length == nil {
		s.Length = func(string, string) (time.Duration, error) { return 2 * time.Second, nil }
	}
	return simulate.Call(s, dialplan.Place{Context: context, Exten: exten, Priority: 1}, ivr.Options{
		Plan: func() *dialplan.Plan { return plan }, Apps: app.All(), Functions: function.All(), Schedules: hours.Kept{Store: l.store, Now: func() time.Time { return s.Start }}, Globals: globals, Devices: l.devices,
	})
}

func heard(r simulate.Result) (names []string) {
	for _, h := range r.Heard {
		names = append(names, h.Name)
	}
	return names
}

// variable is what a call's variable was in the end, be it inherited by other calls or not.
func variable(r simulate.Result, name string) string {
	return cmp.Or(r.State.Variables[name], r.State.Variables["__"+name])
}
