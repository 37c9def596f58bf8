package function

import (
	"testing"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/simulate"
)

// board is an ivr.Devices that says what it was asked.
type board struct{ changed []string }

func (b *board) DeviceState(device string) string { return "state of " + device }
func (b *board) DeviceCalls(device string) (up, ringing int) {
	switch device {
	case "PJSIP/talks":
		return 2, 1
	case "PJSIP/rings":
		return 0, 1
	}
	return 0, 0
}
func (b *board) DeviceChanged(device string) { b.changed = append(b.changed, device) }
func (b *board) ExtensionState(context, exten string) (string, bool) {
	return "RINGING at " + exten + " in " + context, exten != "nobody"
}
func (b *board) Hint(context, exten string) (devices, name string, ok bool) {
	return "PJSIP/" + exten + "&" + context, "Anna", true
}

func TestDeviceFunctionsAskTheSwitch(t *testing.T) {
	devices := &board{}
	plan := &dialplan.Plan{}
	r := ivr.New(simulate.New(simulate.Script{}), dialplan.Place{}, ivr.Options{
		Plan: func() *dialplan.Plan { return plan }, Functions: All(), Database: new(ivr.Memory), Devices: devices,
	})
	for text, want := range map[string]string{
		"${DEVICE_STATE(PJSIP/1001)}":                          "state of PJSIP/1001",
		"${DEVICE_CALLS(PJSIP/talks)}":                         "3",
		"${DEVICE_CALLS(PJSIP/talks& PJSIP/rings&PJSIP/idle)}": "3", // what rings at two is one call
		"${DEVICE_CALLS()}":                                    "0",
		"${FREE_DEVICES(PJSIP/idle&PJSIP/talks&Local/7@a)}":    "PJSIP/idle&Local/7@a",
		"${FREE_DEVICES(PJSIP/rings)}":                         "",
		"${EXTENSION_STATE(7)}":                                "RINGING at 7 in default",
		"${EXTENSION_STATE(7@sales)}":                          "RINGING at 7 in sales",
		"${EXTENSION_STATE(nobody)}":                           "UNKNOWN",
		"${HINT(7@sales)}":                                     "PJSIP/7&sales",
		"${HINT(7,n)}":                                         "Anna",
		"${DEVICE_STATE(Custom:nobody)}":                       "UNKNOWN", // the database knows, not the switch
	} {
		if got := r.Expand(text); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
	r.Set("DEVICE_STATE(Custom:night)", "INUSE")
	if len(devices.changed) != 1 || devices.changed[0] != "Custom:night" {
		t.Errorf("the switch is told of %q", devices.changed)
	}
}
