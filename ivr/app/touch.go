package app

import (
	"cmp"
	"fmt"
	"strings"
)

// touchItem is the file of the recording that was begun by keys.
const touchItem = "automixmon"

// touchRecord begins a recording of both sides, or ends the one that was begun so. Its file is auto-TIME-CALLER-CALLED.wav, or as the
// variables TOUCH_MIXMONITOR and TOUCH_MIXMONITOR_FORMAT say; TOUCH_MIXMONITOR_OUTPUT is the name it got.
func (d *dialling) touchRecord(c *called) error {
	if file := d.r.Item(touchItem); file != "" {
		d.r.SetItem(touchItem, "")
		return stopMixMonitor(d.r, file)
	}
	name, _ := d.r.Variable("TOUCH_MIXMONITOR")
	format, _ := d.r.Variable("TOUCH_MIXMONITOR_FORMAT")
	number, _, _ := strings.Cut(c.resource, "/")
	name = cmp.Or(name, fmt.Sprintf("auto-%d-%s-%s", d.r.Now().Unix(), fileName(d.r.Caller().Number), fileName(number)))
	if err := mixMonitor(d.r, name+"."+cmp.Or(format, "wav")+",p"); err != nil {
		return err
	}
	file, _ := d.r.Variable("MIXMONITOR_FILENAME")
	d.r.SetItem(touchItem, file)
	d.r.Set("TOUCH_MIXMONITOR_OUTPUT", file)
	return nil
}

// fileName is what of a number or a destination can stand in the name of a file.
func fileName(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '+' || r == '*' || r == '@' {
			return r
		}
		return -1
	}, text)
}
