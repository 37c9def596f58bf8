package calendar

import (
	"fmt"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

const (
	maxRule     = 512    // bytes of a rule
	maxInterval = 1000   // of a rule
	maxDaily    = 24     // times a day
	maxTimes    = 50_000 // that a rule comes before the end of the years that are looked at: daily since 1900
	// cycle is after how many years dates fall on the same days of the week again, and leap years come in the same order.
	cycle = 400
)

// recur gives when an event recurs by a rule (RFC 5545 §3.3.10), by its clock, between two moments. Rules are expanded at the end of
// the years that the library knows, 400 of them by 400 later: there it soon gives up a rule that never comes.
func recur(text string, start moment, from, until time.Time) ([]time.Time, error) {
	if len(text) > maxRule {
		return nil, fmt.Errorf("its rule has %d bytes (at most %d)", len(text), maxRule)
	}
	text = strings.ToUpper(strings.Trim(text, "; "))
	option, err := rrule.StrToROption(text)
	if err != nil {
		return nil, fmt.Errorf("its rule %q: %w", text, err)
	}
	switch {
	case option.Freq > rrule.DAILY, max(len(option.Byhour), 1)*max(len(option.Byminute), 1)*max(len(option.Bysecond), 1) > maxDaily:
		return nil, fmt.Errorf("its rule %q recurs within a day more than %d times", text, maxDaily)
	case option.Count < 1 && strings.Contains(text, "COUNT="):
		return nil, fmt.Errorf("its rule %q never comes", text)
	case len(option.Byeaster) > 0:
		return nil, fmt.Errorf("its rule %q has BYEASTER, which RFC 5545 has not", text)
	case option.Interval > maxInterval:
		return nil, fmt.Errorf("its rule %q comes only every %d times (at most %d)", text, option.Interval, maxInterval)
	}
	later := (rrule.MAXYEAR - lastYear) / cycle * cycle
	option.Dtstart = start.wall.AddDate(later, 0, 0)
	if !option.Until.IsZero() {
		end := option.Until
		switch until := untilText(text); {
		case strings.HasSuffix(until, "Z"):
			end = moment{wall: end, zone: time.UTC}.by(start)
		case len(until) == len("20260102") && !start.day:
			end = end.Add(oneDay - time.Second) // with the whole of its last day
		}
		if year := end.Year(); year > lastYear {
			end = time.Date(lastYear, 12, 31, 0, 0, 0, 0, time.UTC)
		}
		option.Until = end.AddDate(later, 0, 0)
	}
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, fmt.Errorf("its rule %q: %w", text, err)
	}
	var walls []time.Time
	next := rule.Iterator()
	times := 0
	for at, ok := next(); ok; at, ok = next() {
		if times++; times > maxTimes {
			return nil, fmt.Errorf("its rule %q comes more than %d times", text, maxTimes)
		}
		at = at.AddDate(-later, 0, 0)
		if !at.Before(until) {
			break
		}
		if !at.Before(from) {
			walls = append(walls, at)
		}
	}
	return walls, nil
}

// untilText is what a rule has as UNTIL.
func untilText(rule string) string {
	_, text, _ := strings.Cut(rule, "UNTIL=")
	text, _, _ = strings.Cut(text, ";")
	return text
}
