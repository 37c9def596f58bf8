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

// at is the moment at which the clock of m shows something. Of a clock that is the reader's, it is what it shows.
func (m moment) at(wall time.Time) time.Time {
	if m.zone == nil {
		return wall
	}
	return time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, m.zone).UTC()
}

// by is what another moment's clock shows at m.
func (m moment) by(other moment) time.Time {
	if m.zone == nil || other.zone == nil {
		return m.wall
	}
	t := m.at(m.wall).In(other.zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// momentOf reads the value of a property.
func momentOf(p *ics.IANAProperty) (moment, error) { return parseMoment(p.Value, zoneOf(p)) }

// momentsOf reads lists of moments; of a period the beginning counts.
func momentsOf(list []*ics.IANAProperty) ([]moment, error) {
	var all []moment
	for _, p := range list {
		for text := range strings.SplitSeq(p.Value, ",") {
			text, _, _ = strings.Cut(text, "/")
			m, err := parseMoment(text, zoneOf(p))
			if err != nil {
				return nil, err
			}
			if all = append(all, m); len(all) > maxRead {
				return nil, fmt.Errorf("it has more than %d dates", maxRead)
			}
		}
	}
	return all, nil
}

// zoneOf is the time zone that a property names.
func zoneOf(p *ics.IANAProperty) string {
	if list := p.ICalParameters["TZID"]; len(list) > 0 {
		return list[0]
	}
	return ""
}

func parseMoment(text, zone string) (moment, error) {
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
		m.zone, m.unknown = findZone(zone)
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

// findZone gives a time zone by its name, which programs also write with a prefix: /example.org/20260101/Europe/Paris.
func findZone(name string) (zone *time.Location, unknown string) {
	if name == "" {
		return nil, ""
	}
	rest := strings.Trim(name, `"/`)
	for {
		if zone, err := time.LoadLocation(rest); err == nil && rest != "" && rest != "Local" {
			return zone, ""
		}
		_, after, more := strings.Cut(rest, "/")
		if !more {
			return nil, name
		}
		rest = after
	}
}

// lengthOf is how long an event lasts, by its clock (RFC 5545 §3.6.1).
func lengthOf(e *ics.VEvent, start moment) (time.Duration, error) {
	var length time.Duration
	if p := e.GetProperty(ics.ComponentPropertyDtEnd); p != nil {
		end, err := momentOf(p)
		if err != nil {
			return 0, err
		}
		length = end.by(start).Sub(start.wall)
	} else if p := e.GetProperty(ics.ComponentPropertyDuration); p != nil {
		var err error
		if length, err = parseDuration(p.Value); err != nil {
			return 0, err
		}
	} else if start.day {
		length = 24 * time.Hour
	}
	switch {
	case length <= 0:
		return 0, errors.New("it ends when it begins, or before")
	case length > maxLength:
		return 0, errors.New("it lasts longer than a year")
	}
	return length, nil
}

// parseDuration reads P1D, P2W, PT8H30M, P1DT12H (RFC 5545 §3.3.6).
func parseDuration(text string) (time.Duration, error) {
	wrong := fmt.Errorf("%q is no duration (P1D, PT8H30M)", text)
	rest, ok := strings.CutPrefix(strings.TrimPrefix(text, "+"), "P")
	days, clock, timed := strings.Cut(rest, "T")
	if !ok || rest == "" || timed && clock == "" {
		return 0, wrong
	}
	var total time.Duration
	for _, part := range []struct {
		text  string
		units map[byte]time.Duration
	}{{days, map[byte]time.Duration{'W': 7 * 24 * time.Hour, 'D': 24 * time.Hour}}, {clock, map[byte]time.Duration{'H': time.Hour, 'M': time.Minute, 'S': time.Second}}} {
		for rest := part.text; rest != ""; {
			digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
			if digits == 0 || digits > 6 || digits == len(rest) || part.units[rest[digits]] == 0 {
				return 0, wrong
			}
			n, _ := strconv.Atoi(rest[:digits]) // at most six digits
			total += time.Duration(n) * part.units[rest[digits]]
			rest = rest[digits+1:]
		}
	}
	return total, nil
}
