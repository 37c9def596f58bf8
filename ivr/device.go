package ivr

// Devices knows what the devices of a switch are doing, and the extensions that stand for them. States are written as in
// Asterisk: UNKNOWN, NOT_INUSE, INUSE, BUSY, INVALID, UNAVAILABLE, RINGING, RINGINUSE, ONHOLD. It is safe for concurrent use.
type Devices interface {
	// DeviceState is what a device such as PJSIP/1001 or Custom:night is doing.
	DeviceState(device string) string
	// DeviceCalls is how many calls a device has: up, which includes those on hold, and ringing at it.
	DeviceCalls(device string) (up, ringing int)
	// DeviceChanged tells that the state of a Custom device was set.
	DeviceChanged(device string)
	// ExtensionState is what the devices of an extension's hint are doing; false: it has no hint.
	ExtensionState(context, exten string) (string, bool)
	// Hint gives the devices of an extension's hint, joined by &, and the name that it shows.
	Hint(context, exten string) (devices, name string, ok bool)
}

const (
	// CustomDevice begins the names of the devices that a dialplan invents: Custom:night.
	CustomDevice = "Custom:"
	// CustomDevices is the family of the database that keeps their states, by the name behind CustomDevice.
	CustomDevices = "CustomDevstate"
)

// Devices is the switch's, nil when there is none.
func (r *Run) Devices() Devices { return r.o.Devices }
