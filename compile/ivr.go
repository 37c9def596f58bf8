package compile

import (
	"cmp"
	"fmt"
	"strconv"

	"dialtone/ivr/dialplan"
	"dialtone/store"
)

const (
	triesVariable = "WAZO_IVR_TRIES" // how often the menu was heard
	abortSound    = "error-sorry"    // before a call is given up
	abortExten    = "abort"
)

// writeIVR writes a menu:
//
//	s: answer, greeting ──► menu: count, sound, wait ──► a choice
//	                          ▲     └─► t, i: the destination of its own, else again until the tries are used up, else abort
//	                          └───────────┘
func writeIVR(s *section, id int) bool {
	menu, _, ok := s.tx.IVRs().Get(id)
	if !ok {
		return false
	}
	s.note("menu %d %s", id, menu.Name)
	wait := strconv.Itoa(menu.Timeout)
	s.at("s")
	s.line("Answer")
	s.set(triesVariable, "0")
	if menu.Timeout > 0 {
		s.set("TIMEOUT(digit)", wait)
	}
	if menu.GreetingSound != "" {
		s.line("BackGround", argument(menu.GreetingSound))
	}
	s.labelled("menu", "Set", fmt.Sprintf("%s=$[${%s} + 1]", triesVariable, triesVariable))
	s.line("BackGround", argument(menu.MenuSound))
	if menu.Timeout > 0 {
		s.line("WaitExten", wait)
	}
	s.line("Goto", "t", "1")

	for _, c := range menu.Choices {
		if s.readable(c.Exten) {
			s.at(c.Exten)
			s.destination(c.Destination)
		}
	}

	s.note("no key within %d seconds", menu.Timeout)
	s.at("t")
	s.again(menu, menu.TimeoutDestination, "")
	s.note("a key that is no choice")
	s.at("i")
	s.again(menu, menu.InvalidDestination, menu.InvalidSound)

	s.at(abortExten)
	if menu.AbortDestination != nil {
		s.destination(*menu.AbortDestination)
	} else {
		s.line("Playback", argument(cmp.Or(menu.AbortSound, abortSound)))
		s.line("Hangup")
	}
	for _, c := range menu.Choices {
		if fits, err := dialplan.Fits(c.Exten, "h"); fits && err == nil {
			s.note("the end of the call is no choice")
			s.at("h")
			s.line("NoOp")
			break
		}
	}
	return true
}

// again writes what follows a missing or a wrong key: a destination, or the menu once more behind a sound.
func (s *section) again(menu *store.IVR, d *store.Destination, sound string) {
	if d != nil {
		s.destination(*d)
		return
	}
	s.line("GotoIf", fmt.Sprintf("$[${%s} >= %d]?%s,1", triesVariable, menu.MaxTries, abortExten))
	if sound != "" {
		s.line("Playback", argument(sound))
	}
	s.line("Goto", "s", "menu")
}
