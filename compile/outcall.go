package compile

import (
	"fmt"
	"strconv"

	"dialtone/store"
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
	s.set(inherited(originVariable), "extern")
	s.set(inherited(directionVariable), "outbound")
	s.schedule(o.Schedule)
	if !o.InternalCallerID {
		s.from()
	}
	ringTime := ""
	if o.RingTime != nil && *o.RingTime > 0 {
		ringTime = strconv.Itoa(*o.RingTime)
	}
	s.labelled("call", "ExecIf", fmt.Sprintf(`$["${%s}" = "1"]?MixMonitor(user-${WAZO_USERUUID}-${UNIQUEID}.wav,b)`, store.RecordExternVariable))
	s.subroutines(o.PreprocessSubroutine, outcallHook)
	trunks := 0
	for _, id := range o.Trunks {
		t, _, ok := s.tx.Trunks().Get(id)
		if !ok {
			continue
		}
		if trunks++; trunks > 1 {
			s.line("GotoIf", `$["${DIALSTATUS}" = "CHANUNAVAIL" | "${DIALSTATUS}" = "CONGESTION"]?:end`)
		}
		s.line("Dial", fmt.Sprintf("PJSIP/${%s}@%s", calledVariable, t.Name), ringTime, "${"+store.CallerOptionsVariable+"}")
	}
	if trunks == 0 {
		s.note("no trunk: no way")
		s.line("Hangup", "34")
		return true
	}
	s.labelled("end", "Hangup")
	return true
}

// from writes from whom a call goes out: as the user who calls says, or else the extension that was dialled, or else the telephone.
func (s *section) from() {
	has := func(variable, yes, no string) {
		s.line("GotoIf", fmt.Sprintf("${LEN(${%s})}?%s:%s", variable, yes, no))
	}
	has(store.AnonymousVariable, "anonymous", "")
	has(store.OutgoingVariable, "", "number")
	s.set("CALLERID(all)", "${"+store.OutgoingVariable+"}")
	s.line("Goto", "call")
	s.labelled("number", "GotoIf", fmt.Sprintf("${LEN(${%s})}?:call", outcallCallerVariable))
	s.set("CALLERID(all)", "${"+outcallCallerVariable+"}")
	s.line("Goto", "call")
	s.labelled("anonymous", "Set", "CALLERID(pres)=prohib")
}
