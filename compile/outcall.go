package compile

import (
	"fmt"
	"strconv"
)

// outcallCallerVariable is from whom a call goes out, as the extension says that was dialled.
const outcallCallerVariable = "WAZO_OUTCALL_CALLERID"

// writeOutcall writes how a number is called by the trunks of a way out: by the next one where one has no way.
func writeOutcall(s *section, id int) bool {
	o, _, ok := s.tx.Outcalls().Get(id)
	if !ok || !o.Enabled {
		return false
	}
	s.note("outcall %d %s", id, o.Name)
	s.at("s")
	s.set(callerVariable, "${CALLERID(num)}")
	s.set(inherited(directionVariable), "outbound")
	s.subroutine(o.PreprocessSubroutine)
	s.schedule(o.Schedule)
	if !o.InternalCallerID {
		s.line("ExecIf", fmt.Sprintf(`$["${%s}" != ""]?Set(CALLERID(all)=${%s})`, outcallCallerVariable, outcallCallerVariable))
	}
	ringTime := ""
	if o.RingTime != nil && *o.RingTime > 0 {
		ringTime = strconv.Itoa(*o.RingTime)
	}
	trunks := 0
	for _, id := range o.Trunks {
		t, _, ok := s.tx.Trunks().Get(id)
		if !ok {
			continue
		}
		if trunks++; trunks > 1 {
			s.line("GotoIf", `$["${DIALSTATUS}" = "CHANUNAVAIL" | "${DIALSTATUS}" = "CONGESTION"]?:end`)
		}
		s.line("Dial", fmt.Sprintf("PJSIP/${%s}@%s", calledVariable, t.Name), ringTime)
	}
	if trunks == 0 {
		s.note("no trunk: no way")
		s.line("Hangup", "34")
		return true
	}
	s.labelled("end", "Hangup")
	return true
}
