package call

import (
	"os"
	"path/filepath"
	"testing"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/sip"
)

// readPlan is the dialplan of a text.
func readPlan(t *testing.T, text string) *dialplan.Plan {
	t.Helper()
	path := filepath.Join(t.TempDir(), "extensions.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	plan, problems := dialplan.Load(dialplan.LoadOptions{}, path)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return plan
}

func TestHintShowsItsDevices(t *testing.T) {
	devices, kept := office()
	kept.Put(ivr.CustomDevices, "night", "INUSE")
	plan := readPlan(t, `[globals]
DESK=PJSIP/1001
[default]
include => lamps
exten => 1001,hint,PJSIP/1001(Anna Desk)
exten => 1002,hint,PJSIP/1002,CustomPresence:1002
exten => both,hint,PJSIP/1002 & SIP/1001
exten => desk,hint,${DESK}
exten => own,hint,PJSIP/1001&Custom:${EXTEN}
exten => nobody,hint,PJSIP/1003
exten => plain,1,NoOp()
[lamps]
exten => _*2X,hint,Custom:${EXTEN:2}
exten => night,hint,Custom:night
[auto]
autohints=yes
`)
	hints := NewHints(func() *dialplan.Plan { return plan }, devices)
	kept.Put(ivr.CustomDevices, "7", "BUSY")
	for _, tt := range []struct {
		context, exten string
		want           DeviceState // empty: no hint
		devices        string
	}{
		{"default", "1001", DeviceNotInUse, "PJSIP/1001"},
		{"default", "1002", DeviceUnavailable, "PJSIP/1002"},
		{"default", "both", DeviceNotInUse, "PJSIP/1002&SIP/1001"},
		{"default", "desk", DeviceNotInUse, "PJSIP/1001"},
		{"default", "own", DeviceNotInUse, "PJSIP/1001&Custom:own"},
		{"default", "nobody", DeviceUnavailable, "PJSIP/1003"},
		{"default", "night", DeviceInUse, "Custom:night"},
		{"default", "*27", DeviceBusy, "Custom:7"},
		{"default", "*28", DeviceNotInUse, "Custom:8"}, // unknown
		{"default", "plain", "", ""},
		{"default", "1003", "", ""},
		{"nowhere", "1001", "", ""},
		{"auto", "1001", DeviceNotInUse, "PJSIP/1001"},
		{"auto", "1003", "", ""},
	} {
		state, ok := hints.State(tt.context, tt.exten)
		if ok != (tt.want != "") || state.State != tt.want {
			t.Errorf("%s@%s: %s, %v; want %q", tt.exten, tt.context, state.State, ok, tt.want)
		}
		if list, _, _ := hints.Hint(tt.context, tt.exten); list != tt.devices {
			t.Errorf("%s@%s stands for %q, want %q", tt.exten, tt.context, list, tt.devices)
		}
	}
	if _, name, _ := hints.Hint("default", "1001"); name != "Anna Desk" {
		t.Errorf("the name of 1001 is %q", name)
	}
	devices.Up("PJSIP/1001", "a")
	devices.Ringing("PJSIP/1002", "b", sip.CallerID{User: "0123"})
	if s, _ := hints.State("default", "both"); s.State != DeviceRingInUse || s.Call.CallID != "b" || s.Call.Caller.User != "0123" {
		t.Errorf("the call that rings is shown first: %+v", s)
	}
	devices.Ringing("PJSIP/1001", "c", sip.CallerID{})
	devices.Hold("PJSIP/1001", "a", true)
	if up, ringing := hints.DeviceCalls("SIP/1001"); up != 1 || ringing != 1 {
		t.Errorf("1001 has %d calls and %d that ring, want one of each", up, ringing)
	}
}

func TestWatchOfAHint(t *testing.T) {
	devices, _ := office()
	plan := readPlan(t, "[default]\nexten => 1,hint,PJSIP/1001&SIP/1001&Custom:x\n")
	hints := NewHints(func() *dialplan.Plan { return plan }, devices)
	told := 0
	stop := hints.Watch("default", "1", func() { told++ })
	want := func(why string, n int) {
		t.Helper()
		if told != n {
			t.Errorf("%s: told %d times, want %d", why, told, n)
		}
		told = 0
	}
	devices.Up("PJSIP/1001", "a")
	want("a device of it", 1)
	devices.Up("PJSIP/1002", "b")
	want("another device", 0)
	plan = readPlan(t, "[default]\nexten => 1,hint,PJSIP/1002\n")
	hints.Reloaded()
	want("another dialplan", 1)
	devices.Idle("PJSIP/1001", "a")
	want("the device that it was", 0)
	devices.Idle("PJSIP/1002", "b")
	want("the device that it is", 1)
	plan = readPlan(t, "[default]\nexten => 1,hint,SIP/desk\n")
	hints.Reloaded()
	want("a phone by its endpoint's name", 1)
	devices.Up("PJSIP/1001", "c")
	want("the phone of that name", 1)
	stop()
	devices.Up("PJSIP/1002", "b")
	hints.Reloaded()
	want("after stop", 0)
	if len(hints.watches)+len(hints.byDevice) != 0 {
		t.Errorf("left: %d watches, %d devices", len(hints.watches), len(hints.byDevice))
	}
}
