package hours_test

import (
	"strings"
	"testing"

	"dialtone/hours"
)

func TestSpansAsPeopleWriteThem(t *testing.T) {
	for _, c := range []struct{ from, until, begins, ends, fault string }{
		{from: "2027-03-29", begins: "2027-03-29 00:00", ends: "2027-03-30 00:00"},
		{from: "2026-12-31", until: "2027-01-01", begins: "2026-12-31 00:00", ends: "2027-01-02 00:00"},
		{from: "2028-02-29", until: "2028-02-29", begins: "2028-02-29 00:00", ends: "2028-03-01 00:00"},
		{from: "2026-12-13T10:00", until: "2026-12-13 16:00", begins: "2026-12-13 10:00", ends: "2026-12-13 16:00"},
		{from: "2026-12-13", until: "2026-12-13T12:00", begins: "2026-12-13 00:00", ends: "2026-12-13 12:00"},
		{from: "2026-12-13 23:59", until: "2026-12-13", begins: "2026-12-13 23:59", ends: "2026-12-14 00:00"},
		{from: "2399-12-31", begins: "2399-12-31 00:00", ends: "2400-01-01 00:00"},
		{from: "2026-12-13 10:00", fault: "only a day ends by itself"},
		{from: "2026-12-13 10:00", until: "2026-12-13 10:00", fault: "until is before from"},
		{from: "2026-12-13", until: "2026-12-12", fault: "until is before from"},
		{from: "", fault: `"" is no day`},
		{from: "2027-02-29", fault: `"2027-02-29" is no day`},
		{from: "2027-02-01", until: "2027-02-01T24:00", fault: `"2027-02-01T24:00" is no day`},
		{from: "2027-02-01T10:00:30", fault: "is no day"},
		{from: "1899-12-31", fault: "of 1900 to 2399"},
		{from: "2027-01-01", until: "2400-01-01", fault: "of 1900 to 2399"},
	} {
		begins, ends, err := hours.ParseSpan(c.from, c.until)
		if c.fault != "" {
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%q until %q: %s to %s, error %v, want %q", c.from, c.until, begins, ends, err, c.fault)
			}
			continue
		}
		const form = "2006-01-02 15:04"
		if err != nil || begins.Format(form) != c.begins || ends.Format(form) != c.ends {
			t.Errorf("%q until %q: %s to %s (%v), want %s to %s", c.from, c.until, begins, ends, err, c.begins, c.ends)
		}
	}
}

// What a span is written as is read as the same span.
func FuzzParseSpan(f *testing.F) {
	f.Add("2027-03-29", "")
	f.Add("2026-12-13T10:00", "2026-12-13 16:00")
	f.Add("2026-12-13", "2026-12-13T00:01")
	f.Fuzz(func(t *testing.T, from, until string) {
		begins, ends, err := hours.ParseSpan(from, until)
		if err != nil {
			return
		}
		b, e, err := hours.ParseSpan(hours.SpanTexts(begins, ends))
		if err != nil && ends.Year() < 2400 || err == nil && (!b.Equal(begins) || !e.Equal(ends)) {
			t.Fatalf("%q until %q: %s to %s, written and read again %s to %s (%v)", from, until, begins, ends, b, e, err)
		}
	})
}
