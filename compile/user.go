package compile

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"dialtone/store"
)

const (
	interfaceVariable   = "WAZO_INTERFACE"   // the devices that are rung
	ringSecondsVariable = "WAZO_RINGSECONDS" // how long, in seconds; empty: until somebody gives up
	optionsVariable     = "WAZO_CALLOPTIONS" // Dial's
)

// writeUser writes how a user is rung: all lines at once from s, one of several from line-<id>.
func writeUser(s *section, id int) bool {
	u, _, ok := s.tx.Users().Get(id)
	if !ok {
		return false
	}
	s.note("user %d %s %s", id, u.Firstname, u.Lastname)
	lines := s.linesOf(id)
	s.at("s")
	s.set(interfaceVariable, join(s.devices(lines)))
	s.labelled("ring", "Set", callerVariable+"=${CALLERID(num)}")
	s.called()
	s.rung(u.RingSeconds)
	s.set(optionsVariable, u.CalledOptions()+"${"+store.CallerOptionsVariable+"}")
	s.schedule(u.Schedule)
	s.subroutines(u.PreprocessSubroutine, userHook)
	switch {
	case !u.Enabled:
		s.note("the user is disabled")
		s.line("Goto", "CHANUNAVAIL", "1")
	case u.DoNotDisturb:
		s.note("do not disturb")
		s.line("Goto", "BUSY", "1")
	case u.Forwards.Unconditional.Enabled:
		s.forward(u, u.Forwards.Unconditional)
	default:
		s.line("GotoIf", fmt.Sprintf(`$["${%s}" = ""]?CHANUNAVAIL,1`, interfaceVariable))
		s.busyWith(lines, u.SimultaneousCalls)
		s.recorded(u)
		if u.MusicOnHold != "" {
			s.set("CHANNEL(musicclass)", literal(u.MusicOnHold))
		}
		s.line("Dial", "${"+interfaceVariable+"}", "${"+ringSecondsVariable+"}", "${"+optionsVariable+"}")
		s.line("Goto", "${DIALSTATUS}", "1")
	}
	s.untaken("NOANSWER", u, u.Forwards.NoAnswer, u.Fallbacks.NoAnswer, "")
	s.untaken("BUSY", u, u.Forwards.Busy, u.Fallbacks.Busy, causeBusy)
	s.untaken("CONGESTION", u, store.Forward{}, u.Fallbacks.Congestion, "")
	s.untaken("CHANUNAVAIL", u, store.Forward{}, u.Fallbacks.Fail, causeAbsent)
	s.otherwise()
	if len(lines) > 1 {
		for _, l := range lines {
			s.at(lineExten(l))
			s.set(interfaceVariable, join(s.devices(s.beside(l))))
			s.line("Goto", "s", "ring")
		}
	}
	return true
}

// writeLine writes how a line is rung that is nobody's.
func writeLine(s *section, id int) bool {
	l, _, ok := s.tx.Lines().Get(id)
	if !ok {
		return false
	}
	devices := s.devices(s.beside(l))
	if len(devices) == 0 {
		return false
	}
	s.note("line %d", id)
	s.at("s")
	s.line("Dial", join(devices))
	s.line("Hangup")
	return true
}

// rung says how long it rings: what the destination asked for, once, else so many seconds; 0 is without end.
func (s *section) rung(seconds int) {
	usual := ""
	if seconds > 0 {
		usual = strconv.Itoa(seconds)
	}
	s.set(ringSecondsVariable, fmt.Sprintf("${IF($[0${%s} > 0]?${%s}:%s)}", ringTimeVariable, ringTimeVariable, usual))
	s.set(ringTimeVariable, "")
}

// untaken writes what follows when a user does not take a call, for a reason that Dial gives: the user's own wish goes before the
// fallback. Without either the call ends with a cause; empty: with Dial's.
func (s *section) untaken(status string, u *store.User, wish store.Forward, fallback *store.Destination, cause string) {
	switch {
	case wish.Enabled:
		s.at(status)
		s.forward(u, wish)
	case fallback != nil:
		s.at(status)
		s.destination(*fallback)
	case cause != "":
		s.at(status)
		s.line("Hangup", cause)
	}
}

// Causes (ITU-T Q.850) of calls that end although nothing was rung.
const (
	causeBusy   = "17" // user busy
	causeAbsent = "20" // subscriber absent
)

// otherwise writes what follows Dial in all other cases: the call ends, for the reason that Dial gave.
func (s *section) otherwise() {
	s.at("_[A-Z].")
	s.line("Hangup")
}

// forward leads to the number that a user's calls are forwarded to, as from the user's context.
func (s *section) forward(u *store.User, f store.Forward) {
	context := ""
	for _, l := range s.linesOf(u.ID) {
		for e := range s.tx.ExtensionsOf(store.OwnerLine, l.ID) {
			context = cmp.Or(context, e.Context)
		}
		context = cmp.Or(context, l.Context)
	}
	s.line("Goto", cmp.Or(context, "default"), argument(f.Destination), "1")
}

// called keeps the number that was called first, for subroutines to read.
func (s *section) called() {
	s.line("ExecIf", fmt.Sprintf(`$["${%s}" = ""]?Set(%s=${%s})`, calledVariable, calledVariable, dialledVariable))
}

// busyWith sends a call away as busy when all telephones of a user have so many calls together; 0 is no limit.
func (s *section) busyWith(lines []*store.Line, most int) {
	if devices := join(s.devices(lines)); devices != "" && most > 0 {
		s.line("GotoIf", fmt.Sprintf("$[${DEVICE_CALLS(%s)} >= %d]?BUSY,1", devices, most))
	}
}

// recorded writes the recording of a call to a user, as that one wishes, or the user who calls.
func (s *section) recorded(u *store.User) {
	var wishes []string
	if u.RecordIncomingExtern {
		wishes = append(wishes, fmt.Sprintf(`"${%s}" = "extern"`, originVariable))
	}
	if u.RecordIncomingIntern {
		wishes = append(wishes, fmt.Sprintf(`"${%s}" != "extern"`, originVariable))
	}
	wishes = append(wishes, fmt.Sprintf(`"${%s}" = "1"`, store.RecordInternVariable))
	s.line("ExecIf", fmt.Sprintf("$[%s]?MixMonitor(user-%s-${UNIQUEID}.wav,b)", strings.Join(wishes, " | "), u.UUID))
}

// linesOf are a user's lines, the main one first.
func (s *section) linesOf(user int) []*store.Line {
	return slices.Collect(s.tx.LinesOf(user))
}

// devices are what Dial calls to ring lines.
func (s *section) devices(lines []*store.Line) []string {
	var devices []string
	for _, l := range lines {
		if device := s.device(l); device != "" {
			devices = append(devices, device)
		}
	}
	return devices
}

// beside are a line and those that share its number, which ring with it.
func (s *section) beside(l *store.Line) []*store.Line {
	for e := range s.tx.ExtensionsOf(store.OwnerLine, l.ID) {
		return s.tx.LinesOfExtension(e)
	}
	return []*store.Line{l}
}

// lineExten is the extension of a user's context that rings one line.
func lineExten(l *store.Line) string { return fmt.Sprintf("line-%d", l.ID) }

// device is what Dial calls to ring a line; empty: it has no telephone.
func (s *section) device(l *store.Line) string {
	if l.Endpoint == "" {
		return ""
	}
	p, ok := s.tx.PhoneOf(l.Endpoint)
	if !ok {
		return ""
	}
	return "PJSIP/" + p.Number
}
