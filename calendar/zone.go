package calendar

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
)

// clocks finds the time zones that a calendar names: those of the tz database, else those that the file itself describes (VTIMEZONE, RFC
// 5545 §3.6.5), as programs do that have names of their own for them ("W. Europe Standard Time").
type clocks struct {
	described map[string]*ics.VTimezone // by their TZID
	made      map[string]*time.Location // of those, what they were worked out as; nil: they make no sense
	from      time.Time                 // since when they need be right
	until     time.Time
}

func newClocks(described []*ics.VTimezone, from, until time.Time) clocks {
	c := clocks{described: map[string]*ics.VTimezone{}, made: map[string]*time.Location{}, from: from, until: until}
	for _, zone := range described {
		if p := zone.GetProperty(ics.ComponentPropertyTzid); p != nil {
			c.described[p.Value] = zone
		}
	}
	return c
}

// find gives a time zone by its name; zone is nil where there is no name, and where it is unknown.
func (c clocks) find(name string) (zone *time.Location, unknown string) {
	if name == "" {
		return nil, ""
	}
	if zone, ok := databaseZone(name); ok {
		return zone, ""
	}
	zone, worked := c.made[name]
	if described := c.described[name]; !worked && described != nil && len(c.made) < maxZones {
		zone, _ = describedZone(described, c.from, c.until)
		c.made[name] = zone
	}
	if zone == nil {
		return nil, name
	}
	return zone, ""
}

// databaseZone gives a zone of the tz database, whose names programs also write with a prefix: /example.org/20260101/Europe/Paris.
func databaseZone(name string) (*time.Location, bool) {
	rest := strings.Trim(name, `"/`)
	for {
		if zone, err := time.LoadLocation(rest); err == nil && rest != "" && rest != "Local" {
			return zone, true
		}
		_, after, more := strings.Cut(rest, "/")
		if !more {
			return nil, false
		}
		rest = after
	}
}

// Bounds of the zones that a file describes.
const (
	maxZones  = 50
	maxParts  = 50   // STANDARD and DAYLIGHT of one
	maxOnsets = 1000 // of a zone
	maxOffset = 24 * 60 * 60
)

// onset is when a clock is set.
type onset struct {
	at            int64 // seconds since 1970
	before, after int   // seconds ahead of UTC
	summer        bool
}

// describedZone works out what a file says of a zone, for the time between two moments.
func describedZone(zone *ics.VTimezone, from, until time.Time) (*time.Location, error) {
	if len(zone.Components) > maxParts {
		return nil, fmt.Errorf("it has more than %d parts", maxParts)
	}
	var onsets []onset
	for _, part := range zone.Components {
		var more []onset
		var err error
		switch part := part.(type) {
		case *ics.Standard:
			more, err = onsetsOf(&part.ComponentBase, false, from, until)
		case *ics.Daylight:
			more, err = onsetsOf(&part.ComponentBase, true, from, until)
		}
		if err != nil {
			return nil, err
		}
		onsets = append(onsets, more...)
	}
	if len(onsets) == 0 || len(onsets) > maxOnsets {
		return nil, fmt.Errorf("its clock is set %d times (1 to %d)", len(onsets), maxOnsets)
	}
	slices.SortStableFunc(onsets, func(a, b onset) int { return cmp.Compare(a.at, b.at) })
	return time.LoadLocationFromTZData("as the calendar says", zoneInfo(onsets))
}

// onsetsOf are the times at which one of the clocks of a zone begins, the first one always among them.
func onsetsOf(part *ics.ComponentBase, summer bool, from, until time.Time) ([]onset, error) {
	before, err := offsetOf(part, ics.PropertyTzoffsetfrom)
	if err != nil {
		return nil, err
	}
	after, err := offsetOf(part, ics.PropertyTzoffsetto)
	if err != nil {
		return nil, err
	}
	p := part.GetProperty(ics.ComponentPropertyDtStart)
	if p == nil {
		return nil, errNoBeginning
	}
	first, err := time.Parse("20060102T150405", strings.TrimSpace(p.Value))
	if err != nil {
		return nil, err
	}
	for first.Year() < firstYear { // as 1601, when Windows' rules begin
		first = first.AddDate(cycle, 0, 0)
	}
	walls := []time.Time{first}
	for _, rule := range part.GetProperties(ics.ComponentPropertyRrule) {
		if !strings.Contains(strings.ToUpper(rule.Value), "FREQ=YEARLY") {
			return nil, errors.New("its clock is set more often than by the year")
		}
		more, err := recur(rule.Value, moment{wall: first, zone: time.FixedZone("", before)}, from, until)
		if err != nil {
			return nil, err
		}
		walls = append(walls, more...)
	}
	dates, err := clocks{}.moments(part.GetProperties(ics.ComponentPropertyRdate))
	if err != nil {
		return nil, err
	}
	for _, date := range dates {
		walls = append(walls, date.wall)
	}
	onsets := make([]onset, len(walls))
	for i, wall := range walls {
		onsets[i] = onset{wall.Unix() - int64(before), before, after, summer}
	}
	return onsets, nil
}

// offsetOf reads how far a clock is ahead of UTC, in seconds: +0100, -053000.
func offsetOf(part *ics.ComponentBase, property ics.Property) (int, error) {
	p := part.GetProperty(ics.ComponentProperty(property))
	if p == nil {
		return 0, fmt.Errorf("it has no %s", property)
	}
	text := strings.TrimSpace(p.Value)
	number, err := strconv.Atoi((text + "00")[:min(len(text)+2, len("+010000"))])
	if err != nil || len(text) != len("+0100") && len(text) != len("+010000") {
		return 0, fmt.Errorf("%q is no offset (+0100)", text)
	}
	seconds := number/10000*3600 + number/100%100*60 + number%100
	if seconds <= -maxOffset || seconds >= maxOffset {
		return 0, fmt.Errorf("%q is a day or more", text)
	}
	return seconds, nil
}

// zoneInfo writes a zone in the form of the tz database (RFC 9636 §3): the second version's block of data, and an empty one before it
// in the place of the first's. onsets are at least one, in their order.
func zoneInfo(onsets []onset) []byte {
	type clock struct {
		offset int
		summer bool
	}
	list := []clock{{onsets[0].before, false}}
	times, kinds := []int64{math.MinInt64 / 2}, []byte{0}
	for _, o := range onsets {
		now := clock{o.after, o.summer}
		i := slices.Index(list, now)
		if i < 0 {
			i, list = len(list), append(list, now)
		}
		times, kinds = append(times, o.at), append(kinds, byte(i))
	}
	const name = "own\x00"
	header := func(times, clocks, letters int) []byte {
		out := append([]byte("TZif2"), make([]byte, 15+3*4)...) // no leap seconds, nothing of daylight saving by other rules
		for _, n := range []int{times, clocks, letters} {
			out = binary.BigEndian.AppendUint32(out, uint32(n))
		}
		return out
	}
	out := append(header(0, 0, 0), header(len(times), len(list), len(name))...)
	for _, at := range times {
		out = binary.BigEndian.AppendUint64(out, uint64(at))
	}
	out = append(out, kinds...)
	for _, c := range list {
		out = binary.BigEndian.AppendUint32(out, uint32(int32(c.offset)))
		summer := byte(0)
		if c.summer {
			summer = 1
		}
		out = append(out, summer, 0)
	}
	return append(out, name+"\n\n"...)
}
