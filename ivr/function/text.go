package function

import (
	"errors"
	"strconv"
	"strings"

	"dialtone/ivr"
)

var text = []ivr.Function{
	{Name: "LEN", Synopsis: "length of a text in bytes", Syntax: "text",
		Read: plain(func(s string) string { return strconv.Itoa(len(s)) })},
	{Name: "TOUPPER", Synopsis: "text in upper case", Syntax: "text", Doc: "The letters a to z.", Read: plain(upper)},
	{Name: "TOLOWER", Synopsis: "text in lower case", Syntax: "text", Doc: "The letters A to Z.", Read: plain(lower)},
	{Name: "TRIM", Synopsis: "text without the blanks round it", Syntax: "text",
		Read: plain(func(s string) string { return strings.Trim(s, blanks) })},
	{Name: "LTRIM", Synopsis: "text without the blanks before it", Syntax: "text",
		Read: plain(func(s string) string { return strings.TrimLeft(s, blanks) })},
	{Name: "RTRIM", Synopsis: "text without the blanks behind it", Syntax: "text",
		Read: plain(func(s string) string { return strings.TrimRight(s, blanks) })},
	{Name: "QUOTE", Synopsis: "text in quotes", Syntax: "text", Doc: `A " or \ in it gets a \ before it.`,
		Read: plain(func(s string) string { return `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(s) + `"` })},
	{Name: "CSV_QUOTE", Synopsis: "text in quotes for a CSV file", Syntax: "text", Doc: `A " in it is doubled.`,
		Read: plain(func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` })},
	{Name: "PASSTHRU", Synopsis: "the text itself", Syntax: "text", Doc: "For functions that take the name of a variable or function.",
		Read: plain(func(s string) string { return s })},
	{Name: "EVAL", Synopsis: "replace variables once more", Syntax: "text", Doc: "What the text holds after its variables are replaced is looked through once more.",
		Read: func(r *ivr.Run, args string) (string, error) { return r.Expand(args), nil }},
	{Name: "KEYPADHASH", Synopsis: "the keys that spell a text", Syntax: "text", Doc: "Letters become the digits of their keys; digits, * and # stay, anything else is dropped.",
		Read: plain(keypad)},
	{Name: "REPLACE", Synopsis: "replace characters", Syntax: "variable,characters[,with]",
		Doc: "The value of the variable, where each of the characters is replaced by the first of with, or dropped without it.", Read: replace},
	{Name: "STRREPLACE", Synopsis: "replace a text", Syntax: "variable,find[,with[,max]]",
		Doc: "The value of the variable, where find is replaced, everywhere or max times.", Read: strReplace},
	{Name: "STRBETWEEN", Synopsis: "put a text between the characters", Syntax: "variable,text", Read: strBetween},
	{Name: "FILTER", Synopsis: "keep only some characters", Syntax: "characters,text",
		Doc: `The text without all characters but those named; a-f is a range, \- a minus, \x41 a character by its code.`, Read: filter},
}

const blanks = " \t\r\n\v\f"

func upper(s string) string { return mapASCII(s, 'a', 'z', -0x20) }

func lower(s string) string { return mapASCII(s, 'A', 'Z', 0x20) }

// mapASCII shifts the bytes between two letters; other bytes, UTF-8 or not, stay.
func mapASCII(s string, from, to byte, by int) string {
	out := []byte(s)
	for i, c := range out {
		if c >= from && c <= to {
			out[i] = byte(int(c) + by)
		}
	}
	return string(out)
}

func keypad(s string) string {
	const letters = "22233344455566677778889999"
	var out strings.Builder
	for _, c := range []byte(lower(s)) {
		switch {
		case c >= 'a' && c <= 'z':
			out.WriteByte(letters[c-'a'])
		case c >= '0' && c <= '9', c == '*', c == '#':
			out.WriteByte(c)
		}
	}
	return out.String()
}

func replace(r *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 3)
	find, with := decode(argument(list, 1)), decode(argument(list, 2))
	if find == "" {
		return "", errors.New("needs a variable and the characters to replace")
	}
	var out strings.Builder
	for _, c := range []byte(r.Value(list[0])) {
		switch {
		case strings.IndexByte(find, c) < 0:
			out.WriteByte(c)
		case with != "":
			out.WriteByte(with[0])
		}
	}
	return out.String(), nil
}

func strReplace(r *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 4)
	find := argument(list, 1)
	if find == "" {
		return "", errors.New("needs a variable and the text to replace")
	}
	times := -1
	if n, ok := ivr.LeadingInt(argument(list, 3)); ok && n > 0 {
		times = n
	}
	value, with := r.Value(list[0]), argument(list, 2)
	if grown := len(value) + strings.Count(value, find)*len(with); grown > maxText {
		return "", errors.New("the result is too long")
	}
	return strings.Replace(value, find, with, times), nil
}

// maxText bounds what a function may make of short arguments.
const maxText = 64 << 10

func strBetween(r *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 2)
	value, between := r.Value(argument(list, 0)), argument(list, 1)
	if len(value)*(1+len(between)) > maxText {
		return "", errors.New("the result is too long")
	}
	var out strings.Builder
	for i := range len(value) {
		if i > 0 {
			out.WriteString(between)
		}
		out.WriteByte(value[i])
	}
	return out.String(), nil
}

func filter(_ *ivr.Run, args string) (string, error) {
	list := ivr.SplitRaw(args, ',', 2)
	if len(list) < 2 {
		return "", errors.New("needs characters and a text")
	}
	allowed := characterSet(list[0])
	var out strings.Builder
	for _, c := range []byte(list[1]) {
		if allowed[c] {
			out.WriteByte(c)
		}
	}
	return out.String(), nil
}

// characterSet reads FILTER's characters: single ones, ranges a-f, and those
// behind a backslash, which never are the minus of a range.
func characterSet(s string) (set [256]bool) {
	next := func() byte {
		if s[0] == '\\' && len(s) > 1 {
			c, used := decodeChar(s[1:])
			s = s[1+used:]
			return c
		}
		c := s[0]
		s = s[1:]
		return c
	}
	for s != "" {
		from := next()
		to := from
		if len(s) > 1 && s[0] == '-' {
			s = s[1:]
			to = next()
		}
		for c := int(min(from, to)); c <= int(max(from, to)); c++ {
			set[c] = true
		}
	}
	return set
}
