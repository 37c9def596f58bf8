package schedule

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"
	"time"
)

// NewPeriod makes the TimeSpec of a period as the configuration API writes it: from and to are HH:MM, from 00:00 to 23:59, both
// inclusive, and from is not later than to; days of the week are 1 (Monday) to 7, days of the month 1 to 31, months 1 to 12, and
// an empty list is all of them. All four must hold. The error names everything that is wrong.
func NewPeriod(from, to string, weekDays, monthDays, months []int) (TimeSpec, error) {
	var faults []error
	first, last := clock(from, &faults), clock(to, &faults)
	if len(faults) == 0 && last < first {
		faults = append(faults, fmt.Errorf("%s is before %s: a period does not cross midnight, two do", to, from))
	}
	t := TimeSpec{
		minutes: []span{{first, last}},
		mdays:   set("day of the month", monthDays, 31, &faults),
		months:  uint16(set("month", months, 12, &faults)),
	}
	week := set("day of the week", weekDays, 7, &faults) // bit 0 is Monday
	t.days = uint8(week<<1&0x7f | week>>6)
	if err := errors.Join(faults...); err != nil {
		return TimeSpec{}, err
	}
	return t, nil
}

// clock reads HH:MM as the minute of the day.
func clock(text string, faults *[]error) int {
	m, ok := minute(text)
	if !ok || len(text) != len("HH:MM") || text[2] != ':' {
		*faults = append(*faults, fmt.Errorf("time %q is not HH:MM between 00:00 and 23:59", text))
	}
	return m
}

// set makes a set of numbers from 1 to last; bit 0 is 1.
func set(what string, numbers []int, last int, faults *[]error) uint32 {
	if len(numbers) == 0 {
		return 1<<last - 1
	}
	var all uint32
	for _, n := range numbers {
		if n < 1 || n > last {
			*faults = append(*faults, fmt.Errorf("%s %d is not between 1 and %d", what, n, last))
			continue
		}
		all |= 1 << (n - 1)
	}
	return all
}

// onDay tells whether t holds at some minute of a moment's day.
func (t *TimeSpec) onDay(at time.Time) bool {
	return t.days>>at.Weekday()&1 != 0 && t.mdays>>(at.Day()-1)&1 != 0 && t.months>>(at.Month()-1)&1 != 0
}

// String is t in words: "08:00-12:00 mon-fri", "00:00-23:59 25 dec".
func (t TimeSpec) String() string {
	words := []string{}
	for _, m := range t.minutes {
		words = append(words, fmt.Sprintf("%02d:%02d-%02d:%02d", m.from/60, m.from%60, m.to/60, m.to%60))
	}
	monday := t.days>>1 | t.days<<6&0x7f // bit 0 is Monday
	week := append(dayNames[1:7:7], dayNames[0])
	for _, field := range []string{
		members(uint32(monday), 7, func(i int) string { return week[i] }),
		members(t.mdays, 31, func(i int) string { return fmt.Sprint(i + 1) }),
		members(uint32(t.months), 12, func(i int) string { return monthNames[i] }),
	} {
		if field != "" {
			words = append(words, field)
		}
	}
	if t.zone != nil {
		words = append(words, t.zone.String())
	}
	return strings.Join(words, " ")
}

// members writes a set of count members as ranges: "mon-wed&fri"; empty: all of them, "never": none.
func members(set uint32, count int, name func(int) string) string {
	switch bits.OnesCount32(set) {
	case count:
		return ""
	case 0:
		return "never"
	}
	var ranges []string
	for i := 0; i < count; i++ {
		if set>>i&1 == 0 {
			continue
		}
		from := i
		for i+1 < count && set>>(i+1)&1 != 0 {
			i++
		}
		if from == i {
			ranges = append(ranges, name(from))
		} else {
			ranges = append(ranges, name(from)+"-"+name(i))
		}
	}
	return strings.Join(ranges, "&")
}
