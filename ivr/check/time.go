package check

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"dialtone/ivr/schedule"
)

// times checks the times of GotoIfTime and ExecIfTime.
func (c *checker) times(call call) {
	if call.name != "gotoiftime" && call.name != "execiftime" || call.args.text == "" {
		return
	}
	spec, _, _ := call.args.cut('?')
	c.timeSpec(spec)
}

// timeSpec checks times,days,mdays,months[,zone].
func (c *checker) timeSpec(p part) {
	if !p.fixed() {
		return
	}
	t, err := schedule.ParseTimeSpec(p.text)
	switch {
	case err != nil:
		for _, text := range strings.Split(err.Error(), "\n") {
			c.add(Time, Warning, p.at, betterTime(text), "%s", text)
		}
	case t.UnknownZone() != "":
		c.add(Time, Warning, p.at, "", "there is no time zone %q: it is read as UTC", clip(t.UnknownZone()))
	case never(p.text):
		c.add(Time, Warning, p.at, "", "%q never matches: none of its months has such a day", p.text)
	}
}

var fieldFault = regexp.MustCompile(`^(time|day of the week|day of the month|month) "(.*)" is not `)

// betterTime suggests what a part of the times that makes no sense was to be.
func betterTime(text string) string {
	fault := fieldFault.FindStringSubmatch(text)
	if fault == nil {
		return ""
	}
	ends := strings.Split(fault[2], "-")
	for i, end := range ends {
		end = strings.ToLower(strings.TrimSpace(end))
		switch {
		case fault[1] == "time":
			hour, minutes, colon := strings.Cut(end, ":")
			h, err := strconv.Atoi(hour)
			m, errMinutes := strconv.Atoi(minutes)
			switch {
			case err != nil:
				return ""
			case h == 24 && (!colon || minutes == "00"):
				end = "23:59"
			case h > 23:
				return ""
			case colon && errMinutes == nil && m == 60:
				end = hour + ":59"
			case !colon:
				end = hour + ":00"
			case errMinutes != nil || m > 59:
				return ""
			}
		case len(end) > 3:
			end = end[:3]
			if !strings.Contains("sun mon tue wed thu fri sat jan feb mar apr may jun jul aug sep oct nov dec", end) {
				return ""
			}
		}
		ends[i] = end
	}
	suggest := strings.Join(ends, "-")
	field := map[string]string{"time": "", "day of the week": "*,", "day of the month": "*,*,", "month": "*,*,*,"}[fault[1]]
	if _, err := schedule.ParseTimeSpec(field + suggest); err != nil {
		return ""
	}
	return suggest
}

// never tells whether the days and months of a time never come together.
func never(text string) bool {
	fields := strings.Split(strings.ReplaceAll(text, "|", ","), ",")
	if len(fields) < 4 {
		return false
	}
	t, err := schedule.ParseTimeSpec("*,*," + fields[2] + "," + fields[3])
	if err != nil {
		return false
	}
	for day := time.Date(2024, 1, 1, 12, 0, 0, 0, time.UTC); day.Year() == 2024; day = day.AddDate(0, 0, 1) {
		if t.Match(day) {
			return false
		}
	}
	return true
}
