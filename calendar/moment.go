package calendar

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
)

// moment is a date or a date with a time, as an iCalendar file writes it (RFC 5545 §3.3.4, §3.3.5).
type moment struct {
	wall    time.Time      // what the clock shows, in UTC
	zone    *time.Location // whose clock; nil: that of who reads it
	day     bool           // a date without a time
	unknown string         // a time zone that is not known, in whose place nil stands
}

// at is the moment at which the clock of m shows something. Of a clock that is the reader's, it is what it shows. What a clock shows twice
// is the first time, and what it leaves out is counted as if it had not jumped yet (RFC 5545 §3.3.5).
func (m moment) at(wall time.Time) time.Time {
	if m.zone == nil {
		return wall
	}
	const apart = 26 * time.Hour // more than any clock is from UTC
	ahead := func(at time.Time) time.Duration {
		_, offset := at.In(m.zone).Zone()
		return time.Duration(offset) * time.Second
	}
	before, after := ahead(wall.Add(-apart)), ahead(wall.Add(apart))
	if ahead(wall.Add(-before)) != before && ahead(wall.Add(-after)) == after {
		return wall.Add(-after)
	}
	return wall.Add(-before)
}

// by is what another moment's clock shows at m.
func (m moment) by(other moment) time.Time {
	if m.zone == nil || other.zone == nil {
		return m.wall
	}
	at := m.at(m.wall)
	_, ahead := at.In(other.zone).Zone()
	return at.Add(time.Duration(ahead) * time.Second)
}

// moment reads the value of a property.
func (c clocks) moment(p *ics.IANAProperty) (moment, error) { return c.parse(p.Value, zoneOf(p)) }

// moments reads lists of moments.
func (c clocks) moments(list []*ics.IANAProperty) (all []moment, err error) {
	err = eachValue(list, func(text, zone string) error {
		m, err := c.parse(text, zone)
		all = append(all, m)
		return err
	})
	return all, err
}

// periods reads lists of moments and of periods (RFC 5545 §3.3.9), by the clock of another moment. What has no length has the one given.
func (c clocks) periods(list []*ics.IANAProperty, by moment, lasts length) (all []occurrence, err error) {
	err = eachValue(list, func(text, zone string) error {
		text, end, isPeriod := strings.Cut(text, "/")
		m, err := c.parse(text, zone)
		if err != nil {
			return err
		}
		one := occurrence{m.by(by), lasts}
		if isPeriod {
			if one.lasts, err = c.lengthUntil(end, zone, by, one.wall); err != nil {
				return err
			}
		}
		all = append(all, one)
		return nil
	})
	return all, err
}

// lengthUntil reads the end of a period: a moment, or a duration.
func (c clocks) lengthUntil(text, zone string, by moment, begins time.Time) (length, error) {
	if strings.HasPrefix(text, "P") {
		return parseDuration(text)
	}
	end, err := c.parse(text, zone)
	if err != nil {
		return length{}, err
	}
	return length{wall: end.by(by).Sub(begins)}.checked()
}

// eachValue reads the values of properties that are lists, at most maxRead.
func eachValue(list []*ics.IANAProperty, read func(text, zone string) error) error {
	n := 0
	for _, p := range list {
		for text := range strings.SplitSeq(p.Value, ",") {
			if n++; n > maxRead {
				return fmt.Errorf("it has more than %d dates", maxRead)
			}
			if err := read(strings.TrimSpace(text), zoneOf(p)); err != nil {
				return err
			}
		}
	}
	return nil
}

// zoneOf is the time zone that a property names.
func zoneOf(p *ics.IANAProperty) string {
	for name, list := range p.ICalParameters {
		if strings.EqualFold(name, "TZID") && len(list) > 0 {
			return list[0]
		}
	}
	return ""
}

func (c clocks) parse(text, zone string) (moment, error) {
	text = strings.TrimSpace(text)
	var m moment
	var err error
	switch {
	case len(text) == len("20060102"):
		m.day = true
		m.wall, err = time.Parse("20060102", text)
	case strings.HasSuffix(text, "Z"):
		m.zone = time.UTC
		m.wall, err = time.Parse("20060102T150405Z", text)
	default:
		m.wall, err = time.Parse("20060102T150405", text)
		m.zone, m.unknown = c.find(zone)
	}
	if err != nil {
		return moment{}, fmt.Errorf("%q is no date (20261225) and no time (20261225T090000)", text)
	}
	if year := m.wall.Year(); year < firstYear || year > lastYear {
		return moment{}, fmt.Errorf("the year %d is not between %d and %d", year, firstYear, lastYear)
	}
	return m, nil
}

// Years that a calendar may have.
const firstYear, lastYear = 1900, 2399

// length is how long an event lasts: first by its clock, of which days have more or less than 24 hours when it jumps, then what really
// passes (RFC 5545 §3.3.6).
type length struct{ wall, real time.Duration }

const oneDay = 24 * time.Hour

// after is when an event is over that begins when the clock of m shows something.
func (l length) after(m moment, wall time.Time) time.Time { return m.at(wall.Add(l.wall)).Add(l.real) }

// checked refuses what is no length, and what is too long.
func (l length) checked() (length, error) {
	switch all := l.wall + l.real; {
	case all <= 0:
		return length{}, errors.New("it ends when it begins, or before")
	case all > maxLength:
		return length{}, errors.New("it lasts longer than a year")
	}
	return l, nil
}

// lengthOf is how long an event lasts (RFC 5545 §3.6.1).
func (c clocks) lengthOf(e *ics.VEvent, start moment) (length, error) {
	if p := e.GetProperty(ics.ComponentPropertyDtEnd); p != nil {
		end, err := c.moment(p)
		if err != nil {
			return length{}, err
		}
		l := length{wall: end.by(start).Sub(start.wall)}
		if l.wall == 0 && start.day {
			l.wall = oneDay // as programs write that take the end of an event for its last day
		}
		return l.checked()
	}
	if p := e.GetProperty(ics.ComponentPropertyDuration); p != nil {
		return parseDuration(p.Value)
	}
	if start.day {
		return length{wall: oneDay}, nil
	}
	return length{}.checked()
}

// parseDuration reads P1D, P2W, PT8H30M, P1DT12H (RFC 5545 §3.3.6).
func parseDuration(text string) (length, error) {
	wrong := fmt.Errorf("%q is no duration (P1D, PT8H30M)", text)
	rest, ok := strings.CutPrefix(strings.TrimPrefix(text, "+"), "P")
	days, clock, timed := strings.Cut(rest, "T")
	if !ok || rest == "" || timed && clock == "" {
		return length{}, wrong
	}
	var l length
	for _, part := range []struct {
		text  string
		to    *time.Duration
		units map[byte]time.Duration
	}{{days, &l.wall, map[byte]time.Duration{'W': 7 * oneDay, 'D': oneDay}}, {clock, &l.real, map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}}} {
		for rest := part.text; rest != ""; {
			digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
			if digits == 0 || digits > 6 || digits == len(rest) || part.units[rest[digits]] == 0 {
				return length{}, wrong
			}
			n, _ := strconv.Atoi(rest[:digits]) // at most six digits
			*part.to += time.Duration(n) * part.units[rest[digits]]
			rest = rest[digits+1:]
		}
	}
	return l.checked()
}
