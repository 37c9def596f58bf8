package call

import (
	"slices"
	"sync"
	"testing"

	"dialtone/ivr"
	"dialtone/sip"
)

// office has the phones 1001, which is registered, and 1002, which is not, and the trunk carrier.
func office() (*Devices, *ivr.Memory) {
	kept := &ivr.Memory{}
	return NewDevices(DevicesConfig{
		Named: func(name string) (string, string) {
			if name == "1001" || name == "desk" {
				return "1001", "desk"
			}
			return "", ""
		},
		Phone:    func(number string) (bool, bool) { return number == "1001" || number == "1002", number == "1001" },
		Trunk:    func(name string) bool { return name == "carrier" },
		Database: kept,
	}), kept
}

func TestDeviceWithoutCalls(t *testing.T) {
	devices, kept := office()
	kept.Put(ivr.CustomDevices, "night", "INUSE")
	for name, want := range map[string]DeviceState{
		"PJSIP/1001": DeviceNotInUse, "SIP/1001": DeviceNotInUse, "PJSIP/desk": DeviceNotInUse, "sip/desk": DeviceNotInUse, "pjsip/1001": DeviceNotInUse, "PJSIP/1002": DeviceUnavailable,
		"PJSIP/1003": DeviceInvalid, "PJSIP/carrier": DeviceNotInUse, "Local/8899@default": DeviceNotInUse, "DAHDI/1": DeviceInvalid, "1001": DeviceInvalid, "": DeviceInvalid,
		"Custom:night": DeviceInUse, "custom:night": DeviceInUse, "Custom:day": DeviceUnknown,
	} {
		if got := devices.State(name); got != want {
			t.Errorf("%q is %s, want %s", name, got, want)
		}
	}
}

func TestDeviceFollowsItsCalls(t *testing.T) {
	devices, _ := office()
	anna := sip.CallerID{Name: "Anna", User: "1005"}
	for _, step := range []struct {
		does string
		do   func()
		want DeviceState
	}{
		{"a call rings", func() { devices.Ringing("PJSIP/1001", "a", anna) }, DeviceRinging},
		{"it is answered", func() { devices.Up("SIP/1001", "a") }, DeviceInUse},
		{"another rings", func() { devices.Ringing("PJSIP/1001", "b", anna) }, DeviceRingInUse},
		{"the first is held", func() { devices.Hold("PJSIP/1001", "a", true) }, DeviceRingInUse},
		{"the second ends", func() { devices.Idle("PJSIP/1001", "b") }, DeviceOnHold},
		{"the phone calls", func() { devices.Up("PJSIP/1001", "c") }, DeviceInUse},
		{"hold of a call that is over", func() { devices.Hold("PJSIP/1001", "b", true) }, DeviceInUse},
		{"the held one ends", func() { devices.Idle("PJSIP/1001", "a") }, DeviceInUse},
		{"the last one ends", func() { devices.Idle("PJSIP/1001", "c") }, DeviceNotInUse},
		{"it ends again", func() { devices.Idle("PJSIP/1001", "c") }, DeviceNotInUse},
	} {
		step.do()
		for _, name := range []string{"PJSIP/1001", "SIP/desk"} {
			if got := devices.State(name); got != step.want {
				t.Errorf("%s: %s is %s, want %s", step.does, name, got, step.want)
			}
		}
	}
	devices.config.BusyAt = func(name string) int { return map[string]int{"PJSIP/1001": 2}[name] }
	for i, want := range []DeviceState{DeviceInUse, DeviceRingInUse, DeviceBusy, DeviceInUse} {
		switch i {
		case 0:
			devices.Up("PJSIP/1001", "e")
		case 1:
			devices.Ringing("PJSIP/1001", "f", anna)
		case 2:
			devices.Up("PJSIP/1001", "f")
		case 3:
			devices.Idle("PJSIP/1001", "e")
		}
		if got := devices.State("SIP/1001"); got != want {
			t.Errorf("one that is busy with two calls, step %d: %s, want %s", i, got, want)
		}
	}
	devices.Idle("PJSIP/1001", "f")
	devices.Up("PJSIP/1002", "d")
	if got := devices.State("PJSIP/1002"); got != DeviceInUse {
		t.Errorf("a phone that calls without being registered is %s", got)
	}
	devices.Idle("PJSIP/1002", "d")
	if n := len(devices.busy); n != 0 {
		t.Errorf("%d devices are remembered without calls", n)
	}
}

func TestWhoFollowsIsToldUntilItStops(t *testing.T) {
	devices, _ := office()
	var told []string
	stop := devices.Follow(func(name string) { told = append(told, name) })
	devices.Ringing("SIP/1001", "a", sip.CallerID{})
	devices.Changed("Custom:night")
	stop()
	devices.Idle("SIP/1001", "a")
	if want := []string{"PJSIP/1001", "PJSIP/desk", "Custom:night"}; !slices.Equal(told, want) { // by both names that it has
		t.Errorf("told %q", told)
	}
}

func TestStatesOfSeveralDevicesAsOne(t *testing.T) {
	for _, tt := range []struct {
		states []DeviceState
		want   DeviceState
	}{
		{nil, DeviceInvalid},
		{[]DeviceState{DeviceUnavailable}, DeviceUnavailable},
		{[]DeviceState{DeviceUnavailable, DeviceNotInUse}, DeviceNotInUse},
		{[]DeviceState{DeviceUnknown, DeviceUnavailable, DeviceInvalid}, DeviceUnavailable},
		{[]DeviceState{DeviceInUse, DeviceNotInUse}, DeviceInUse},
		{[]DeviceState{DeviceRinging, DeviceInUse}, DeviceRingInUse},
		{[]DeviceState{DeviceOnHold, DeviceRinging}, DeviceRingInUse},
		{[]DeviceState{DeviceOnHold, DeviceInUse}, DeviceInUse},
		{[]DeviceState{DeviceInUse, DeviceBusy}, DeviceBusy},
		{[]DeviceState{DeviceRinging, DeviceNotInUse}, DeviceRinging},
	} {
		var all aggregate
		for _, s := range tt.states {
			all.add(s)
		}
		if got := all.state(); got != tt.want {
			t.Errorf("%v together are %s, want %s", tt.states, got, tt.want)
		}
	}
}

// What many calls do at once to one device is forgotten with them, and who follows sees the end.
func TestDeviceOfManyCallsAtOnce(t *testing.T) {
	devices, _ := office()
	var mu sync.Mutex
	var last DeviceState
	devices.Follow(func(name string) {
		mu.Lock()
		defer mu.Unlock()
		last = devices.State(name)
	})
	var calls sync.WaitGroup
	for _, id := range []string{"a", "b", "c", "d"} {
		calls.Go(func() {
			for range 100 {
				devices.Ringing("PJSIP/1001", id, sip.CallerID{})
				devices.Up("PJSIP/1001", id)
				devices.Idle("PJSIP/1001", id)
			}
		})
	}
	calls.Wait()
	if last != DeviceNotInUse || len(devices.busy) != 0 {
		t.Errorf("the last state told is %s, %d devices are busy", last, len(devices.busy))
	}
}
