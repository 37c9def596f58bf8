package call

import (
	"slices"
	"strings"
	"sync"
	"time"

	"dialtone/ivr/dialplan"
)

// Hints shows what extensions are doing, by the devices that their hints name. It is the runs' ivr.Devices. Its methods
// may be called from any goroutine.
type Hints struct {
	plan    func() *dialplan.Plan
	devices *Devices

	mu       sync.Mutex
	watches  map[*watch]struct{}
	byDevice map[string]map[*watch]struct{}
}

// HintState is what an extension is doing.
type HintState struct {
	State DeviceState
	Call  DeviceCall // the oldest one that rings, else the oldest one; the zero value without one
	Name  string     // between the hint's brackets
}

// watch is somebody who wants to know when the state of an extension may have changed.
type watch struct {
	context, exten string
	devices        []string // of its hint, as it was last read
	told           func()
}

// NewHints makes the hints of a dialplan's extensions.
func NewHints(plan func() *dialplan.Plan, devices *Devices) *Hints {
	h := &Hints{plan: plan, devices: devices, watches: map[*watch]struct{}{}, byDevice: map[string]map[*watch]struct{}{}}
	devices.Follow(h.changed)
	return h
}

// State is what an extension is doing; false: it has no hint. That of several devices is told as one: see aggregate.
func (h *Hints) State(context, exten string) (HintState, bool) {
	hint, ok := h.find(context, exten)
	if !ok {
		return HintState{}, false
	}
	var all aggregate
	state := HintState{Name: hint.Name}
	for _, device := range hint.Devices {
		all.add(h.devices.State(device))
		for _, c := range h.devices.Calls(device) {
			if state.Call.CallID == "" || c.Rings && !state.Call.Rings {
				state.Call = c
			}
		}
	}
	switch state.State = all.state(); state.State {
	case DeviceInvalid:
		state.State = DeviceUnavailable
	case DeviceUnknown:
		state.State = DeviceNotInUse
	}
	return state, true
}

// find is the hint of an extension. Where autohints make it, there must be such a device.
func (h *Hints) find(context, exten string) (dialplan.Hint, bool) {
	plan := h.plan()
	hint, ok := plan.Hint(context, exten, time.Now())
	if ok && hint.Auto && h.devices.State(hint.Devices[0]) == DeviceInvalid {
		return dialplan.Hint{}, false
	}
	return hint, ok
}

// Watch has told called when the state of an extension may have changed, until stop is called: by Devices.Follow's rules. An
// extension without a hint may get one.
func (h *Hints) Watch(context, exten string, told func()) (stop func()) {
	w := &watch{context: context, exten: exten, told: told}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watches[w] = struct{}{}
	h.attach(w)
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watches, w)
		h.detach(w)
	}
}

// Reloaded is called when another dialplan is in force: hints may be others.
func (h *Hints) Reloaded() {
	h.mu.Lock()
	told := make([]func(), 0, len(h.watches))
	for w := range h.watches {
		h.detach(w)
		h.attach(w)
		told = append(told, w.told)
	}
	h.mu.Unlock()
	for _, tell := range told {
		tell()
	}
}

// attach files a watch under the devices of its hint. h.mu is held.
func (h *Hints) attach(w *watch) {
	hint, _ := h.plan().Hint(w.context, w.exten, time.Now())
	w.devices = nil
	for _, device := range hint.Devices {
		if device = deviceName(device); !slices.Contains(w.devices, device) {
			w.devices = append(w.devices, device)
		}
	}
	for _, device := range w.devices {
		if h.byDevice[device] == nil {
			h.byDevice[device] = map[*watch]struct{}{}
		}
		h.byDevice[device][w] = struct{}{}
	}
}

// detach undoes attach. h.mu is held.
func (h *Hints) detach(w *watch) {
	for _, device := range w.devices {
		delete(h.byDevice[device], w)
		if len(h.byDevice[device]) == 0 {
			delete(h.byDevice, device)
		}
	}
}

// changed is told by Devices.
func (h *Hints) changed(device string) {
	h.mu.Lock()
	var told []func()
	for w := range h.byDevice[device] {
		told = append(told, w.told)
	}
	h.mu.Unlock()
	for _, tell := range told {
		tell()
	}
}

// DeviceState and the next four make it the ivr.Devices of the runs.
func (h *Hints) DeviceState(device string) string { return string(h.devices.State(device)) }

// DeviceCalls is part of ivr.Devices.
func (h *Hints) DeviceCalls(device string) (up, ringing int) {
	for _, c := range h.devices.Calls(device) {
		if c.Rings {
			ringing++
		} else {
			up++
		}
	}
	return up, ringing
}

// DeviceChanged is part of ivr.Devices.
func (h *Hints) DeviceChanged(device string) { h.devices.Changed(device) }

// ExtensionState is part of ivr.Devices.
func (h *Hints) ExtensionState(context, exten string) (string, bool) {
	state, ok := h.State(context, exten)
	return string(state.State), ok
}

// Hint is part of ivr.Devices.
func (h *Hints) Hint(context, exten string) (devices, name string, ok bool) {
	hint, ok := h.find(context, exten)
	return strings.Join(hint.Devices, "&"), hint.Name, ok
}
