package function

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"dialtone/ivr"
)

var patterns = []ivr.Function{
	{Name: "REGEX", Synopsis: "whether a regular expression matches", Syntax: `"expression" text`,
		Doc: "1 if the POSIX extended expression is found in the text, else 0. Not anchored.", Read: regex},
	{Name: "SPRINTF", Synopsis: "format values", Syntax: "format,value[,value…]",
		Doc: "Formats as C's printf: %d %i %o %u %x %X %c %e %f %g %s %%, with flags, width and precision.", Read: sprintf},
}

func regex(_ *ivr.Run, args string) (string, error) {
	_, rest, opened := strings.Cut(args, `"`)
	expression, text, closed := cutQuote(rest)
	if !opened || !closed {
		return "", errors.New(`needs "expression" text`)
	}
	re, err := regexp.CompilePOSIX(expression)
	if err != nil {
		return "", fmt.Errorf("bad expression %q: %v", expression, err)
	}
	return truth(re.MatchString(strings.TrimLeft(text, blanks))), nil
}

// cutQuote cuts at the first quote that no backslash stands before.
func cutQuote(s string) (before, after string, ok bool) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// directive is one % of a format: flags, width, precision, letter.
var directive = regexp.MustCompile(`%([-+ #0]*)([0-9]*)(\.[0-9]*)?([hlLqjzt]*)(.)`)

func sprintf(_ *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 0)
	var failed error
	values := list[1:]
	out := directive.ReplaceAllStringFunc(list[0], func(d string) string {
		if failed != nil {
			return ""
		}
		part := directive.FindStringSubmatch(d)
		if part[5] == "%" {
			return "%"
		}
		if len(values) == 0 {
			failed = fmt.Errorf("no value for %s", d)
			return ""
		}
		value := values[0]
		values = values[1:]
		var s string
		s, failed = format(part[1], part[2], part[3], part[5][0], value)
		return s
	})
	if failed != nil {
		return "", failed
	}
	return out, nil
}

// format does one directive.
func format(flags, width, precision string, letter byte, value string) (string, error) {
	for _, n := range []string{width, strings.TrimPrefix(precision, ".")} {
		if v, err := strconv.Atoi(n); n != "" && (err != nil || v > 1000) {
			return "", fmt.Errorf("%%%s%s%c is too wide", width, precision, letter)
		}
	}
	spec := "%" + flags + width + precision
	switch letter {
	case 'd', 'i', 'o', 'u', 'x', 'X':
		n, ok := ivr.LeadingInt(value)
		switch {
		case !ok:
			return "", fmt.Errorf("%q is no number for %%%c", value, letter)
		case letter == 'd' || letter == 'i':
			return fmt.Sprintf(spec+"d", n), nil
		case letter == 'u':
			return fmt.Sprintf(spec+"d", uint32(n)), nil
		}
		return fmt.Sprintf(spec+string(letter), uint32(n)), nil
	case 'e', 'E', 'f', 'F', 'g', 'G':
		f, ok := leadingFloat(value)
		if !ok {
			return "", fmt.Errorf("%q is no number for %%%c", value, letter)
		}
		if precision == "" {
			spec += ".6"
		}
		return fmt.Sprintf(spec+string(letter), f), nil
	case 'c':
		if value == "" {
			return "", errors.New("no character for %c")
		}
		return fmt.Sprintf("%"+flags+width+"s", value[:1]), nil
	case 's':
		return fmt.Sprintf(spec+"s", value), nil
	}
	return "", fmt.Errorf("unknown directive %%%c", letter)
}
