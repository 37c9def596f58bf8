package calendar

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// file is a calendar of events, each given by its lines.
func file(events ...string) []byte {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example.org//test//EN\n")
	for _, e := range events {
		b.WriteString("BEGIN:VEVENT\n" + strings.Trim(e, "\n") + "\nEND:VEVENT\n")
	}
	return []byte(strings.ReplaceAll(b.String()+"END:VCALENDAR\n", "\n", "\r\n"))
}

func TestEventsOfTheNextYears(t *testing.T) {
	for _, c := range []struct {
		why    string
		events []string
		want   []string // name, from, until; ~: by the schedule's clock
		notes  []string
	}{
		{why: "a day", events: []string{"SUMMARY:Christmas\nDTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227"},
			want: []string{"Christmas ~2026-12-25 00:00 2026-12-27 00:00"}},
		{why: "a date alone is that day", events: []string{"SUMMARY:Epiphany\nDTSTART;VALUE=DATE:20270106"},
			want: []string{"Epiphany ~2027-01-06 00:00 2027-01-07 00:00"}},
		{why: "over, and far ahead", events: []string{"SUMMARY:a\nDTSTART;VALUE=DATE:20261126", "SUMMARY:b\nDTSTART;VALUE=DATE:20320101"}},
		{why: "under way", events: []string{"SUMMARY:a\nDTSTART:20261127T080000Z\nDTEND:20261127T130000Z"}, want: []string{"a 2026-11-27 08:00 2026-11-27 13:00"}},
		{why: "each year", events: []string{"SUMMARY:New Year\nDTSTART;VALUE=DATE:19700101\nRRULE:FREQ=YEARLY"},
			want: []string{"New Year ~2027-01-01 00:00 2027-01-02 00:00", "New Year ~2028-01-01 00:00 2028-01-02 00:00", "New Year ~2029-01-01 00:00 2029-01-02 00:00",
				"New Year ~2030-01-01 00:00 2030-01-02 00:00", "New Year ~2031-01-01 00:00 2031-01-02 00:00"}},
		{why: "the last Monday of May, until", events: []string{"SUMMARY:Memorial\nDTSTART;VALUE=DATE:20200525\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;UNTIL=20280601"},
			want: []string{"Memorial ~2027-05-31 00:00 2027-06-01 00:00", "Memorial ~2028-05-29 00:00 2028-05-30 00:00"}},
		{why: "a leap day", events: []string{"SUMMARY:leap\nDTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY"}, want: []string{"leap ~2028-02-29 00:00 2028-03-01 00:00"}},
		{why: "so often", events: []string{"SUMMARY:n\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;VALUE=DATE:20261208"},
			want: []string{"n ~2026-12-01 00:00 2026-12-02 00:00", "n ~2026-12-15 00:00 2026-12-16 00:00"}},
		{why: "by another clock, over its jump", events: []string{"SUMMARY:m\nDTSTART;TZID=America/New_York:20270312T090000\nDTEND;TZID=America/New_York:20270312T100000\nRRULE:FREQ=DAILY;INTERVAL=3;COUNT=2"},
			want: []string{"m 2027-03-12 14:00 2027-03-12 15:00", "m 2027-03-15 13:00 2027-03-15 14:00"}},
		{why: "until, in UTC, which is before the second in New York", events: []string{"SUMMARY:u\nDTSTART;TZID=America/New_York:20261201T220000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261203T020000Z"},
			want: []string{"u 2026-12-02 03:00 2026-12-02 04:00"}},
		{why: "a zone with a prefix", events: []string{"SUMMARY:p\nDTSTART;TZID=/example.org/2026/Europe/Paris:20261201T090000\nDURATION:P1DT30M"},
			want: []string{"p 2026-12-01 08:00 2026-12-02 08:30"}},
		{why: "an unknown zone is the schedule's", events: []string{"SUMMARY:w\nDTSTART;TZID=Our Standard Time:20261201T090000\nDTEND;TZID=Our Standard Time:20261201T120000"},
			want: []string{"w ~2026-12-01 09:00 2026-12-01 12:00"}, notes: []string{`w: the time zone "Our Standard Time" is not known`}},
		{why: "one time of several moved, one cancelled", events: []string{
			"UID:1\nSUMMARY:staff\nDTSTART:20261201T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3",
			"UID:1\nRECURRENCE-ID:20261202T090000\nSUMMARY:staff later\nDTSTART:20261202T150000\nDURATION:PT1H",
			"UID:1\nRECURRENCE-ID:20261203T090000\nSUMMARY:staff\nDTSTART:20261203T090000\nDURATION:PT1H\nSTATUS:CANCELLED"},
			want: []string{"staff ~2026-12-01 09:00 2026-12-01 10:00", "staff later ~2026-12-02 15:00 2026-12-02 16:00"}},
		{why: "dates named one by one", events: []string{"SUMMARY:r\nDTSTART;VALUE=DATE:20261201\nRDATE;VALUE=DATE:20261210,20261211\nEXDATE;VALUE=DATE:20261211"},
			want: []string{"r ~2026-12-01 00:00 2026-12-02 00:00", "r ~2026-12-10 00:00 2026-12-11 00:00"}},
		{why: "what the clock leaves out is counted as before, what it shows twice is the first", events: []string{
			"SUMMARY:gap\nDTSTART;TZID=America/New_York:20270314T023000\nDURATION:PT1H", "SUMMARY:twice\nDTSTART;TZID=Europe/Paris:20271031T023000\nDURATION:PT1H",
			"SUMMARY:never\nDTSTART;TZID=America/New_York:20270314T023000\nDTEND;TZID=America/New_York:20270314T033000", "SUMMARY:longer\nDTSTART;TZID=Europe/Paris:20271030T120000\nDURATION:P1D",
			"SUMMARY:ends\nDTSTART;TZID=Europe/Paris:20271031T010000\nDTEND;TZID=Europe/Paris:20271031T040000"},
			want: []string{"gap 2027-03-14 07:30 2027-03-14 08:30", "longer 2027-10-30 10:00 2027-10-31 11:00", "ends 2027-10-30 23:00 2027-10-31 03:00", "twice 2027-10-31 00:30 2027-10-31 01:30"}},
		{why: "one time moved that is named by another clock", events: []string{
			"UID:1\nSUMMARY:staff\nDTSTART;TZID=Europe/Paris:20261201T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2",
			"UID:1\nRECURRENCE-ID:20261202T080000Z\nSUMMARY:staff later\nDTSTART:20261202T140000Z\nDURATION:PT1H"},
			want: []string{"staff 2026-12-01 08:00 2026-12-01 09:00", "staff later 2026-12-02 14:00 2026-12-02 15:00"}},
		{why: "a name over several lines, with what is escaped", events: []string{"SUMMARY:Christ\n mas\\, and\\n more\nDTSTART;VALUE=DATE:20261225"},
			want: []string{"Christmas, and more ~2026-12-25 00:00 2026-12-26 00:00"}},
		{why: "what cannot be taken is said, the rest is taken", events: []string{
			"SUMMARY:no beginning", "SUMMARY:odd\nDTSTART:tomorrow", "SUMMARY:back\nDTSTART:20261201T090000\nDTEND:20261201T080000", "SUMMARY:long\nDTSTART;VALUE=DATE:20261201\nDURATION:P60W",
			"SUMMARY:often\nDTSTART:20261201T090000\nDURATION:PT1M\nRRULE:FREQ=MINUTELY", "SUMMARY:rule\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=NOW",
			"SUMMARY:long ago\nDTSTART:19100101T000000\nDURATION:PT1M\nRRULE:FREQ=DAILY;BYHOUR=8,9", "SUMMARY:old\nDTSTART;VALUE=DATE:00010101",
			"SUMMARY:never\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "SUMMARY:good\nDTSTART;VALUE=DATE:20261224"},
			want: []string{"good ~2026-12-24 00:00 2026-12-25 00:00"},
			notes: []string{"no beginning: it has no beginning (DTSTART)", `odd: "tomorrow" is no date`, "back: it ends when it begins, or before", "long: it lasts longer than a year",
				`often: its rule "FREQ=MINUTELY" recurs within a day`, "rule: its rule", `long ago: its rule "FREQ=DAILY;BYHOUR=8,9" comes more than 50000 times`, "old: the year 1 is not between"}},
	} {
		events, notes, err := Read(file(c.events...), now)
		if err != nil {
			t.Errorf("%s: %v", c.why, err)
			continue
		}
		var got []string
		for _, e := range events {
			clock := ""
			if e.Floating {
				clock = "~"
			}
			got = append(got, fmt.Sprintf("%s %s%s %s", e.Name, clock, e.From.UTC().Format("2006-01-02 15:04"), e.Until.UTC().Format("2006-01-02 15:04")))
		}
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", c.why, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
		for i := range max(len(notes), len(c.notes)) {
			if i >= len(notes) || i >= len(c.notes) || !strings.Contains(notes[i], c.notes[i]) {
				t.Errorf("%s: notes %q, want %q", c.why, notes, c.notes)
				break
			}
		}
	}
}

func TestFilesThatAreNoCalendar(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "no iCalendar file"},
		{"<html>Sign in</html>", "no iCalendar file"},
		{"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:2026", "not all of it"},
		{"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VTODO\r\nEND:VCALENDAR", "failed to parse event"},
		{string(file(strings.Fields(strings.Repeat("DTSTART:20261225 ", maxRead+1))...)), "at most 5000"},
		{"BEGIN:VCALENDAR\r\n" + strings.Repeat("BEGIN:VEVENT\r\n", 50_000) + "END:VCALENDAR", "more than 4 deep"},
		{"Sign in\r\nEND:VCALENDAR", "does not begin with BEGIN:VCALENDAR"},
		{strings.Repeat(" ", MaxBytes+1), "more than 1048576 bytes"},
	} {
		if _, _, err := Read([]byte(c.text), now); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: error %v, want %q", c.text, err, c.want)
		}
	}
}

