package function

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"dialtone/ivr"
)

var devices = []ivr.Function{
	{Name: "DEVICE_STATE", Synopsis: "what a device is doing", Syntax: "device",
		Doc: "Of PJSIP/NUMBER, SIP/NUMBER or Custom:NAME: UNKNOWN, NOT_INUSE, INUSE, BUSY, INVALID (there is none), UNAVAILABLE (not registered), RINGING, " +
			"RINGINUSE or ONHOLD. Only a Custom device can be set, to one of these; its state lasts, and lights the lamps whose hint names it.",
		Read: func(r *ivr.Run, args string) (string, error) {
			if name, ok := customName(args); ok {
				return customState(r, name)
			}
			if r.Devices() == nil {
				return "UNKNOWN", nil
			}
			return r.Devices().DeviceState(args), nil
		},
		Write: func(r *ivr.Run, args, value string) error {
			name, ok := customName(args)
			if !ok {
				return fmt.Errorf("only Custom:NAME can be set, not %q", args)
			}
			return setCustomState(r, name, value)
		}},
	{Name: "DEVICE_CALLS", Synopsis: "how many calls devices have", Syntax: "device[&device…]",
		Doc: "Of devices as Dial takes them, such as all telephones of one person: those that are up or on hold, and those that ring, of which one that rings at " +
			"several devices counts once. dialtone's own.",
		Read: func(r *ivr.Run, args string) (string, error) {
			up, ringing := 0, 0
			for device := range devicesIn(args) {
				talks, rings := callsOf(r, device)
				up, ringing = up+talks, max(ringing, rings)
			}
			return strconv.Itoa(up + ringing), nil
		}},
	{Name: "FREE_DEVICES", Synopsis: "those devices that have no call", Syntax: "device[&device…]",
		Doc: "Of devices as Dial takes them, joined by & again; empty when all have calls. An extension (Local/) is always free. dialtone's own.",
		Read: func(r *ivr.Run, args string) (string, error) {
			var free []string
			for device := range devicesIn(args) {
				if up, ringing := callsOf(r, device); up+ringing == 0 {
					free = append(free, device)
				}
			}
			return strings.Join(free, "&"), nil
		}},
	{Name: "EXTENSION_STATE", Synopsis: "what the devices of an extension are doing", Syntax: "extension[@context]",
		Doc: "The states of the devices that its hint names, as one: as DEVICE_STATE, without INVALID. UNKNOWN without a hint. Without a context it is default.",
		Read: func(r *ivr.Run, args string) (string, error) {
			if r.Devices() == nil {
				return "UNKNOWN", nil
			}
			exten, context := extenAt(args)
			state, ok := r.Devices().ExtensionState(context, exten)
			if !ok {
				return "UNKNOWN", nil
			}
			return state, nil
		}},
	{Name: "HINT", Synopsis: "the devices of an extension", Syntax: "extension[@context][,n]",
		Doc: "What its hint names, joined by &; with the option n, the name between the hint's brackets. Empty without a hint.",
		Read: func(r *ivr.Run, args string) (string, error) {
			if r.Devices() == nil {
				return "", nil
			}
			args, options, _ := strings.Cut(args, ",")
			exten, context := extenAt(args)
			devices, name, _ := r.Devices().Hint(context, exten)
			if strings.Contains(options, "n") {
				return name, nil
			}
			return devices, nil
		}},
}

// devicesIn are the devices of a list as Dial takes it.
func devicesIn(list string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for device := range strings.SplitSeq(list, "&") {
			if device = strings.TrimSpace(device); device != "" && !yield(device) {
				return
			}
		}
	}
}

// callsOf is how many calls a device has; none where no switch knows.
func callsOf(r *ivr.Run, device string) (up, ringing int) {
	if r.Devices() == nil {
		return 0, 0
	}
	return r.Devices().DeviceCalls(device)
}

// deviceStates are what a Custom device can be set to.
var deviceStates = []string{"UNKNOWN", "NOT_INUSE", "INUSE", "BUSY", "INVALID", "UNAVAILABLE", "RINGING", "RINGINUSE", "ONHOLD"}

// extenAt splits extension@context.
func extenAt(text string) (exten, context string) {
	exten, context, ok := strings.Cut(strings.TrimSpace(text), "@")
	if !ok || context == "" {
		context = "default"
	}
	return exten, context
}

// customName is the name of a Custom device.
func customName(device string) (string, bool) {
	n := len(ivr.CustomDevice)
	if len(device) <= n || !strings.EqualFold(device[:n], ivr.CustomDevice) {
		return "", false
	}
	return device[n:], true
}

func customState(r *ivr.Run, name string) (string, error) {
	if r.Database() == nil {
		return "UNKNOWN", errNoDatabase
	}
	if state, ok := r.Database().Get(ivr.CustomDevices, name); ok {
		return state, nil
	}
	return "UNKNOWN", nil
}

func setCustomState(r *ivr.Run, name, state string) error {
	if r.Database() == nil {
		return errNoDatabase
	}
	state = strings.ToUpper(strings.TrimSpace(state))
	if !slices.Contains(deviceStates, state) {
		return errors.New("a device is set to one of " + strings.Join(deviceStates, " "))
	}
	if err := r.Database().Put(ivr.CustomDevices, name, state); err != nil {
		return err
	}
	if r.Devices() != nil {
		r.Devices().DeviceChanged(ivr.CustomDevice + name)
	}
	return nil
}
