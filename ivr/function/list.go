package function

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"dialtone/ivr"
)

var lists = []ivr.Function{
	{Name: "CUT", Synopsis: "fields of a list", Syntax: "variable,separator,fields",
		Doc: "The fields of the variable's value, counted from 1, in their order: 2, 2-4, 2-, -3, 1&3. The separator is - unless given.", Read: cut},
	{Name: "FIELDQTY", Synopsis: "how many fields a list has", Syntax: "variable,separator", Read: fieldQty},
	{Name: "FIELDNUM", Synopsis: "the number of the field that holds a value", Syntax: "variable,separator,value", Doc: "0 if there is none.", Read: fieldNum},
	{Name: "LISTFILTER", Synopsis: "a list without one of its values", Syntax: "variable,separator,value", Read: listFilter},
	{Name: "PUSH", Synopsis: "add to the end of a list", Syntax: "variable[,separator]", Doc: "Set it to the value to add. The separator is a comma unless given.",
		Write: func(r *ivr.Run, args, value string) error {
			return grow(r, args, func(list, sep string) string { return list + sep + value }, value)
		}},
	{Name: "UNSHIFT", Synopsis: "add to the beginning of a list", Syntax: "variable[,separator]", Doc: "Set it to the value to add. The separator is a comma unless given.",
		Write: func(r *ivr.Run, args, value string) error {
			return grow(r, args, func(list, sep string) string { return value + sep + list }, value)
		}},
	{Name: "POP", Synopsis: "take the last value off a list", Syntax: "variable[,separator]", Doc: "Gives the value and removes it from the variable.",
		Read: func(r *ivr.Run, args string) (string, error) { return shrink(r, args, strings.LastIndex, false) }},
	{Name: "SHIFT", Synopsis: "take the first value off a list", Syntax: "variable[,separator]", Doc: "Gives the value and removes it from the variable.",
		Read: func(r *ivr.Run, args string) (string, error) { return shrink(r, args, strings.Index, true) }},
	{Name: "SORT", Synopsis: "sort keys by their numbers", Syntax: "key:number[,key:number…]", Doc: "The keys by number, separated by commas; a text counts as 0.", Read: sortKeys},
	{Name: "ARRAY", Synopsis: "set several variables from a list", Syntax: "variable[,variable…]", Doc: "Set it to the values, separated by commas; variables without a value become empty.",
		Write: array},
	{Name: "HASH", Synopsis: "a value under a key", Syntax: "name,key", Doc: "Values that belong together, each under its key. Set without a key, to a form that CURL got with CURLOPT(hashcompat), it has the form's fields.", Read: hash, Write: setHash},
	{Name: "HASHKEYS", Synopsis: "the keys of a hash", Syntax: "name", Doc: "Separated by commas.",
		Read: func(r *ivr.Run, args string) (string, error) {
			prefix := hashName(args, "")
			names := r.Names(prefix[:len(prefix)-1])
			for i, name := range names {
				names[i] = strings.TrimSuffix(name[len(prefix)-1:], "~")
			}
			return strings.Join(names, ","), nil
		}},
}

// fields splits the value of the variable that the first argument names; the
// second is the separator.
func fields(r *ivr.Run, list []string, standard string) (values []string, sep string) {
	sep = decode(argument(list, 1))
	if sep == "" {
		sep = standard
	}
	value := r.Value(argument(list, 0))
	if value == "" {
		return nil, sep
	}
	if sep == "" {
		return []string{value}, sep
	}
	return strings.Split(value, sep), sep
}

func cut(r *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 3)
	values, sep := fields(r, list, "-")
	var out []string
	at := 1
	for _, spec := range strings.Split(argument(list, 2), "&") {
		from, to, ok := fieldRange(spec)
		if !ok {
			return "", fmt.Errorf("%q is no field: use 2, 2-4, 2-, -3 or 1&3", spec)
		}
		for at = max(at, from); at <= to && at <= len(values); at++ {
			out = append(out, values[at-1])
		}
	}
	return strings.Join(out, sep), nil
}

