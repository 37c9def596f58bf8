// Package function holds the functions of the dialplan, a file per family.
//
// A function is an [ivr.Function]: its name, its documentation, and how it is read
// and set. All collects them; a switch hands that table to its runs. A function
// that cannot give a value returns an error: it is logged with the line, the text
// is empty and the line is executed all the same.
package function

import (
	"strconv"
	"strings"

	"dialtone/ivr"
)

// All gives every function by its name.
func All() map[string]*ivr.Function {
	table := map[string]*ivr.Function{}
	for _, family := range [][]ivr.Function{
		text, patterns, encodings, lists, logic, calculation, calling, scopes, places, times, schedules, structures, groups, devices, database, records, machine, parties, web,
	} {
		for i := range family {
			table[family[i].Name] = &family[i]
		}
	}
	return table
}

// argument gives the nth argument, empty when there are fewer.
func argument(list []string, n int) string {
	if n < len(list) {
		return list[n]
	}
	return ""
}

// truth is how functions answer a question.
func truth(yes bool) string {
	if yes {
		return "1"
	}
	return "0"
}

// plain makes a function of its argument's text alone.
func plain(f func(string) string) func(*ivr.Run, string) (string, error) {
	return func(_ *ivr.Run, args string) (string, error) { return f(args), nil }
}

// decode replaces \n, \t, \r, \\, \xHH and \0OO in a separator or a set of
// characters; another character behind a backslash stands for itself.
func decode(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out.WriteByte(s[i])
			continue
		}
		c, used := decodeChar(s[i+1:])
		out.WriteByte(c)
		i += used
	}
	return out.String()
}

// decodeChar reads what stands behind a backslash: the character, and how many
// bytes it took.
func decodeChar(s string) (c byte, used int) {
	switch s[0] {
	case 'n':
		return '\n', 1
	case 't':
		return '\t', 1
	case 'r':
		return '\r', 1
	case 'x':
		if len(s) >= 3 {
			if v, err := strconv.ParseUint(s[1:3], 16, 8); err == nil {
				return byte(v), 3
			}
		}
	case '0':
		if len(s) >= 3 {
			if v, err := strconv.ParseUint(s[1:3], 8, 8); err == nil {
				return byte(v), 3
			}
		}
	}
	return s[0], 1
}
