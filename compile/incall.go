package compile

import (
	"strconv"

	"dialtone/ivr"
	"dialtone/store"
)

// Variables that subroutines and dialplans read.
const (
	dialledVariable   = "XIVO_BASE_EXTEN" // what was dialled in the first place, as an extension
	calledVariable    = "WAZO_DSTNUM"     // the number that is called
	callerVariable    = "WAZO_SRCNUM"     // the number that calls
	originVariable    = "WAZO_CALLORIGIN" // extern or intern
	directionVariable = "WAZO_CALL_DIRECTION"
	statusVariable    = "WAZO_SCHEDULE_STATUS" // opened or closed
	exitVariable      = "WAZO_SCHEDULE_EXIT"   // where the schedule leads: see schedule.Answer
)

// inherited is a variable that the calls have, too, that this one makes.
func inherited(variable string) string { return "__" + variable }

// writeIncall writes what becomes of a call to a number of an incall.
func writeIncall(s *section, id int) bool {
	i, _, ok := s.tx.Incalls().Get(id)
	if !ok {
		return false
	}
	s.note("incall %d %s", id, i.Description)
	for e := range s.tx.ExtensionsOf(store.OwnerIncall, id) {
		s.note("of %s in [%s]", e.Exten, e.Context)
	}
	s.at("s")
	s.set("WAZO_INCALL_ID", strconv.Itoa(id))
	s.set(inherited(ivr.TenantVariable), i.Tenant)
	s.set(calledVariable, "${"+dialledVariable+"}")
	s.set(callerVariable, "${CALLERID(num)}")
	s.set(inherited(originVariable), "extern")
	s.set(inherited(directionVariable), "inbound")
	s.callerName(i.CallerIDMode, i.CallerIDName)
	s.schedule(i.Schedule)
	s.subroutines(i.PreprocessSubroutine, incallHook)
	if i.GreetingSound != "" {
		s.line("Playback", argument(i.GreetingSound))
	}
	s.destination(i.Destination)
	return true
}

// callerName rewrites the caller's name, as incalls and groups say.
func (s *section) callerName(mode, name string) {
	const old = "${CALLERID(name)}"
	if name == "" {
		return
	}
	name = literal(name)
	switch mode {
	case "prepend":
		name += " - " + old
	case "append":
		name = old + " - " + name
	case "overwrite":
	default:
		return
	}
	s.set("CALLERID(name)", name)
}
