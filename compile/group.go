package compile

import (
	"fmt"
	"strconv"
	"strings"

	"dialtone/store"
)

const (
	groupEndVariable     = "WAZO_GROUP_END"    // when a group is given up, in seconds since 1970
	groupOptionsVariable = "WAZO_GROUPOPTIONS" // Dial's
	groupNextVariable    = "WAZO_GROUP_NEXT"   // the member with which the next call begins
	groupOrderVariable   = "WAZO_GROUP_ORDER"  // the members, the one who has waited longest first
	endless              = 86400               // seconds that a group without a time of its own is rung
	maxDevices           = 6000                // bytes of the devices on a line, which has 8190 at most
	maxOrdered           = 100                 // members whose order a line can say
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
	s.set(callerVariable, "${CALLERID(num)}")
	s.called()
	s.callerName(g.CallerIDMode, g.CallerIDName)
	s.rung(g.Timeout)
	s.set(groupOptionsVariable, groupOptions(g)+"${"+store.CallerOptionsVariable+"}")
	s.schedule(g.Schedule)
	s.subroutines(g.PreprocessSubroutine, groupHook)
	if rounds := s.rounds(g); len(rounds) > 0 {
		s.ringRounds(g, rounds)
	} else {
		s.note("nobody can be rung")
		s.line("Goto", "CONGESTION", "1")
	}
	s.groupFallbacks(g)
	return true
}

// ringRounds writes the rounds, one after the other and over again until the time is over.
func (s *section) ringRounds(g *store.Group, rounds []round) {
	if g.MusicOnHold == "" {
		s.line("Ringing")
	}
	s.set(groupEndVariable, fmt.Sprintf("$[${EPOCH} + ${IF($[0${%s} > 0]?${%s}:%d)}]", ringSecondsVariable, ringSecondsVariable, endless))
	s.first(g, rounds)
	for i, r := range rounds {
		label, call := memberLabel(i+1), fmt.Sprintf("Dial(%s,%s,%s)", r.devices, turn(g), r.options(g))
		if !g.RingInUse {
			s.labelled(label, "Set", fmt.Sprintf("%s=${FREE_DEVICES(%s)}", interfaceVariable, r.devices))
			label, call = "", fmt.Sprintf(`ExecIf($["${%s}" != ""]?Dial(${%s},%s,%s))`, interfaceVariable, interfaceVariable, turn(g), r.options(g))
		}
		s.raw(label, call)
		s.line("GotoIf", fmt.Sprintf("$[${EPOCH} >= ${%s}]?NOANSWER,1", groupEndVariable))
	}
	s.line("Wait", strconv.Itoa(max(g.RetryDelay, 1)))
	s.line("Goto", memberLabel(1))
}

// groupOptions are Dial's for the calls to members.
func groupOptions(g *store.Group) (options string) {
	for _, o := range []struct {
		set    bool
		letter string
	}{{g.MarkAnsweredElsewhere, "c"}, {g.IgnoreForward, "i"}, {g.DTMFRecordToggle, "x"}} {
		if o.set {
			options += o.letter
		}
	}
	if g.MusicOnHold != "" {
		options += "m(" + argument(g.MusicOnHold) + ")"
	}
	return options
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
func turn(g *store.Group) string {
	left := fmt.Sprintf("$[${%s} - ${EPOCH}]", groupEndVariable)
	if g.UserTimeout > 0 {
		return fmt.Sprintf("${MIN(%d,%s)}", g.UserTimeout, left)
	}
	return left
}

// first leads to the member with which a call begins: the first, a random one, the one after that of the call before, or the one that has
// answered least. Those behind it follow in their order.
func (s *section) first(g *store.Group, rounds []round) {
	if len(rounds) == 1 {
		return
	}
	switch strategy := g.RingStrategy; {
	case strategy == "random" || strategy == "weight_random":
		s.line("Goto", fmt.Sprintf("member${RAND(1,%d)}", len(rounds)))
	case countsAnswers(strategy) && len(rounds) <= maxOrdered:
		var order []string
		for i, r := range rounds {
			order = append(order, fmt.Sprintf("%d:0${%s}", i+1, answersVariable(strategy, g.ID, r.member)))
		}
		s.set(groupOrderVariable, "${SORT("+strings.Join(order, ",")+")}")
		s.line("Goto", fmt.Sprintf(`member${CUT(%s,\,,1)}`, groupOrderVariable))
	case strategy == "memorized_round_robin" || countsAnswers(strategy):
		next := fmt.Sprintf("%s_%d", groupNextVariable, g.ID)
		s.set("GLOBAL("+next+")", fmt.Sprintf("$[0${%s} %% %d + 1]", next, len(rounds)))
		s.line("Goto", fmt.Sprintf("member${%s}", next))
	}
}

// round is the devices that are rung at once.
type round struct {
	devices string
	member  string // whose they are, when they are one's: the user's number, or the place of an extension
}

// options are Dial's for a round.
func (r round) options(g *store.Group) string {
	options := "${" + groupOptionsVariable + "}"
	if countsAnswers(g.RingStrategy) {
		options += fmt.Sprintf("U(%s^%d^%s)", AnsweredContext, g.ID, r.member)
	}
	return options
}

// rounds are what is rung, one after the other: the members, or all of them at once.
func (s *section) rounds(g *store.Group) []round {
	var rounds []round
	for _, id := range g.Members {
		if u, _, ok := s.tx.Users().Get(id); !ok || !u.Enabled || u.DoNotDisturb {
			continue
		}
		if devices := s.devices(s.linesOf(id)); len(devices) > 0 {
			rounds = append(rounds, round{join(devices), strconv.Itoa(id)})
		}
	}
	for i, e := range g.Extensions {
		rounds = append(rounds, round{fmt.Sprintf("Local/%s@%s", argument(e.Exten), argument(e.Context)), fmt.Sprintf("exten%d", i+1)})
	}
	if len(rounds) < 2 || g.RingStrategy != "all" && g.RingStrategy != "" {
		return rounds
	}
	var all []string
	length := 0
	for _, r := range rounds {
		if length += len(r.devices) + 1; length > maxDevices {
			s.note("more devices than a line holds: the others are not rung")
			break
		}
		all = append(all, r.devices)
	}
	return []round{{devices: join(all)}}
}
