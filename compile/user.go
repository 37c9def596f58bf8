package compile

import (
	"fmt"
	"slices"
	"strconv"

	"dialtone/store"
)

const (
	interfaceVariable   = "WAZO_INTERFACE"   // the devices that are rung
	ringSecondsVariable = "WAZO_RINGSECONDS" // how long, in seconds; empty: until somebody gives up
)

// writeUser writes how a user is rung: all lines at once from s, one of several from line-<id>.
func writeUser(s *section, id int) bool {
	u, _, ok := s.tx.Users().Get(id)
	if !ok {
		return false
	}
	s.note("user %d %s %s", id, u.Firstname, u.Lastname)
	lines := s.linesOf(id)
	var devices []string
	for _, l := range lines {
		if device := s.device(l); device != "" {
			devices = append(devices, device)
		}
	}
	s.at("s")
	s.set(interfaceVariable, join(devices))
	s.labelled("ring", "Set", callerVariable+"=${CALLERID(num)}")
	s.schedule(u.Schedule)
	s.subroutine(u.PreprocessSubroutine)
	s.rung(u.RingSeconds)
	s.line("GotoIf", fmt.Sprintf(`$["${%s}" = ""]?CHANUNAVAIL,1`, interfaceVariable))
	s.line("Dial", "${"+interfaceVariable+"}", "${"+ringSecondsVariable+"}", options(u))
	s.line("Goto", "${DIALSTATUS}", "1")
	s.unanswered()
	if len(lines) > 1 {
		for _, l := range lines {
			s.at(lineExten(l))
			s.set(interfaceVariable, s.device(l))
			s.line("Goto", "s", "ring")
		}
	}
	return true
}

// writeLine writes how a line is rung that is nobody's.
func writeLine(s *section, id int) bool {
	l, _, ok := s.tx.Lines().Get(id)
	if !ok || s.device(l) == "" {
		return false
	}
	s.note("line %d", id)
	s.at("s")
	s.line("Dial", s.device(l))
	s.line("Hangup")
	return true
}

// rung says how long it rings: what the destination asked for, once, else so many seconds; 0 is without end.
func (s *section) rung(seconds int) {
	usual := ""
	if seconds > 0 {
		usual = strconv.Itoa(seconds)
	}
	s.setDefault(ringSecondsVariable, ringTimeVariable, usual)
	s.set(ringTimeVariable, "")
}

// unanswered writes what follows when Dial has come back: the call ends, for the reason that Dial gave.
func (s *section) unanswered() {
	s.at("_[A-Z].")
	s.line("Hangup")
}

// options are Dial's for a user.
func options(u *store.User) string {
	options := ""
	if u.CallTransfer {
		options += "t"
	}
	if u.DTMFHangup {
		options += "h"
	}
	return options
}

// linesOf are a user's lines, the main one first.
func (s *section) linesOf(user int) []*store.Line {
	lines := slices.Collect(s.tx.LinesOf(user))
	slices.SortStableFunc(lines, func(a, b *store.Line) int { return a.Position - b.Position })
	return lines
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
