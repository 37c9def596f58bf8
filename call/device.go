package call

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"dialtone/ivr"
	"dialtone/sip"
)

// DeviceState is what a device is doing, in Asterisk's words.
type DeviceState string

// The states of a device.
const (
	DeviceUnknown     DeviceState = "UNKNOWN"
	DeviceNotInUse    DeviceState = "NOT_INUSE"
	DeviceInUse       DeviceState = "INUSE"
	DeviceBusy        DeviceState = "BUSY"
	DeviceInvalid     DeviceState = "INVALID"     // there is no such device
	DeviceUnavailable DeviceState = "UNAVAILABLE" // a phone that is registered nowhere
	DeviceRinging     DeviceState = "RINGING"
	DeviceRingInUse   DeviceState = "RINGINUSE" // rings while another call is up
	DeviceOnHold      DeviceState = "ONHOLD"
)

// Devices knows what devices are doing: phones and trunks by the calls they have, and those that a dialplan invents
// (Custom:NAME). A device is named as its channels are: PJSIP/1001; SIP/1001 is the same one.
//
// Its methods may be called from any goroutine. It remembers only devices that have calls.
type Devices struct {
	config DevicesConfig

	mu        sync.Mutex
	busy      map[string]*device
	followers map[*func(name string)]struct{}
}

// DevicesConfig is what Devices asks about devices without calls. Any of it may be nil.
type DevicesConfig struct {
	// Named knows phones by their numbers and their endpoints' names.
	Named Named
	// Phone tells whether there is a phone of that number, and whether it is registered.
	Phone func(number string) (known, registered bool)
	// Trunk tells whether there is a trunk of that name.
	Trunk func(name string) bool
	// BusyAt is with how many calls, but for those that ring at it, a device is busy; 0: however many it has.
	BusyAt func(name string) int
	// Database keeps the states of Custom devices.
	Database ivr.Database
}

// DeviceCall is a call that a device has.
type DeviceCall struct {
	CallID string
	Caller sip.CallerID // who calls the device; empty: it calls
	Rings  bool         // until it is up
	Held   bool         // the device has put the far side on hold

	since uint64 // its place among the calls of all devices
}

type device struct {
	calls map[string]DeviceCall
	begun uint64 // calls so far
}

// NewDevices makes Devices without calls.
func NewDevices(c DevicesConfig) *Devices {
	return &Devices{config: c, busy: map[string]*device{}, followers: map[*func(string)]struct{}{}}
}

// Ringing begins a call that rings at a device.
func (d *Devices) Ringing(name, callID string, caller sip.CallerID) {
	d.change(name, func(v *device) {
		v.begun++
		v.calls[callID] = DeviceCall{CallID: callID, Caller: caller, Rings: true, since: v.begun}
	})
}

// Up tells that the device has answered a call, or began one itself.
func (d *Devices) Up(name, callID string) {
	d.change(name, func(v *device) {
		c, there := v.calls[callID]
		if !there {
			v.begun++
			c = DeviceCall{CallID: callID, since: v.begun}
		}
		c.Rings = false
		v.calls[callID] = c
	})
}

// Hold tells that the device has put a call on hold, or took it back.
func (d *Devices) Hold(name, callID string, held bool) {
	d.change(name, func(v *device) {
		if c, there := v.calls[callID]; there {
			c.Held = held
			v.calls[callID] = c
		}
	})
}

// Idle ends a call of a device.
func (d *Devices) Idle(name, callID string) {
	d.change(name, func(v *device) { delete(v.calls, callID) })
}

// change changes the calls of a device and tells those who follow.
func (d *Devices) change(name string, change func(*device)) {
	name = deviceName(name)
	d.mu.Lock()
	v := d.busy[name]
	if v == nil {
		v = &device{calls: map[string]DeviceCall{}}
		d.busy[name] = v
	}
	change(v)
	if len(v.calls) == 0 {
		delete(d.busy, name)
	}
	d.mu.Unlock()
	d.Changed(name)
}

// Changed tells those who follow that a device may have another state for a reason that Devices does not see: a phone has
// registered, a Custom device was set.
func (d *Devices) Changed(name string) {
	name = deviceName(name)
	d.mu.Lock()
	followers := slices.Collect(maps.Keys(d.followers))
	d.mu.Unlock()
	names := []string{name}
	if alias := d.config.Named.aliasOf(strings.TrimPrefix(name, phoneDevice)); alias != "" {
		names = append(names, phoneDevice+alias)
	}
	for _, told := range followers {
		for _, name := range names {
			(*told)(name)
		}
	}
}

