package schedule_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"dialtone/ivr/schedule"
)

func TestTimeSpecsAsMeasuredOnAsterisk(t *testing.T) {
	data, err := os.ReadFile("../../testdata/dialplan/gotoiftime.tsv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")[1:]
	if len(lines) != 328 {
		t.Errorf("there are %d vectors, not 328", len(lines))
	}
	for _, line := range lines {
		row := strings.Split(line, "\t")
		at, err := time.Parse(time.DateTime, row[1])
		if err != nil {
			t.Fatal(err)
		}
		spec, err := schedule.ParseTimeSpec(row[0])
		want := row[3] == "1"
		if got := spec.Match(at); got != want {
			t.Errorf("%s at %s: %v, want %v", row[0], row[1], got, want)
		}
		if err != nil && want {
			t.Errorf("%s is refused though it matches: %v", row[0], err)
		}
	}
}

func TestPartsWithoutSense(t *testing.T) {
	monday := time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		spec  string
		error string // part of it; empty: there is none
		match bool
		why   string
	}{
		{"", "", true, "no field: any"},
		{"*,*", "", true, "missing fields are any"},
		{"10:30:15", "", true, "seconds do not count"},
		{" 10:30 ,*,*,*", "", true, "blanks round a time"},
		{"9-17,*,*,*", `time "9-17"`, false, "no minutes"},
		{"24:00", `time "24:00"`, false, "no such hour"},
		{"9:00-17:60", `time "9:00-17:60"`, false, "no such minute"},
		{"9:00-", `time "9:00-"`, false, "an open end"},
		{"*,Monday,*,*", `day of the week "Monday"`, false, "not the short name"},
		{"*,1-5,*,*", `day of the week "1-5"`, false, "days are not numbered"},
		{"*, mon,*,*", `day of the week " mon"`, false, "blanks round a day"},
		{"*,mon&xyz,*,*", `day of the week "xyz"`, true, "the other part holds"},
		{"*,*,0,*", `day of the month "0"`, false, "counts from 1"},
		{"*,*,32,*", `day of the month "32"`, false, "counts to 31"},
		{"*,*,1-023,*", `day of the month "1-023"`, false, "three digits"},
		{"*,*,*,november", `month "november"`, false, "not the short name"},
		{"*,*,*,11", "", true, "months may be numbers"},
		{"*,sat-mon,20-25,oct-jan", "", true, "ranges over the end"},
		{"x,y,z,w", `month "w"`, false, "all faults are told"},
	} {
		spec, err := schedule.ParseTimeSpec(c.spec)
		if c.error == "" && err != nil || c.error != "" && (err == nil || !strings.Contains(err.Error(), c.error)) {
			t.Errorf("%q: error %v, want %q: %s", c.spec, err, c.error, c.why)
		}
		if got := spec.Match(monday); got != c.match {
			t.Errorf("%q: %v, want %v: %s", c.spec, got, c.match, c.why)
		}
	}
}

func TestZones(t *testing.T) {
	at := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC) // 12:00 in Tokyo, Sunday 22:00 in New York
	for _, c := range []struct {
		spec, unknown string
		match         bool
	}{
		{"12:00,mon,*,*,Asia/Tokyo", "", true},
		{"22:00,sun,22,nov,America/New_York", "", true},
		{"3:00,*,*,*,Europe/Nowhere", "Europe/Nowhere", true},
		{"3:00,*,*,*,../../etc/passwd", "../../etc/passwd", true},
	} {
		spec, err := schedule.ParseTimeSpec(c.spec)
		if err != nil || spec.Match(at) != c.match || spec.UnknownZone() != c.unknown {
			t.Errorf("%s: match %v, unknown zone %q, error %v", c.spec, spec.Match(at), spec.UnknownZone(), err)
		}
	}
	spec, _ := schedule.ParseTimeSpec("12:00-13:00")
	if tokyo := time.FixedZone("", 9*3600); !spec.Match(at.In(tokyo)) {
		t.Error("without a zone the hour is not that of the moment's own zone")
	}
}

func TestZeroTimeSpecNeverMatches(t *testing.T) {
	if (schedule.TimeSpec{}).Match(time.Now()) {
		t.Error("it matches")
	}
}

func FuzzTimeSpec(f *testing.F) {
	for _, s := range []string{"", "*,*,*,*", "9:00-17:00|mon-fri|*|*", "22:00-06:00,fri-mon,28-5,nov-2,Asia/Tokyo", "&&-,-,&,--"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		spec, err := schedule.ParseTimeSpec(text)
		at := time.Date(2026, 11, 23, 10, 30, 59, 0, time.UTC)
		if err == nil && spec.Match(at) != spec.Match(at.Truncate(time.Minute)) {
			t.Errorf("%q tells seconds apart", text)
		}
	})
}
