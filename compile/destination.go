package compile

import (
	"strconv"
	"strings"

	"dialtone/store"
)

// destination writes what leads a call to a destination, and Hangup for one that comes back. Nowhere is Hangup alone.
func (s *section) destination(d store.Destination) {
	switch d.Type {
	case store.DestinationHangup:
		s.tone(d)
	case store.DestinationCustom:
		s.gosubIfThere(customHook)
		s.raw("", command(d.Command))
	case store.DestinationExtension:
		s.line("Goto", argument(d.Context), argument(d.Exten), "1")
		return
	case store.DestinationUser:
		s.ring(UserContext(d.UserID), d.RingTime)
		return
	case store.DestinationGroup:
		s.ring(GroupContext(d.GroupID), d.RingTime)
		return
	case store.DestinationIVR:
		s.line("Goto", IVRContext(d.IVRID), "s", "1")
		return
	case store.DestinationOutcall:
		s.set(calledVariable, literal(d.Exten))
		s.line("Goto", OutcallContext(d.OutcallID), "s", "1")
		return
	case store.DestinationSound:
		s.sound(d)
	}
	s.line("Hangup")
}

// tone plays the tone of a line that is busy or congested, to a caller who pays for hearing it.
func (s *section) tone(d store.Destination) {
	var app string
	switch d.Cause {
	case "busy":
		app = "Busy"
	case "congestion":
		app = "Congestion"
	default:
		return
	}
	s.line("Answer")
	s.line(app, seconds(d.Timeout))
}

// sound plays a sound.
func (s *section) sound(d store.Destination) {
	args := []string{argument(d.Filename)}
	if d.Skip {
		args = append(args, "skip")
	}
	if d.NoAnswer {
		args = append(args, "noanswer")
	} else {
		s.line("Answer")
	}
	s.line("Playback", args...)
}

// ringTimeVariable is how long a destination rings what it leads to, in seconds; empty: as that says itself.
const ringTimeVariable = "WAZO_RING_TIME"

// ring leads to a user or a group, to be rung so many seconds.
func (s *section) ring(context string, time *float64) {
	s.set(ringTimeVariable, seconds(time))
	s.line("Goto", context, "s", "1")
}

// seconds is a number of seconds, empty for none.
func seconds(n *float64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatFloat(*n, 'f', -1, 64)
}

// command is the line of a custom destination: its references hold, and "\;" stands for a comma.
func command(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(oneLine(text), `\;`, ","), ";", `\;`)
}