// Follow has told called with each name of each device whose state may have changed, until stop is called. It is called by
// the goroutine that made the change, perhaps by several at once, and must not wait.
func (d *Devices) Follow(told func(name string)) (stop func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.followers[&told] = struct{}{}
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.followers, &told)
	}
}

// Calls are the calls of a device, the oldest first.
func (d *Devices) Calls(name string) []DeviceCall {
	name = d.config.Named.device(name)
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.busy[name]
	if v == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(v.calls), func(a, b DeviceCall) int { return cmp.Compare(a.since, b.since) })
}

// State is what a device is doing.
func (d *Devices) State(name string) DeviceState {
	name = d.config.Named.device(name)
	if calls := d.Calls(name); len(calls) > 0 {
		if d.config.BusyAt != nil && isBusy(calls, d.config.BusyAt(name)) {
			return DeviceBusy
		}
		return stateOf(calls)
	}
	kind, of, _ := strings.Cut(name, "/")
	if custom, ok := strings.CutPrefix(name, ivr.CustomDevice); ok {
		return d.custom(custom)
	}
	switch {
	case kind == "Local":
		return DeviceNotInUse
	case kind != "PJSIP":
		return DeviceInvalid
	case d.config.Trunk != nil && d.config.Trunk(of):
		return DeviceNotInUse
	case d.config.Phone == nil:
		return DeviceUnknown
	}
	known, registered := d.config.Phone(of)
	switch {
	case !known:
		return DeviceInvalid
	case !registered:
		return DeviceUnavailable
	}
	return DeviceNotInUse
}

func (d *Devices) custom(name string) DeviceState {
	if d.config.Database == nil {
		return DeviceUnknown
	}
	state, ok := d.config.Database.Get(ivr.CustomDevices, name)
	if !ok {
		return DeviceUnknown
	}
	return DeviceState(state)
}

// isBusy tells whether a device has so many calls that it is busy.
func isBusy(calls []DeviceCall, most int) bool {
	count := 0
	for _, c := range calls {
		if !c.Rings {
			count++
		}
	}
	return most > 0 && count >= most
}

// stateOf is the state of a device with calls.
func stateOf(calls []DeviceCall) DeviceState {
	var s aggregate
	for _, c := range calls {
		switch {
		case c.Rings:
			s.add(DeviceRinging)
		case c.Held:
			s.add(DeviceOnHold)
		default:
			s.add(DeviceInUse)
		}
	}
	return s.state()
}

// aggregate makes one state of several, as Asterisk does for a hint of several devices: the one of the highest rank, but
// ringing and in use at once are RINGINUSE.
type aggregate struct {
	top          DeviceState
	rings, inUse bool
}

// ranks order the states: of several the highest is shown.
var ranks = map[DeviceState]int{
	DeviceInvalid: 1, DeviceUnknown: 2, DeviceUnavailable: 3, DeviceNotInUse: 4, DeviceOnHold: 5, DeviceRinging: 6,
	DeviceInUse: 7, DeviceBusy: 8, DeviceRingInUse: 9,
}

func (a *aggregate) add(s DeviceState) {
	switch s {
	case DeviceRinging:
		a.rings = true
	case DeviceInUse, DeviceOnHold, DeviceBusy:
		a.inUse = true
	}
	if ranks[s] > ranks[a.top] {
		a.top = s
	}
}

// state is that of all; DeviceInvalid of none.
func (a *aggregate) state() DeviceState {
	if a.rings && a.inUse {
		return DeviceRingInUse
	}
	return cmp.Or(a.top, DeviceInvalid)
}

// phoneDevice begins the names of phones and trunks.
const phoneDevice = "PJSIP/"

// device is the name of a device in the one way by which its calls are known: a phone's by its number.
func (n Named) device(name string) string {
	name = deviceName(name)
	if phone, ok := strings.CutPrefix(name, phoneDevice); ok {
		return phoneDevice + n.numberOf(phone)
	}
	return name
}

// deviceName writes the name of a device in one way.
func deviceName(name string) string {
	kind, of, ok := strings.Cut(strings.TrimSpace(name), "/")
	if !ok {
		if custom, is := cutPrefixFold(name, ivr.CustomDevice); is {
			return ivr.CustomDevice + custom
		}
		return name
	}
	switch strings.ToUpper(kind) {
	case "SIP", "PJSIP":
		kind = "PJSIP"
	case "LOCAL":
		kind = "Local"
	}
	return kind + "/" + of
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}
