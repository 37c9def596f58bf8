package say

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// moment is a time to speak, and the present in the same zone.
type moment struct{ at, now time.Time }

// midnight is the beginning of the day that is some days after today.
func (m moment) midnight(days int) time.Time {
	y, month, d := m.now.Date()
	return time.Date(y, month, d+days, 0, 0, 0, 0, m.now.Location())
}

// near names yesterday, today and tomorrow; q does not speak of today.
func (m moment) near(letter byte) (names []string, near bool) {
	within := func(day int) bool { return !m.at.Before(m.midnight(day)) && m.at.Before(m.midnight(day+1)) }
	switch {
	case within(0) && letter == 'q':
		return nil, true
	case within(0):
		return []string{"digits/today"}, true
	case within(-1):
		return []string{"digits/yesterday"}, true
	case within(1):
		return []string{"digits/tomorrow"}, true
	}
	return nil, false
}

// twelve is the hour on a clock face.
func twelve(hour int) int64 {
	if hour %= 12; hour == 0 {
		return 12
	}
	return int64(hour)
}

// DateFormat is how a language says a date: Monday, January second, 2006.
func DateFormat(language string) string {
	date, _, _ := speech(language).dateTime()
	return date
}

// ClockFormat is how a language says a time of day: three oh five pm.
func ClockFormat(language string) string {
	_, _, clock := speech(language).dateTime()
	return clock
}

// DateTimeFormat is how a language says both: the format of SayUnixTime that names none.
func DateTimeFormat(language string) string {
	date, link, clock := speech(language).dateTime()
	return date + link + clock
}

// FormatError tells of letters that mean nothing in a time's format.
type FormatError struct {
	Format string
	Bad    []string // the letters
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("time format %q: %s says nothing; known are the letters %s and 'sounds' in single quotes", e.Format, strings.Join(e.Bad, " "), letters)
}

// letters are those of a format.
const letters = "A a B b h m d e Y I l H k M N S P p Q q R T"

// Time speaks a time in its own zone, letter by letter of a format (empty:
// DateTimeFormat's); now is the present, for those that say today.
//
//	A a  day of the week              I l  hour, of twelve
//	B b h  name of the month          H k  hour, of twenty-four; H oh eight
//	m    number of the month          M N  minute; N of a full hour: hundred
//	d e  day of the month             S    second
//	Y    year                         P p  am or pm
//	Q    today, yesterday, tomorrow, or the day as A, B, d and Y tell it
//	q    the same, but silent today   R    the same as HM
//	T    the same as HMS              'a'  the sound a
//
// Blanks mean nothing. Of other characters a *FormatError tells; the names are
// those of the rest.
func Time(language string, at, now time.Time, format string) ([]string, error) {
	if format == "" {
		format = DateTimeFormat(language)
	}
	names, bad := speak(speech(language), moment{at, now.In(at.Location())}, format)
	if len(bad) > 0 {
		return names, &FormatError{format, bad}
	}
	return names, nil
}

func speak(g grammar, m moment, format string) (names, bad []string) {
	for i := 0; i < len(format); i++ {
		switch c := format[i]; c {
		case ' ', '\t':
		case '\'':
			name, _, _ := strings.Cut(format[i+1:], "'")
			i += len(name) + 1
			if name != "" {
				names = append(names, name)
			}
		case 'A', 'a':
			names = append(names, "digits/day-"+strconv.Itoa(int(m.at.Weekday())))
		case 'B', 'b', 'h':
			names = append(names, "digits/mon-"+strconv.Itoa(int(m.at.Month())-1))
		case 'P', 'p':
			if m.at.Hour() < 12 {
				names = append(names, "digits/a-m")
			} else {
				names = append(names, "digits/p-m")
			}
		case 'R', 'T':
			long, _ := speak(g, m, map[byte]string{'R': "HM", 'T': "HMS"}[c])
			names = append(names, long...)
		default:
			said, short, ok := g.part(c, m)
			if !ok {
				bad = append(bad, strconv.QuoteRune(rune(c)))
				continue
			}
			if short != "" {
				said, _ = speak(g, m, short)
			}
			names = append(names, said...)
		}
	}
	return names, bad
}
