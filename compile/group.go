package compile

import (
	"fmt"
	"strconv"

	"dialtone/store"
)

const (
	groupEndVariable  = "WAZO_GROUP_END"  // when a group is given up, in seconds since 1970
	groupNextVariable = "WAZO_GROUP_NEXT" // the member with which the next call begins
	maxDevices        = 6000              // bytes of the devices on a line, which has 8190 at most
)

// writeGroup writes how a group is rung: rounds, of all members at once or one after the other, until somebody answers or the
// time is over.
func writeGroup(s *section, id int) bool {
	g, _, ok := s.tx.Groups().Get(id)
	if !ok || !g.Enabled {
		return false
	}
	s.note("group %d %s", id, g.Label)
	s.at("s")
	s.callerName(g.CallerIDMode, g.CallerIDName)
	s.schedule(g.Schedule)
	s.subroutine(g.PreprocessSubroutine)
	s.rung(g.Timeout)
	rounds := s.rounds(g)
	if len(rounds) == 0 {
		s.note("nobody can be rung")
		s.line("Goto", "CONGESTION", "1")
		s.groupFallbacks(g)
		return true
	}
	s.line("Ringing")
	s.set(groupEndVariable, fmt.Sprintf(`${IF($["${%s}" != ""]?$[${EPOCH} + ${%s}]:)}`, ringSecondsVariable, ringSecondsVariable))
	s.first(g, len(rounds))
	for i, devices := range rounds {
		s.labelled(memberLabel(i+1), "Dial", devices, s.turn(g))
		s.line("GotoIf", fmt.Sprintf(`$["${%s}" != "" & ${EPOCH} >= 0${%s}]?NOANSWER,1`, groupEndVariable, groupEndVariable))
	}
	s.line("Wait", strconv.Itoa(max(g.RetryDelay, 1)))
	s.line("Goto", memberLabel(1))
	s.groupFallbacks(g)
	return true
}

// groupFallbacks writes what follows when nobody of a group takes a call.
func (s *section) groupFallbacks(g *store.Group) {
	for _, f := range []struct {
		status string
		to     *store.Destination
	}{{"NOANSWER", g.Fallbacks.NoAnswer}, {"CONGESTION", g.Fallbacks.Congestion}} {
		if f.to != nil {
			s.at(f.status)
			s.destination(*f.to)
		}
	}
	s.otherwise()
}

// memberLabel is the label of the line that rings a member, or of the one that rings all.
func memberLabel(i int) string { return fmt.Sprintf("member%d", i) }

// turn is how long a member rings: no longer than the group does.
func (s *section) turn(g *store.Group) string {
	if g.UserTimeout > 0 {
		return strconv.Itoa(g.UserTimeout)
	}
	return "${" + ringSecondsVariable + "}"
}

// first leads to the member with which a call begins: the first, a random one, or the one after that of the call before.
func (s *section) first(g *store.Group, members int) {
	if members == 1 {
		return
	}
	switch g.RingStrategy {
	case "random", "weight_random":
		s.line("Goto", fmt.Sprintf("member${RAND(1,%d)}", members))
	case "memorized_round_robin", "least_recent", "fewest_calls":
		next := fmt.Sprintf("%s_%d", groupNextVariable, g.ID)
		s.set("GLOBAL("+next+")", fmt.Sprintf("$[0${%s} %% %d + 1]", next, members))
		s.line("Goto", fmt.Sprintf("member${%s}", next))
	}
}

// rounds are the devices that are rung at once, one after the other.
func (s *section) rounds(g *store.Group) []string {
	var rounds []string
	for _, id := range g.Members {
		if u, _, ok := s.tx.Users().Get(id); !ok || !u.Enabled || u.DoNotDisturb {
			continue
		}
		if devices := s.devices(s.linesOf(id)); len(devices) > 0 {
			rounds = append(rounds, join(devices))
		}
	}
	for _, e := range g.Extensions {
		rounds = append(rounds, fmt.Sprintf("Local/%s@%s", argument(e.Exten), argument(e.Context)))
	}
	if len(rounds) < 2 || g.RingStrategy != "all" && g.RingStrategy != "" {
		return rounds
	}
	for i := range rounds {
		if all := join(rounds[:i+1]); len(all) > maxDevices {
			s.note("more devices than a line holds: the others are not rung")
			return []string{join(rounds[:i])}
		}
	}
	return []string{join(rounds)}
}
