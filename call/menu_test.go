package call_test

import (
	"path"
	"path/filepath"
	"testing"
	"time"

	"dialtone/call/softphone"
	"dialtone/examples"
	"dialtone/store"
)

// A number that leads to the menu with a submenu: by keys a caller gets into the submenu and back, and to what is chosen there.
func TestANumberLeadsIntoASubmenu(t *testing.T) {
	plan := "[phones]\nexten => 1,1,Hangup()\n"
	for _, name := range []string{"dp-ivr-example.conf", "my-ivr-destination-context.conf"} {
		text, err := examples.Files.ReadFile(path.Join("submenu", name))
		if err != nil {
			t.Fatal(err)
		}
		plan += string(text) + "\n"
	}
	l := newLab(t, labConfig{plan: plan, trunk: "from-extern"})
	l.number("0123456789", store.Destination{Type: store.DestinationCustom, Command: "Goto(dp-ivr-example,s,1)"})
	for _, sound := range []string{"ivr-example-welcome-sound", "dest-8000"} {
		writeTone(t, filepath.Join(l.dir, "sounds", "ivr-sounds", sound+".wav"), 100*time.Millisecond)
	}
	c := l.call(l.phone(softphone.Config{User: "0987654321"}), "0123456789")
	hears := func(app, context string) {
		t.Helper()
		l.until(app+" in "+context, func() bool {
			calls := l.calls.Calls()
			return len(calls) == 1 && calls[0].App == app && calls[0].Context == context
		})
	}
	hears("BackGround", "dp-ivr-example")
	l.press(c, "3")
	hears("BackGround", "dp-ivr-submenu")
	l.press(c, "1")
	hears("Playback", "my-ivr-destination-context")
	c.Hangup()
	l.end(c)
	l.nothingLeft()
}

// number gives a number of the trunk an incall.
func (l *lab) number(exten string, to store.Destination) {
	l.t.Helper()
	err := l.store.Update(func(tx *store.Tx) error {
		tenant := tx.MasterTenant().UUID
		if _, err := tx.Contexts().Put(store.Context{Name: "incoming-numbers", Type: store.ContextIncall, Tenant: tenant, Enabled: true}); err != nil {
			return err
		}
		incall, err := tx.Incalls().Put(store.Incall{Tenant: tenant, Destination: to})
		if err != nil {
			return err
		}
		_, err = tx.Extensions().Put(store.Extension{Exten: exten, Context: "incoming-numbers", Enabled: true, Of: store.Owner{Kind: store.OwnerIncall, ID: incall.ID}})
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
}
