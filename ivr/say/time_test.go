package say

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the table
)

// said shortens names for a table: digits/ is left out.
func said(names []string) string {
	short := make([]string, len(names))
	for i, name := range names {
		short[i] = strings.TrimPrefix(name, "digits/")
	}
	return strings.Join(short, " ")
}

func TestTimesAreSaidLetterByLetter(t *testing.T) {
	utc := func(text string) time.Time {
		at, err := time.Parse("2006-01-02 15:04:05", text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	afternoon, night, early := utc("2026-11-24 15:07:09"), utc("1985-01-01 00:00:00"), utc("2021-03-31 08:30:21")
	for _, c := range []struct {
		language string
		at       time.Time
		format   string
		want     string
	}{
		{"en", afternoon, "", "day-2 mon-10 20 h-4 2 thousand 20 6 at 3 oh 7 p-m"},
		{"en", night, "", "day-2 mon-0 h-1 19 80 5 at 12 oclock a-m"},
		{"en", early, "", "day-3 mon-2 30 h-1 2 thousand 20 1 at 8 30 a-m"},
		{"fr", afternoon, "", "day-2 20 4 mon-10 2 thousand 20 6 at 3 oclock 7 p-m"},
		{"fr", night, "", "day-2 h-1 mon-0 thousand 9 hundred 80 5 at 12 oclock a-m"},
		{"fr_CA", early, "", "day-3 30 et 1 mon-2 2 thousand 20 et 1 at 8 oclock 30 a-m"},
		{"en", afternoon, "a b h d e Y I l", "day-2 mon-10 mon-10 20 h-4 20 h-4 2 thousand 20 6 3 3"},
		{"en", afternoon, "H k M N S P p", "15 15 oh 7 oh 7 oh 9 p-m p-m"},
		{"en", night, "H k M N S", "oh oh oclock hundred 0"},
		{"en", early, "H k S", "oh 8 8 20 1"},
		{"en", utc("2026-11-24 23:45:00"), "HM k IM", "20 3 40 5 20 3 11 40 5"},
		{"en", utc("2026-11-24 20:00:00"), "HN", "20 hundred"},
		{"en", afternoon, "m", "h-11"},
		{"fr", afternoon, "m", "h-11"},
		{"en", afternoon, "R", "15 oh 7"},
		{"en", afternoon, "T", "15 oh 7 oh 9"},
		{"fr", afternoon, "T", "15 oclock 7 9 second"},
		{"fr", night, "HMS", "0 oclock 0 second"},
		{"fr", night, "k", "0 oclock"},
		{"en", utc("2000-01-01 12:00:00"), "YIp", "2 thousand 12 p-m"},
		{"en", utc("1905-01-01 12:00:00"), "Y", "19 oh 5"},
		{"en", utc("1900-01-01 12:00:00"), "Y", "1 thousand 9 hundred"},
		{"fr", utc("1900-01-01 12:00:00"), "Y", "thousand 9 hundred"},
		{"en", afternoon, "'vm-received' 'digits/at' \tI", "vm-received at 3"},
		{"en", afternoon, "I 'unfinished", "3 unfinished"},
		{"en", afternoon, "''I'", "3"},
		{"en", afternoon, " ", ""},
		{"de", afternoon, "I", "3"},
	} {
		names, err := Time(c.language, c.at, c.at, c.format)
		if got := said(names); err != nil || got != c.want {
			t.Errorf("%s in %s as %q: %q, %v, want %q", c.at, c.language, c.format, got, err, c.want)
		}
	}
}

func TestNearDaysHaveNames(t *testing.T) {
	now := time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC) // a Tuesday
	for _, c := range []struct {
		at              time.Time
		en, quiet       string // as Q and q
		fr, frenchQuiet string
	}{
		{now, "today", "", "today", ""},
		{time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), "today", "", "today", ""},
		{time.Date(2026, 11, 23, 23, 59, 59, 0, time.UTC), "yesterday", "yesterday", "yesterday", "yesterday"},
		{time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC), "tomorrow", "tomorrow", "tomorrow", "tomorrow"},
		{time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), "day-0", "day-0", "day-0 20 2 mon-10 2 thousand 20 6", "day-0"},
		{time.Date(2026, 11, 18, 0, 0, 0, 0, time.UTC), "day-3", "day-3", "day-3 18 mon-10 2 thousand 20 6", "day-3"},
		{time.Date(2026, 11, 17, 9, 0, 0, 0, time.UTC), "day-2 mon-10 h-17", "day-2 mon-10 h-17", "day-2 17 mon-10 2 thousand 20 6", "day-2 17 mon-10 2 thousand 20 6"},
		{time.Date(2026, 8, 7, 9, 0, 0, 0, time.UTC), "mon-7 h-7", "mon-7 h-7", "day-5 7 mon-7 2 thousand 20 6", "day-5 7 mon-7 2 thousand 20 6"},
		{time.Date(2003, 4, 19, 9, 0, 0, 0, time.UTC), "mon-3 h-19 2 thousand 3", "mon-3 h-19 2 thousand 3", "day-6 19 mon-3 2 thousand 3", "day-6 19 mon-3 2 thousand 3"},
		{time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC), "day-4 mon-10 20 h-6 2 thousand 20 6", "day-4 mon-10 20 h-6 2 thousand 20 6", "day-4 20 6 mon-10 2 thousand 20 6", "day-4 20 6 mon-10 2 thousand 20 6"},
	} {
		for _, ask := range []struct{ language, format, want string }{{"en", "Q", c.en}, {"en", "q", c.quiet}, {"fr", "Q", c.fr}, {"fr", "q", c.frenchQuiet}} {
			names, err := Time(ask.language, c.at, now, ask.format)
			if got := said(names); err != nil || got != ask.want {
				t.Errorf("%s in %s as %s: %q, %v, want %q", c.at, ask.language, ask.format, got, err, ask.want)
			}
		}
	}
}

