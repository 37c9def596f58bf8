package schedule_test

import (
	"strings"
	"testing"
	"time"

	"dialtone/ivr/schedule"
)

func TestTimesAsPeopleWriteThem(t *testing.T) {
	s := schedule.Schedule{Zone: paris(t)}
	now := time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC) // half past midnight of the 24th in Paris
	for text, want := range map[string]string{
		"2026-12-25T10:00":          "2026-12-25T10:00:00+01:00",
		"2026-12-25 10:00":          "2026-12-25T10:00:00+01:00",
		"2026-07-14 10:00:30":       "2026-07-14T10:00:30+02:00",
		"2026-12-25":                "2026-12-25T00:00:00+01:00",
		"2026-12-25T09:00:00Z":      "2026-12-25T09:00:00Z",
		"2026-12-25T10:00:00+09:00": "2026-12-25T10:00:00+09:00",
		"2026-12-25T10:00+09:00":    "2026-12-25T10:00:00+09:00",
		"2026-12-25 09:00:30Z":      "2026-12-25T09:00:30Z",
		" 2026-12-25  9:00 ":        "2026-12-25T09:00:00+01:00",
		"18:30":                     "2026-11-24T18:30:00+01:00",
		"00:10":                     "2026-11-24T00:10:00+01:00",
		"8:05:07":                   "2026-11-24T08:05:07+01:00",
		"now":                       "2026-11-24T00:30:00+01:00",
		"today 08:00":               "2026-11-24T08:00:00+01:00",
		"Tomorrow":                  "2026-11-25T00:00:00+01:00",
		"tomorrow 08:00":            "2026-11-25T08:00:00+01:00",
		"tuesday 08:00":             "2026-11-24T08:00:00+01:00", // that is today
		"tue":                       "2026-12-01T00:00:00+01:00", // for today's midnight is over
		"tue 00:30":                 "2026-12-01T00:30:00+01:00",
		"Mon 09:00":                 "2026-11-30T09:00:00+01:00",
		"sunday":                    "2026-11-29T00:00:00+01:00",
		"":                          "", "soon": "", "25.12.2026": "", "24:00": "", "2026-02-30": "", "10": "", "tomorrow soon": "", "tues": "", "now 10:00": "", "10:00 10:00": "", "2026-12-25T": "", "T10:00": "", "mon 9:00 x": "", "10:60": "",
	} {
		got, err := s.ParseTime(text, now)
		if want == "" {
			if err == nil || !strings.Contains(err.Error(), "is no time as 2026-12-25T10:00") {
				t.Errorf("%q is %s, %v", text, got, err)
			}
			continue
		}
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q is %s (%v), want %s", text, got.Format(time.RFC3339), err, want)
		}
	}
}

// The end of what begins at half past midnight.
func TestEndsThatPeopleMean(t *testing.T) {
	s := schedule.Schedule{Zone: paris(t)}
	now := time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"08:00": "2026-11-24T08:00:00+01:00", "00:30": "2026-11-25T00:30:00+01:00", "0:10": "2026-11-25T00:10:00+01:00", "tomorrow 08:00": "2026-11-25T08:00:00+01:00",
		"today 00:10": "2026-11-24T00:10:00+01:00", "2026-11-24": "2026-11-24T00:00:00+01:00",
	} {
		if got, err := s.ParseEnd(text, now); err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q is %s (%v), want %s", text, got.Format(time.RFC3339), err, want)
		}
	}
	if _, err := s.ParseEnd("soon", now); err == nil {
		t.Error("soon is an end")
	}
}

func FuzzParseTime(f *testing.F) {
	f.Add("2026-12-25T10:00")
	f.Add("18:30")
	f.Add("tomorrow 8:00:30")
	f.Add("monday")
	f.Fuzz(func(t *testing.T, text string) {
		s := schedule.Schedule{Zone: time.FixedZone("", 3600)}
		at, err := s.ParseTime(text, time.Unix(0, 0))
		if err == nil && (at.Year() < 0 || at.Year() > 9999) {
			t.Errorf("%q is of the year %d", text, at.Year())
		}
	})
}
