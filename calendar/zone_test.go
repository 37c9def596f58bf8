package calendar

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A zone that a file describes as one of the tz database is, is that zone.
func TestDescribedZonesGoAsTheDatabaseSays(t *testing.T) {
	for name, parts := range map[string][]string{
		"Europe/Paris": {"STANDARD\nDTSTART:19701025T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100",
			"DAYLIGHT\nDTSTART:19700329T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200"},
		"America/New_York": {"DAYLIGHT\nDTSTART:16010311T020000\nRRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400",
			"STANDARD\nDTSTART:16011104T020000\nRRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0500"},
		"Australia/Lord_Howe": {"STANDARD\nDTSTART:20080406T020000\nRRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=4\nTZOFFSETFROM:+1100\nTZOFFSETTO:+1030",
			"DAYLIGHT\nDTSTART:20081005T020000\nRRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=10\nTZOFFSETFROM:+103000\nTZOFFSETTO:+110000"},
		"Asia/Kathmandu": {"STANDARD\nDTSTART:19860101T000000\nTZOFFSETFROM:+0530\nTZOFFSETTO:+0545"},
	} {
		var described strings.Builder
		for _, part := range parts {
			kind, _, _ := strings.Cut(part, "\n")
			fmt.Fprintf(&described, "BEGIN:%s\nEND:%s\n", part, kind)
		}
		var events []string
		for at := now.Truncate(24 * time.Hour); at.Before(now.AddDate(4, 0, 0)); at = at.AddDate(0, 0, 11) {
			for _, hour := range []string{"0045", "0215", "0245", "1200"} {
				events = append(events, fmt.Sprintf("SUMMARY:x\nDTSTART;TZID=%%s:%sT%s00\nDURATION:PT15M", at.Format("20060102"), hour))
			}
		}
		for _, jump := range []string{"20270314T023000", "20271107T013000", "20270328T023000", "20271031T023000", "20270404T014500", "20271003T021500"} {
			events = append(events, "SUMMARY:x\nDTSTART;TZID=%s:"+jump+"\nDURATION:PT15M")
		}
		text := string(file(events...))
		known := strings.ReplaceAll(text, "%s", name)
		own := strings.ReplaceAll(text, "%s", "Our Time")
		own = strings.Replace(own, "BEGIN:VEVENT", "BEGIN:VTIMEZONE\nTZID:Our Time\n"+described.String()+"END:VTIMEZONE\nBEGIN:VEVENT", 1)
		want, _, err := Read([]byte(known), now)
		if err != nil || len(want) < 500 {
			t.Fatal(len(want), err)
		}
		got, notes, err := Read([]byte(own), now)
		if err != nil || len(notes) > 0 || len(got) != len(want) {
			t.Errorf("%s: %d events, notes %q (%v), want %d", name, len(got), notes, err, len(want))
			continue
		}
		for i := range got {
			if !got[i].From.Equal(want[i].From) || !got[i].Until.Equal(want[i].Until) || got[i].Floating {
				t.Errorf("%s: %+v, want %+v", name, got[i], want[i])
				break
			}
		}
	}
}

func TestZonesThatMakeNoSense(t *testing.T) {
	for why, described := range map[string]string{
		"nothing":            "",
		"no offset":          "BEGIN:STANDARD\nDTSTART:19701025T030000\nTZOFFSETFROM:+0200\nEND:STANDARD\n",
		"an odd offset":      "BEGIN:STANDARD\nDTSTART:19701025T030000\nTZOFFSETFROM:+2\nTZOFFSETTO:+0100\nEND:STANDARD\n",
		"a day ahead":        "BEGIN:STANDARD\nDTSTART:19701025T030000\nTZOFFSETFROM:+2400\nTZOFFSETTO:+0100\nEND:STANDARD\n",
		"no beginning":       "BEGIN:STANDARD\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n",
		"set each day":       "BEGIN:STANDARD\nDTSTART:19701025T030000\nRRULE:FREQ=DAILY\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n",
		"too many parts":     strings.Repeat("BEGIN:STANDARD\nDTSTART:19701025T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n", maxParts+1),
		"set much too often": "BEGIN:STANDARD\nDTSTART:19701025T030000\nRRULE:FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=MO,TU,WE,TH,FR,SA,SU\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n",
	} {
		text := strings.Replace(string(file("SUMMARY:x\nDTSTART;TZID=Our Time:20261201T090000\nDURATION:PT1H")), "BEGIN:VEVENT", "BEGIN:VTIMEZONE\nTZID:Our Time\n"+described+"END:VTIMEZONE\nBEGIN:VEVENT", 1)
		events, notes, err := Read([]byte(text), now)
		if err != nil || len(events) != 1 || !events[0].Floating || len(notes) != 1 || !strings.Contains(notes[0], "is not known") {
			t.Errorf("%s: %v, notes %q (%v)", why, events, notes, err)
		}
	}
}