// fieldRange reads one part of CUT's fields.
func fieldRange(spec string) (from, to int, ok bool) {
	first, last, isRange := strings.Cut(strings.TrimSpace(spec), "-")
	from, to = 1, math.MaxInt
	var err error
	if first != "" {
		if from, err = strconv.Atoi(first); err != nil {
			return 0, 0, false
		}
		if !isRange {
			to = from
		}
	}
	if last != "" {
		if to, err = strconv.Atoi(last); err != nil {
			return 0, 0, false
		}
	}
	return max(from, 1), to, first != "" || last != ""
}

func fieldQty(r *ivr.Run, args string) (string, error) {
	values, _ := fields(r, ivr.SplitArgs(args, 2), "")
	return strconv.Itoa(len(values)), nil
}

func fieldNum(r *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 3)
	if len(list) < 3 {
		return "", errors.New("needs a variable, a separator and a value")
	}
	values, _ := fields(r, list, "")
	return strconv.Itoa(slices.Index(values, list[2]) + 1), nil
}

func listFilter(r *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 3)
	if len(list) < 3 {
		return "", errors.New("needs a variable, a separator and a value")
	}
	values, sep := fields(r, list, ",")
	return strings.Join(slices.DeleteFunc(values, func(v string) bool { return v == list[2] }), sep), nil
}

// grow changes a list by join, which is not called for an empty one.
func grow(r *ivr.Run, args string, join func(list, sep string) string, value string) error {
	list := ivr.SplitArgs(args, 2)
	if list[0] == "" {
		return errors.New("needs the name of a variable")
	}
	sep := decode(argument(list, 1))
	if sep == "" {
		sep = ","
	}
	if old := r.Value(list[0]); old != "" {
		value = join(old, sep)
	}
	r.Set(list[0], value)
	return nil
}

// shrink takes the first or the last value off a list.
func shrink(r *ivr.Run, args string, index func(s, sep string) int, first bool) (string, error) {
	list := ivr.SplitArgs(args, 2)
	if list[0] == "" {
		return "", errors.New("needs the name of a variable")
	}
	sep := decode(argument(list, 1))
	if sep == "" {
		sep = ","
	}
	value, ok := r.Variable(list[0])
	if !ok || value == "" {
		return "", nil
	}
	taken, rest := value, ""
	if i := index(value, sep); i >= 0 {
		taken, rest = value[i+len(sep):], value[:i]
		if first {
			taken, rest = rest, taken
		}
	}
	r.Set(list[0], rest)
	return taken, nil
}

func sortKeys(_ *ivr.Run, args string) (string, error) {
	if args == "" {
		return "", errors.New("needs key:number")
	}
	type entry struct {
		key    string
		number float64
	}
	var entries []entry
	for _, pair := range ivr.SplitArgs(args, 0) {
		key, value, ok := strings.Cut(pair, ":")
		if !ok {
			continue
		}
		number, _ := leadingFloat(value)
		entries = append(entries, entry{key, number})
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		switch {
		case a.number < b.number:
			return -1
		case a.number > b.number:
			return 1
		}
		return 0
	})
	keys := make([]string, len(entries))
	for i, e := range entries {
		keys[i] = e.key
	}
	return strings.Join(keys, ","), nil
}

func array(r *ivr.Run, args, value string) error {
	names, values := ivr.SplitArgs(args, 0), ivr.SplitArgs(value, 0)
	for i, name := range names {
		r.Set(name, argument(values, i))
	}
	return nil
}

// hashName is the variable that holds a key of a hash.
func hashName(name, key string) string { return "~HASH~" + name + "~" + key + "~" }

func hash(r *ivr.Run, args string) (string, error) {
	list := ivr.SplitArgs(args, 2)
	if len(list) < 2 {
		return "", errors.New("needs a name and a key")
	}
	return r.Value(hashName(list[0], list[1])), nil
}

// hashFields is the variable with the keys for values that are set to a whole hash.
const hashFields = "~ODBCFIELDS~"

func setHash(r *ivr.Run, args, value string) error {
	list := ivr.SplitArgs(args, 2)
	if names := r.Value(hashFields); len(list) < 2 && names != "" {
		values := ivr.SplitArgs(value, 0)
		for i, name := range ivr.SplitArgs(names, 0) {
			r.Set(hashName(list[0], name), argument(values, i))
		}
		return nil
	}
	if len(list) < 2 {
		return errors.New("needs a name and a key")
	}
	r.Set(hashName(list[0], list[1]), value)
	return nil
}
