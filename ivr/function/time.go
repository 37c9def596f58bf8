package function

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"dialtone/ivr"
)

var times = []ivr.Function{
	{Name: "STRFTIME", Synopsis: "write a moment", Syntax: "[epoch][,timezone][,format]",
		Doc:  "Writes seconds since 1970 (now, without or with a bad number) in a time zone (an unknown one is UTC) as C's strftime does; %3q is the thousandths of a second.",
		Read: strftime},
	{Name: "STRPTIME", Synopsis: "read a moment", Syntax: "text,timezone,format",
		Doc: "Seconds since 1970 of a text that is written in the format of C's strptime; empty if it does not fit.", Read: strptime},
}

// zone finds a time zone; empty is that of the call's clock, an unknown one UTC.
func zone(r *ivr.Run, name string) *time.Location {
	if name == "" {
		return r.Now().Location()
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return location
}

func strftime(r *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 3)
	at := r.Now()
	if f, ok := leadingFloat(list[0]); ok && math.Abs(f) < 1e12 {
		whole := math.Floor(f)
		at = time.Unix(int64(whole), int64(math.Round((f-whole)*1e9)))
	}
	format := argument(list, 2)
	if format == "" {
		format = "%c"
	}
	return formatTime(at.In(zone(r, argument(list, 1))), format), nil
}

// formatTime is strftime in the C locale.
func formatTime(t time.Time, format string) string {
	var out strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out.WriteByte(format[i])
			continue
		}
		i++
		digits := 3
		if format[i] >= '1' && format[i] <= '9' && i+1 < len(format) && format[i+1] == 'q' {
			digits = int(format[i] - '0')
			i++
		}
		if format[i] == 'q' {
			fmt.Fprintf(&out, "%0*d", digits, t.Nanosecond()/int(math.Pow10(9-digits)))
			continue
		}
		out.WriteString(timeField(t, format[i]))
	}
	return out.String()
}

// layouts are the fields that Go's time package writes.
var layouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'h': "Jan", 'B': "January", 'd': "02", 'D': "01/02/06", 'e': "_2", 'F': "2006-01-02",
	'H': "15", 'I': "03", 'j': "002", 'm': "01", 'M': "04", 'p': "PM", 'P': "pm", 'r': "03:04:05 PM", 'R': "15:04", 'S': "05",
	'T': "15:04:05", 'X': "15:04:05", 'x': "01/02/06", 'y': "06", 'Y': "2006", 'z': "-0700", 'Z': "MST", 'c': "Mon Jan _2 15:04:05 2006",
}

func timeField(t time.Time, field byte) string {
	if layout, ok := layouts[field]; ok {
		return t.Format(layout)
	}
	isoYear, isoWeek := t.ISOWeek()
	switch field {
	case 'C':
		return fmt.Sprintf("%02d", t.Year()/100)
	case 'g':
		return fmt.Sprintf("%02d", isoYear%100)
	case 'G':
		return strconv.Itoa(isoYear)
	case 'k':
		return fmt.Sprintf("%2d", t.Hour())
	case 'l':
		return fmt.Sprintf("%2d", (t.Hour()+11)%12+1)
	case 'n':
		return "\n"
	case 's':
		return strconv.FormatInt(t.Unix(), 10)
	case 't':
		return "\t"
	case 'u':
		return strconv.Itoa((int(t.Weekday())+6)%7 + 1)
	case 'U':
		return fmt.Sprintf("%02d", (t.YearDay()+6-int(t.Weekday()))/7)
	case 'V':
		return fmt.Sprintf("%02d", isoWeek)
	case 'w':
		return strconv.Itoa(int(t.Weekday()))
	case 'W':
		return fmt.Sprintf("%02d", (t.YearDay()+6-(int(t.Weekday())+6)%7)/7)
	case '%':
		return "%"
	}
	return "%" + string([]byte{field})
}

func strptime(r *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 3)
	if argument(list, 0) == "" || argument(list, 2) == "" {
		return "", errors.New("needs a text, a time zone and a format")
	}
	p := timeParser{text: list[0], year: 1900, month: 1, day: 1}
	if !p.parse(list[2], 0) {
		return "", fmt.Errorf("%q does not fit %q", list[0], list[2])
	}
	return strconv.FormatInt(p.time(zone(r, argument(list, 1))).Unix(), 10), nil
}

