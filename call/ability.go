package call

import "dialtone/ivr"

// What the channel offers besides.
var (
	_ ivr.Indicator   = (*channel)(nil)
	_ ivr.MediaWaiter = (*channel)(nil)
	_ ivr.Ear         = (*channel)(nil)
	_ ivr.Tape        = (*channel)(nil)
	_ ivr.Joiner      = (*channel)(nil)
	_ ivr.Keypad      = (*channel)(nil)
	_ ivr.KeyTaker    = (*channel)(nil)
	_ ivr.Texter      = (*channel)(nil)
	_ ivr.Transferrer = (*channel)(nil)
	_ ivr.Echoer      = (*channel)(nil)
	_ ivr.Musician    = (*channel)(nil)
	_ ivr.Meter       = (*channel)(nil)
	_ ivr.Ending      = (*channel)(nil)
	_ ivr.Charged     = (*channel)(nil)
)
