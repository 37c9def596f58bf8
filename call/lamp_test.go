package call

import (
	"testing"

	"dialtone/ivr/dialplan"
	"dialtone/sip"
)

func TestLampShowsAHintOfThePhonesContext(t *testing.T) {
	devices, kept := office()
	plan := readPlan(t, `[sales]
exten => 1001,hint,PJSIP/1001(Anna)
exten => 1002,hint,PJSIP/1002
exten => both,hint,PJSIP/1001&PJSIP/1002
exten => night,hint,Custom:night
[default]
exten => 1001,1,NoOp()
`)
	sw := New(Config{
		Plan: func() *dialplan.Plan { return plan }, Devices: devices, Database: kept,
		Context: func(d Door) (string, bool) {
			context, ok := map[string]string{"1001": "sales", "1002": "default"}[d.Phone]
			return context, ok
		},
	})
	board := sw.Lamps()
	want := func(why, phone, exten string, want sip.Lamp, there bool) {
		t.Helper()
		if lamp, ok := board.Lamp(phone, exten); lamp != want || ok != there {
			t.Errorf("%s: %+v, %v; want %+v, %v", why, lamp, ok, want, there)
		}
	}
	idle := sip.Lamp{State: sip.LampIdle, Name: "Anna"}
	want("registered", "1001", "1001", idle, true)
	want("not registered", "1001", "1002", sip.Lamp{State: sip.LampAway}, true)
	want("of another context", "1002", "1001", sip.Lamp{}, false)
	want("of a phone that is no more", "1003", "1001", sip.Lamp{}, false)
	told := 0
	stop := board.Watch("1001", "1001", func() { told++ })
	anna := sip.CallerID{Name: "Bob", User: "1005"}
	devices.Ringing("PJSIP/1001", "a", anna)
	want("it rings", "1001", "1001", sip.Lamp{State: sip.LampRinging, Name: "Anna", Caller: anna}, true)
	want("one of two rings", "1001", "both", sip.Lamp{State: sip.LampRinging, Caller: anna}, true)
	devices.Up("PJSIP/1001", "a")
	want("it is answered", "1001", "1001", sip.Lamp{State: sip.LampBusy, Name: "Anna"}, true)
	devices.Ringing("PJSIP/1001", "b", anna)
	want("another one rings", "1001", "1001", sip.Lamp{State: sip.LampBusy, Name: "Anna"}, true)
	devices.Idle("PJSIP/1001", "b")
	devices.Hold("PJSIP/1001", "a", true)
	want("it is on hold", "1001", "1001", sip.Lamp{State: sip.LampHeld, Name: "Anna"}, true)
	devices.Idle("PJSIP/1001", "a")
	want("it is over", "1001", "1001", idle, true)
	if stop(); told != 6 {
		t.Errorf("told %d times of 6 changes", told)
	}
	for state, lamp := range map[string]sip.LampState{"UNKNOWN": sip.LampIdle, "NOT_INUSE": sip.LampIdle, "INUSE": sip.LampBusy, "BUSY": sip.LampBusy,
		"INVALID": sip.LampAway, "UNAVAILABLE": sip.LampAway, "RINGING": sip.LampRinging, "RINGINUSE": sip.LampBusy, "ONHOLD": sip.LampHeld} {
		if err := kept.Put("CustomDevstate", "night", state); err != nil {
			t.Fatal(err)
		}
		want(state, "1001", "night", sip.Lamp{State: lamp}, true)
	}
}
