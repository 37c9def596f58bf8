package compile

import (
	"fmt"

	"dialtone/hours"
	"dialtone/ivr"
)

// FeatureContext has the feature code by which schedules are switched by hand. Whoever may switch them dials in a context that
// includes it; the schedules are those of the call's tenant.
const FeatureContext = "xivo-schedules"

// switchCode begins the feature code; the schedule's number follows.
const switchCode = "*27"

// writeFeatures writes the context of the feature code: once dialled a schedule is what it was not, then by the clock again. One beep is
// open, two are closed.
func writeFeatures(s *section, _ int) bool {
	digits := fmt.Sprintf("${EXTEN:%d}", len(switchCode))
	state := fmt.Sprintf("${SCHEDULE(%s)}", digits)
	s.note("%s and the number of a schedule: closed if it is open, open if it is closed; then by the clock again", switchCode)
	s.at("_" + switchCode + "X!")
	s.line("Answer")
	s.line("Set", fmt.Sprintf("SCHEDULE(%s)=toggle", digits))
	s.line("GotoIf", fmt.Sprintf(`$["%s" = ""]?unknown`, state))
	s.note("one beep: open; two: closed")
	s.line("Playback", "beep")
	s.line("ExecIf", fmt.Sprintf(`$["%s" != "open"]?Playback(beep)`, state))
	s.line("Hangup")
	s.labelled("unknown", "Congestion", "3")
	s.note("the lamp is lit while the schedule is switched by hand")
	fmt.Fprintf(&s.text, "exten = _%sX!,hint,%s\n", switchCode, ivr.CustomDevice+hours.Lamp+digits)
	return true
}