// timeParser reads a text by a format of strptime.
type timeParser struct {
	text                                          string // what is still to be read
	year, month, day, hour, minute, second, dayOf int    // dayOf: day of the year, 0 when unknown
	twelve, afternoon                             bool
	epoch                                         *int
}

func (p *timeParser) time(in *time.Location) time.Time {
	if p.epoch != nil {
		return time.Unix(int64(*p.epoch), 0)
	}
	if p.twelve {
		p.hour %= 12
		if p.afternoon {
			p.hour += 12
		}
	}
	if p.dayOf > 0 {
		p.month, p.day = 1, p.dayOf
	}
	return time.Date(p.year, time.Month(p.month), p.day, p.hour, p.minute, p.second, 0, in)
}

// composed are fields that stand for several.
var composed = map[byte]string{'T': "%H:%M:%S", 'X': "%H:%M:%S", 'R': "%H:%M", 'D': "%m/%d/%y", 'x': "%m/%d/%y", 'F': "%Y-%m-%d", 'r': "%I:%M:%S %p", 'c': "%a %b %d %H:%M:%S %Y"}

var (
	monthNames = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
	dayNames   = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
)

// parse reads the text by a format; depth guards composed fields, which hold none.
func (p *timeParser) parse(format string, depth int) bool {
	for i := 0; i < len(format); i++ {
		switch c := format[i]; {
		case strings.IndexByte(blanks, c) >= 0:
			p.text = strings.TrimLeft(p.text, blanks)
		case c != '%' || i+1 == len(format):
			if p.text == "" || p.text[0] != c {
				return false
			}
			p.text = p.text[1:]
		default:
			i++
			if more, ok := composed[format[i]]; ok && depth == 0 {
				if !p.parse(more, 1) {
					return false
				}
			} else if !p.field(format[i]) {
				return false
			}
		}
	}
	return true
}

func (p *timeParser) field(field byte) bool {
	switch field {
	case 'Y':
		return p.number(&p.year, 4, 0, 9999)
	case 'y':
		ok := p.number(&p.year, 2, 0, 99)
		if p.year += 1900; p.year < 1969 {
			p.year += 100
		}
		return ok
	case 'm':
		return p.number(&p.month, 2, 1, 12)
	case 'd', 'e':
		return p.number(&p.day, 2, 1, 31)
	case 'j':
		return p.number(&p.dayOf, 3, 1, 366)
	case 'H', 'k':
		return p.number(&p.hour, 2, 0, 23)
	case 'I', 'l':
		p.twelve = true
		return p.number(&p.hour, 2, 1, 12)
	case 'M':
		return p.number(&p.minute, 2, 0, 59)
	case 'S':
		return p.number(&p.second, 2, 0, 61)
	case 's':
		p.epoch = new(int)
		return p.number(p.epoch, 12, 0, math.MaxInt)
	case 'b', 'B', 'h':
		n, ok := p.name(monthNames)
		p.month = n + 1
		return ok
	case 'a', 'A':
		_, ok := p.name(dayNames)
		return ok
	case 'p':
		n, ok := p.name([]string{"am", "pm"})
		p.afternoon = n == 1
		return ok
	case 'n', 't':
		p.text = strings.TrimLeft(p.text, blanks)
		return true
	case '%':
		ok := strings.HasPrefix(p.text, "%")
		p.text = strings.TrimPrefix(p.text, "%")
		return ok
	}
	return false
}

// number reads up to digits digits, after blanks.
func (p *timeParser) number(n *int, digits, low, high int) bool {
	p.text = strings.TrimLeft(p.text, blanks)
	end := 0
	for end < len(p.text) && end < digits && p.text[end] >= '0' && p.text[end] <= '9' {
		end++
	}
	v, err := strconv.Atoi(p.text[:end])
	if err != nil || v < low || v > high {
		return false
	}
	*n, p.text = v, p.text[end:]
	return true
}

// name reads one of the names, whole or its first three letters, in any case.
func (p *timeParser) name(names []string) (int, bool) {
	text := lower(p.text)
	for i, name := range names {
		for _, form := range []string{name, name[:min(3, len(name))]} {
			if strings.HasPrefix(text, form) {
				p.text = p.text[len(form):]
				return i, true
			}
		}
	}
	return 0, false
}