// The day and the hour are those of the time's own zone, and so is today.
func TestZonesDecideTheDay(t *testing.T) {
	at := time.Unix(1_800_000_000, 0) // 2027-01-15 08:00 UTC, a Friday
	for zone, want := range map[string]string{
		"UTC": "day-5 oh 8 oclock today", "Europe/Paris": "day-5 oh 9 oclock today", "Asia/Kolkata": "day-5 13 30 today",
		"Pacific/Honolulu": "day-4 20 2 oclock yesterday", "Pacific/Kiritimati": "day-5 20 2 oclock yesterday", "America/New_York": "day-5 oh 3 oclock today",
	} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		names, err := Time("en", at.In(location), at.Add(3*time.Hour), "AHMQ")
		if got := said(names); err != nil || got != want {
			t.Errorf("in %s: %q, %v, want %q", zone, got, err, want)
		}
	}
	// On the day of 23 hours yesterday still begins at midnight.
	paris, _ := time.LoadLocation("Europe/Paris")
	now := time.Date(2026, 3, 30, 0, 30, 0, 0, paris)
	if names, _ := Time("en", time.Date(2026, 3, 29, 0, 30, 0, 0, paris), now, "Q"); said(names) != "yesterday" {
		t.Errorf("a day of 23 hours ago: %q, want yesterday", names)
	}
}

func TestUnknownLettersAreTold(t *testing.T) {
	at := time.Date(2026, 11, 24, 15, 7, 0, 0, time.UTC)
	names, err := Time("en", at, at, "I:M z")
	var bad *FormatError
	if !errors.As(err, &bad) || !slices.Equal(bad.Bad, []string{`':'`, `'z'`}) || said(names) != "3 oh 7" {
		t.Errorf("%q, %v, want 3 oh 7 and an error about : and z", names, err)
	}
}

func TestFormatsOfPartsMakeTheWhole(t *testing.T) {
	for language, want := range map[string]string{"en": "ABdY 'digits/at' IMp", "fr": "AdBY 'digits/at' IMp", "sv": "ABdY 'digits/at' IMp"} {
		if got := DateTimeFormat(language); got != want || !strings.HasPrefix(got, DateFormat(language)) || !strings.HasSuffix(got, ClockFormat(language)) {
			t.Errorf("%s: %q of %q and %q, want %q", language, got, DateFormat(language), ClockFormat(language), want)
		}
	}
}

// Any format and any time is said in bounded words, none of them empty.
func FuzzTime(f *testing.F) {
	for _, format := range []string{"", "ABdY 'digits/at' IMp", "QqRTS'", "''", "%H", "é'\x00'"} {
		f.Add("fr_CA", int64(0), format)
		f.Add("en", int64(-5_000_000_000), format)
		f.Add("", int64(1)<<45, format)
	}
	f.Fuzz(func(t *testing.T, language string, epoch int64, format string) {
		at := time.Unix(epoch, 0).UTC()
		names, err := Time(language, at, time.Unix(1_800_000_000, 0), format)
		if len(names) > 40*(len(format)+20) || slices.Contains(names, "") {
			t.Errorf("%q in %s: %q", format, language, names)
		}
		var bad *FormatError
		if err != nil && !errors.As(err, &bad) {
			t.Error(err)
		}
	})
}

func FuzzSpell(f *testing.F) {
	f.Add("fr", "aB-1é~")
	f.Fuzz(func(t *testing.T, language, text string) {
		for _, names := range [][]string{Digits(language, text), Alpha(language, text), Phonetic(language, text)} {
			if len(names) > len(text) || slices.Contains(names, "") {
				t.Errorf("%q: %q", text, names)
			}
		}
	})
}
