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
		"18:30":                     "2026-11-24T18:30:00+01:00",
		"":                          "", "soon": "", "25.12.2026": "", "24:00": "", "2026-02-30": "",
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

func FuzzParseTime(f *testing.F) {
	f.Add("2026-12-25T10:00")
	f.Add("18:30")
	f.Fuzz(func(t *testing.T, text string) {
		s := schedule.Schedule{Zone: time.FixedZone("", 3600)}
		at, err := s.ParseTime(text, time.Unix(0, 0))
		if err == nil && (at.Year() < 0 || at.Year() > 9999) {
			t.Errorf("%q is of the year %d", text, at.Year())
		}
	})
}
