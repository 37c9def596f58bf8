package function

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/schedule"
)

var schedules = []ivr.Function{
	{Name: "SCHEDULE", Synopsis: "whether a schedule is open", Syntax: "schedule[,time[,what]]",
		Doc: "Not in Asterisk. The schedule is one by its id or its name, of the call's tenant. Gives open, closed or exceptional, now or at a time in seconds since 1970; " +
			"or what else is asked for: exit, which is open, closed, exceptional-1 … (the exceptional period) or exception-1 …; why, in words; until, the seconds since 1970 of the next change, empty when none is known. " +
			"Set to closed or open, it is switched by hand until it is set to auto, or until the time, which may also be next, the schedule's next change by the clock; toggle switches to what it is not, and back to the clock.",
		Read: readSchedule, Write: switchSchedule},
}

var errNoSchedules = errors.New("there are no schedules here")

func readSchedule(r *ivr.Run, args string) (string, error) {
	if r.Schedules() == nil {
		return "", errNoSchedules
	}
	list := ivr.SplitArgs(args, 3)
	s, err := r.Schedules().Schedule(r.Value(ivr.TenantVariable), strings.TrimSpace(list[0]))
	if err != nil {
		return "", err
	}
	at := r.Now()
	if text := argument(list, 1); text != "" {
		if at, err = epoch(text); err != nil {
			return "", err
		}
	}
	switch what := strings.ToLower(strings.TrimSpace(argument(list, 2))); what {
	case "", "state":
		return string(s.At(at).State), nil
	case "exit":
		return s.At(at).Exit, nil
	case "why":
		return s.At(at).Why, nil
	case "until":
		next, found := s.Next(at)
		if !found {
			return "", nil
		}
		return fmt.Sprint(next.Unix()), nil
	default:
		return "", fmt.Errorf("it says state, exit, why or until, not %q", what)
	}
}

// epoch reads seconds since 1970.
func epoch(text string) (time.Time, error) {
	seconds, ok := leadingFloat(strings.TrimSpace(text))
	if !ok || math.Abs(seconds) > 1e11 {
		return time.Time{}, fmt.Errorf("%q is no time in seconds since 1970", text)
	}
	return time.Unix(int64(seconds), 0), nil
}

func switchSchedule(r *ivr.Run, args, value string) error {
	if r.Schedules() == nil {
		return errNoSchedules
	}
	list := ivr.SplitArgs(args, 2)
	turn := schedule.Turn{To: value, By: cmp.Or(r.Caller().Number, "a call")}
	switch until := strings.TrimSpace(argument(list, 1)); {
	case strings.EqualFold(until, "next"):
		turn.Next = true
	case until != "":
		var err error
		if turn.Until, err = epoch(until); err != nil {
			return err
		}
	}
	_, err := r.Schedules().Switch(r.Value(ivr.TenantVariable), strings.TrimSpace(list[0]), turn)
	return err
}
