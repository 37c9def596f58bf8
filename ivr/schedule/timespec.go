// Package schedule answers "is it now?" for opening hours.
//
// A [Schedule] is what people edit: open periods, exceptional ones, exceptions with a date, and a switch for the hand. It says
// which state holds at a moment, why, and when that changes.
//
// A [TimeSpec] is the text of GotoIfTime, IFTIME and timed includes: times,days,mdays,months[,zone]. Its rules are
// Asterisk's: the minute of the moment is looked at in the zone, both ends of a range are inclusive, and each field is
// a list of ranges, which may run over the end of what they count (22:00-06:00, fri-mon, 28-5, nov-feb).
//
// The package imports nothing of dialtone and knows no clock: the moment is an argument.
package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on a system without them, too
)

// A TimeSpec says at which moments something holds. The zero value never matches.
type TimeSpec struct {
	minutes []span         // of the day
	days    uint8          // bit 0 is Sunday
	mdays   uint32         // bit 0 is the 1st
	months  uint16         // bit 0 is January
	zone    *time.Location // nil: that of the moment
	unknown string         // name of a zone that does not exist
}

// span is a range of minutes of the day, 0 to 1439, inclusive. If to is before from, it runs over midnight.
type span struct{ from, to int }

const lastMinute = 24*60 - 1

var (
	dayNames   = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	monthNames = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
)

// ParseTimeSpec reads times,days,mdays,months[,zone]; "|" separates as "," does. Each field may be empty, missing or "*", which is
// any, or a list of parts with "&" between them:
//
//	times   H:MM or H:MM-H:MM, from 0:00 to 23:59
//	days    sun mon tue wed thu fri sat, or a range of them
//	mdays   1 to 31, or a range
//	months  jan to dec or 1 to 12, or a range
//	zone    a name of the time zone database; an unknown one is read as UTC, see UnknownZone
//
// The error names every part that makes no sense. Such a part matches nothing; the other parts hold, as they do in Asterisk.
func ParseTimeSpec(text string) (TimeSpec, error) {
	var field [5]string
	for i := range field {
		if field[i] = text; i == len(field)-1 {
			break
		}
		end := strings.IndexAny(text, ",|")
		if end < 0 {
			break
		}
		field[i], text = text[:end], text[end+1:]
	}
	var t TimeSpec
	var faults []error
	t.minutes = times(field[0], &faults)
	t.days = uint8(ranges(field[1], "day of the week", "sun to sat", 7, nameIn(dayNames), &faults))
	t.mdays = ranges(field[2], "day of the month", "1 to 31", 31, numberTo(31), &faults)
	t.months = uint16(ranges(field[3], "month", "jan to dec or 1 to 12", 12, month, &faults))
	if zone := strings.TrimSpace(field[4]); zone != "" {
		t.zone = time.UTC
		if l, err := time.LoadLocation(zone); err == nil {
			t.zone = l
		} else {
			t.unknown = zone
		}
	}
	return t, errors.Join(faults...)
}

// Match tells whether the minute of at belongs to t. Without a zone in t, the day and the hour are those of at's own zone.
func (t TimeSpec) Match(at time.Time) bool {
	if t.zone != nil {
		at = at.In(t.zone)
	}
	if !t.onDay(at) {
		return false
	}
	minute := at.Hour()*60 + at.Minute()
	for _, s := range t.minutes {
		if s.from <= s.to && s.from <= minute && minute <= s.to || s.to < s.from && (minute >= s.from || minute <= s.to) {
			return true
		}
	}
	return false
}

// UnknownZone is the name of t's zone if there is no such zone, and UTC is used instead; else it is empty.
func (t TimeSpec) UnknownZone() string { return t.unknown }

func isAny(field string) bool { return field == "" || field == "*" }

// times reads the first field.
func times(field string, faults *[]error) []span {
	if isAny(field) {
		return []span{{0, lastMinute}}
	}
	var list []span
	for part := range strings.SplitSeq(field, "&") {
		first, last, isRange := strings.Cut(part, "-")
		from, ok := minute(first)
		to := from
		if isRange && ok {
			to, ok = minute(last)
		}
		if !ok {
			*faults = append(*faults, fmt.Errorf("time %q is not H:MM or H:MM-H:MM between 0:00 and 23:59: it never matches", part))
			continue
		}
		list = append(list, span{from, to})
	}
	return list
}

// minute reads H:MM, with blanks before it. What follows (:SS, blanks) does not count.
func minute(s string) (int, bool) {
	hour, s, ok := twoDigits(strings.TrimLeft(s, " \t"))
	if !ok || s == "" || s[0] != ':' {
		return 0, false
	}
	minute, _, ok := twoDigits(s[1:])
	if !ok || hour > 23 || minute > 59 {
		return 0, false
	}
	return hour*60 + minute, true
}

// twoDigits reads a number of one or two digits and gives what follows it.
func twoDigits(s string) (n int, rest string, ok bool) {
	i := 0
	for ; i < len(s) && i < 2 && '0' <= s[i] && s[i] <= '9'; i++ {
		n = n*10 + int(s[i]-'0')
	}
	return n, s[i:], i > 0
}

// ranges reads a field whose parts are names or ranges of names, of which read gives the place from 0 to count-1, and makes it a set.
func ranges(field, what, allowed string, count int, read func(string) (int, bool), faults *[]error) uint32 {
	if isAny(field) {
		return 1<<count - 1
	}
	var set uint32
	for part := range strings.SplitSeq(field, "&") {
		first, last, isRange := strings.Cut(part, "-")
		from, ok := read(first)
		to := from
		if isRange && ok {
			to, ok = read(last)
		}
		if !ok {
			*faults = append(*faults, fmt.Errorf("%s %q is not %s or a range: it never matches", what, part, allowed))
			continue
		}
		for ; from != to; from = (from + 1) % count {
			set |= 1 << from
		}
		set |= 1 << to
	}
	return set
}

// nameIn reads one of names, in any case.
func nameIn(names []string) func(string) (int, bool) {
	return func(s string) (int, bool) {
		for i, name := range names {
			if strings.EqualFold(s, name) {
				return i, true
			}
		}
		return 0, false
	}
}

// numberTo reads a number from 1 to last.
func numberTo(last int) func(string) (int, bool) {
	return func(s string) (int, bool) {
		n, rest, ok := twoDigits(s)
		return n - 1, ok && rest == "" && n >= 1 && n <= last
	}
}

func month(s string) (int, bool) {
	if i, ok := nameIn(monthNames)(s); ok {
		return i, true
	}
	return numberTo(12)(s)
}
