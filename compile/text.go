// Package compile says what objects mean as dialplan text: an incall, a schedule, a menu, a user, a group, a way out become
// contexts, and the extensions of a context become lines that lead there. So calls, traces, simulations and checks see nothing
// but ordinary dialplan, which a person can read.
//
//	xivo-incall-7    what becomes of the calls to the numbers of incall 7
//	xivo-schedules   the feature code by which schedules are switched by hand
//	xivo-schedule-3  where callers go when schedule 3 is closed, one extension for each reason
//	xivo-ivr-5       the menu
//	xivo-user-12     ringing a user's lines, and what follows when nobody answers
//	xivo-group-4     ringing a group's members
//	xivo-group-answered  noting who of a group has answered
//	xivo-outcall-2   calling a number by the trunks of a way out
//	default          the extensions of the context, and what it includes
//
// [Text] writes a context. [Switch] puts all of them beside the files of a dialplan: it makes a context when a call asks for it,
// of the objects as they are then, and a number of a large context by itself, so nothing is made anew when objects change.
// [Command] checks what a custom destination would execute.
//
// Reading order: text.go (which object is which context), section.go (how lines are written), then a file per object; switch.go.
package compile

import (
	"strconv"
	"strings"

	"dialtone/store"
)

// family is the contexts of one kind of objects.
type family struct {
	prefix string // of the name; the object's id follows
	write  func(s *section, id int) bool
}

// families are the kinds of objects that become contexts.
func families() []family {
	return []family{
		{incallPrefix, writeIncall}, {schedulePrefix, writeSchedule}, {ivrPrefix, writeIVR}, {userPrefix, writeUser}, {linePrefix, writeLine},
		{groupPrefix, writeGroup}, {outcallPrefix, writeOutcall},
	}
}

const (
	incallPrefix   = "xivo-incall-"
	schedulePrefix = "xivo-schedule-"
	ivrPrefix      = "xivo-ivr-"
	userPrefix     = "xivo-user-"
	linePrefix     = "xivo-line-"
	groupPrefix    = "xivo-group-"
	outcallPrefix  = "xivo-outcall-"
)

// IncallContext and the others are the contexts that objects become, by their ids.
func IncallContext(id int) string { return incallPrefix + strconv.Itoa(id) }

// IVRContext: see IncallContext.
func IVRContext(id int) string { return ivrPrefix + strconv.Itoa(id) }

// ScheduleContext: see IncallContext.
func ScheduleContext(id int) string { return schedulePrefix + strconv.Itoa(id) }

// UserContext: see IncallContext.
func UserContext(id int) string { return userPrefix + strconv.Itoa(id) }

// GroupContext: see IncallContext.
func GroupContext(id int) string { return groupPrefix + strconv.Itoa(id) }

// OutcallContext: see IncallContext.
func OutcallContext(id int) string { return outcallPrefix + strconv.Itoa(id) }

func lineContext(id int) string { return linePrefix + strconv.Itoa(id) }

// Text is the dialplan text of a context that objects mean, with its head and comments; false: no object has such a context.
func Text(tx *store.Tx, context string) (text string, ok bool) {
	s := &section{tx: tx}
	if write, id := familyOf(context); write != nil {
		s.head(context)
		ok = write(s, id)
		return s.text.String(), ok
	}
	c, ok := tx.Context(context)
	if !ok || !c.Enabled {
		return "", false
	}
	writeContext(s, c)
	for e := range tx.ExtensionsIn(context) {
		if !isPattern(e.Exten) {
			writeExtension(s, c, e)
		}
	}
	return s.text.String(), true
}

// familyOf tells which object's context a name is, or the one of none in particular; nil: none's.
func familyOf(context string) (write func(*section, int) bool, id int) {
	if !strings.HasPrefix(context, "xivo-") {
		return nil, 0
	}
	switch context {
	case FeatureContext:
		return writeFeatures, 0
	case AnsweredContext:
		return writeAnswered, 0
	}
	for _, f := range families() {
		digits, ok := strings.CutPrefix(context, f.prefix)
		if !ok {
			continue
		}
		if id, err := strconv.Atoi(digits); err == nil && id > 0 && strconv.Itoa(id) == digits {
			return f.write, id
		}
	}
	return nil, 0
}