func TestAsManyEventsAsAreKept(t *testing.T) {
	events, notes, err := Read(file("SUMMARY:daily\nDTSTART;VALUE=DATE:20200101\nRRULE:FREQ=DAILY"), now)
	if err != nil || len(events) != maxKept || len(notes) != 1 || !strings.Contains(notes[0], "those from 2029-08-23 on were left out") {
		t.Errorf("%d events, notes %q (%v)", len(events), notes, err)
	}
}

// BenchmarkWorstRules reads as many rules as a calendar may have, none of which ever comes.
func BenchmarkWorstRules(b *testing.B) {
	text := file(slices.Repeat([]string{"DTSTART;VALUE=DATE:19000101\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}, maxRules)...)
	for b.Loop() {
		if _, _, err := Read(text, now); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file("SUMMARY:New Year\nDTSTART;VALUE=DATE:19700101\nRRULE:FREQ=YEARLY;BYDAY=-1MO;BYSETPOS=-1;WKST=SU\nEXDATE:20270101"))
	f.Add(file("UID:1\nDTSTART;TZID=Europe/Paris:20261201T090000\nDURATION:P1DT2H\nRDATE;VALUE=PERIOD:20261210T090000/PT1H", "UID:1\nRECURRENCE-ID:20261201T090000\nDTSTART:20261201T100000Z\nDTEND:20261201T110000Z"))
	f.Add([]byte("BEGIN:VCALENDAR\nEND:VCALENDAR"))
	files, _ := filepath.Glob("testdata/*.ics")
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		events, _, err := Read(text, now)
		if err != nil && events != nil || len(events) > maxKept {
			t.Fatalf("%d events, error %v", len(events), err)
		}
		for i, e := range events {
			if !e.From.Before(e.Until) || i > 0 && e.From.Before(events[i-1].From) {
				t.Fatalf("event %d is from %s until %s", i, e.From, e.Until)
			}
		}
	})
}
