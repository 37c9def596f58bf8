package confd

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"dialtone/store"
)

// object is an object of a body whose fields are being read. Each method reads one field into a record, or notes what is wrong with
// it, so that a resource says in one place what its fields are:
//
//	o.text("name", &ivr.Name, required, length(1, 128))
//	o.text("greeting_sound", &ivr.GreetingSound, nullable, length(0, 255))
//	o.number("timeout", &ivr.Timeout, atLeast(0))
//	o.list("choices", func(n int) { ivr.Choices = make([]store.Choice, n) }, func(i int, o *object) { … })
//
// A field that is not there leaves the record as it is, which is how defaults stay and how a PUT changes only what it names. Fields
// that nobody asks for are ignored.
type object struct {
	values  map[string]any // as decode gives them
	partial bool           // of a PUT, whose required fields may be left out; never what is inside of it
	faults  faults
}

// rule is what a field must obey.
type rule struct {
	required bool
	nullable bool               // null is the zero value
	strict   bool               // of a bool: JSON's true and false only
	check    func(v any) string // what is wrong with a value (string, int, float64); "": nothing. nil: anything goes
}

var (
	required = rule{required: true}
	nullable = rule{nullable: true}
	strict   = rule{strict: true}
)

// length bounds a text in characters, or a list in entries; 0 as the lower bound is none, as the upper one too.
func length(least, most int) rule {
	return rule{check: func(v any) string {
		n, ok := v.(int) // of a list
		if text, is := v.(string); is {
			n, ok = utf8.RuneCountInString(text), true
		}
		switch {
		case !ok || n >= least && (most == 0 || n <= most):
			return ""
		case least > 0 && most > 0:
			return fmt.Sprintf("Length must be between %d and %d.", least, most)
		case least > 0:
			return fmt.Sprintf("Shorter than minimum length %d.", least)
		}
		return fmt.Sprintf("Longer than maximum length %d.", most)
	}}
}

// matches asks a text to match a pattern, which has to be anchored.
func matches(pattern *regexp.Regexp) rule {
	return rule{check: func(v any) string {
		if text, _ := v.(string); !pattern.MatchString(text) {
			return "String does not match expected pattern."
		}
		return ""
	}}
}

// oneOf asks a text to be one of some.
func oneOf(texts ...string) rule {
	return rule{check: func(v any) string {
		if text, _ := v.(string); !slices.Contains(texts, text) {
			return "Must be one of: " + strings.Join(texts, ", ") + "."
		}
		return ""
	}}
}

// between bounds a number on both sides.
func between(least, most int) rule {
	return rule{check: func(v any) string {
		if n := asFloat(v); n < float64(least) || n > float64(most) {
			return fmt.Sprintf("Must be greater than or equal to %d and less than or equal to %d.", least, most)
		}
		return ""
	}}
}

// atLeast bounds a number from below.
func atLeast(least int) rule {
	return rule{check: func(v any) string {
		if asFloat(v) < float64(least) {
			return fmt.Sprintf("Must be greater than or equal to %d.", least)
		}
		return ""
	}}
}

func asFloat(v any) float64 {
	if n, ok := v.(int); ok {
		return float64(n)
	}
	f, _ := v.(float64)
	return f
}

// uuid asks a text to be a UUID.
var uuid = rule{check: func(v any) string {
	if text, _ := v.(string); !uuidText.MatchString(text) {
		return "Not a valid UUID."
	}
	return ""
}}

var uuidText = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

// joined are rules as one.
func joined(rules []rule) rule {
	var all rule
	for _, r := range rules {
		all.required = all.required || r.required
		all.nullable = all.nullable || r.nullable
		all.strict = all.strict || r.strict
	}
	all.check = func(v any) string {
		for _, r := range rules {
			if r.check != nil {
				if text := r.check(v); text != "" {
					return text
				}
			}
		}
		return ""
	}
	return all
}

// value gives a field that is there and not null. null is told of where it is allowed. Otherwise the fault is noted.
func (o *object) value(name string, r rule) (v any, ok, null bool) {
	v, there := o.values[name]
	switch {
	case !there && r.required && !o.partial:
		o.faults.add(name, "Missing data for required field.")
	case !there:
	case v == nil && r.nullable:
		return nil, false, true
	case v == nil:
		o.faults.add(name, "Field may not be null.")
	default:
		return v, true, false
	}
	return nil, false, false
}

// has tells that a field is there, null or not.
func (o *object) has(name string) bool {
	_, there := o.values[name]
	return there
}

// fault notes what is wrong with a field beyond its rules.
func (o *object) fault(name, text string) { o.faults.add(name, text) }

// wrong notes what is wrong with the object as a whole. As a rule it is looked at only once its fields are sound.
func (o *object) wrong(text string) { o.faults.add("_schema", text) }

// sound tells that nothing is wrong with the object so far.
func (o *object) sound() bool { return len(o.faults.order) == 0 }

// field reads a field by parse, which gives the value or what is wrong with it; checks are the rule's.
func field[T any](o *object, name string, to *T, rules []rule, parse func(any, rule) (T, string)) {
	r := joined(rules)
	v, ok, null := o.value(name, r)
	if null {
		*to = *new(T)
	}
	if !ok {
		return
	}
	parsed, text := parse(v, r)
	if text == "" {
		text = r.check(parsed)
	}
	if text != "" {
		o.faults.add(name, text)
		return
	}
	*to = parsed
}

// fieldOrNull is field for a pointer: null is nil.
func fieldOrNull[T any](o *object, name string, to **T, rules []rule, parse func(any, rule) (T, string)) {
	v := *new(T)
	if *to != nil {
		v = **to
	}
	sound := len(o.faults.order)
	field(o, name, &v, append(rules, nullable), parse)
	if !o.has(name) || len(o.faults.order) != sound {
		return
	}
	*to = &v
	if o.values[name] == nil {
		*to = nil
	}
}

// text reads a text.
func (o *object) text(name string, to *string, rules ...rule) { field(o, name, to, rules, parseText) }

// textOrNull reads a text that may be null, and notes in the object's blanks that it is an empty one.
func (o *object) textOrNull(name string, to *string, blanks *store.Blanks, rules ...rule) {
	o.text(name, to, append(rules, nullable)...)
	if v, there := o.values[name]; there {
		*blanks = blanks.Mark(name, v == "")
	}
}

// number reads a whole number, which may be written as a text.
func (o *object) number(name string, to *int, rules ...rule) {
	field(o, name, to, rules, parseNumber)
}

// numberOrNull reads a whole number that may be null.
func (o *object) numberOrNull(name string, to **int, rules ...rule) {
	fieldOrNull(o, name, to, rules, parseNumber)
}

// decimalOrNull reads a number that may be null.
func (o *object) decimalOrNull(name string, to **float64, rules ...rule) {
	fieldOrNull(o, name, to, rules, parseDecimal)
}

// truth reads a bool: true and false, and unless it is strict also what stands for them: "true", "yes", 1 and the like.
func (o *object) truth(name string, to *bool, rules ...rule) { field(o, name, to, rules, parseTruth) }

// numbers reads a list of whole numbers, each of which obeys the rules but required and nullable, which are the list's.
func (o *object) numbers(name string, to *[]int, rules ...rule) {
	values(o, name, to, rules, parseNumber)
}

// texts reads a list of texts as numbers does.
func (o *object) texts(name string, to *[]string, rules ...rule) {
	values(o, name, to, rules, parseText)
}

// values reads a list by parse, as field does one value.
func values[T any](o *object, name string, to *[]T, rules []rule, parse func(any, rule) (T, string)) {
	r := joined(rules)
	list, ok := o.entries(name, r)
	if !ok {
		return
	}
	values := make([]T, len(list))
	var within faults
	for i, v := range list {
		text := "Field may not be null."
		if v != nil {
			if values[i], text = parse(v, r); text == "" {
				text = r.check(values[i])
			}
		}
		if text != "" {
			within.add(i, text)
		}
	}
	if len(within.order) > 0 {
		o.faults.put(name, fault{within: &within})
		return
	}
	*to = values
}

// entries gives a field that is a list. null, where that is allowed, is an empty one.
func (o *object) entries(name string, r rule) ([]any, bool) {
	v, ok, null := o.value(name, r)
	if !ok {
		return nil, null
	}
	list, ok := v.([]any)
	if !ok {
		o.faults.add(name, "Not a valid list.")
	}
	return list, ok
}

// object reads an object, always whole, as also on PUT. read is called when there is one. It may have required and nullable as
// rules; null is told by a nil object.
func (o *object) object(name string, read func(*object), rules ...rule) {
	v, ok, null := o.value(name, joined(rules))
	if null {
		read(nil)
	}
	if !ok {
		return
	}
	if faults := readObject(v, read); faults != nil {
		o.faults.put(name, fault{within: faults})
	}
}

// list reads a list of objects, each always whole. begin is told how many there are, then each is read in order. A null list, where
// that is allowed, is an empty one.
func (o *object) list(name string, begin func(n int), read func(i int, o *object), rules ...rule) {
	r := joined(rules)
	list, ok := o.entries(name, r)
	if !ok {
		return
	}
	if text := r.check(len(list)); text != "" {
		o.faults.add(name, text)
		return
	}
	begin(len(list))
	var within faults
	for i, v := range list {
		if faults := readObject(v, func(o *object) { read(i, o) }); faults != nil {
			within.put(i, fault{within: faults})
		}
	}
	if len(within.order) > 0 {
		o.faults.put(name, fault{within: &within})
	}
}

// readObject reads a value that must be an object; nil: nothing is wrong.
func readObject(v any, read func(*object)) *faults {
	values, ok := v.(map[string]any)
	o := object{values: values}
	if !ok {
		o.wrong("Invalid input type.")
	} else {
		read(&o)
	}
	if o.sound() {
		return nil
	}
	return &o.faults
}

func parseText(v any, _ rule) (string, string) {
	text, ok := v.(string)
	if !ok {
		return "", "Not a valid string."
	}
	if strings.ContainsRune(text, 0) {
		return "", "Null characters are not allowed."
	}
	return text, ""
}

// numeral is the text of a number, which may be sent as a text; empty: it is none.
func numeral(v any) string {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case string:
		return strings.TrimSpace(v)
	}
	return ""
}

// parseNumber reads a whole number that fits into 32 bits, as in the original; 5.0 and 1e3 are whole, too.
func parseNumber(v any, _ rule) (int, string) {
	text := numeral(v)
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || f != math.Trunc(f):
		return 0, "Not a valid integer."
	case f < math.MinInt32 || f > math.MaxInt32:
		return 0, beyondNumbers
	}
	return int(f), ""
}

// beyondNumbers is what is wrong with a number that does not fit into 32 bits.
var beyondNumbers = fmt.Sprintf("Must be greater than or equal to %d and less than or equal to %d.", math.MinInt32, math.MaxInt32)

// parseDecimal reads a number within the bounds of whole ones.
func parseDecimal(v any, _ rule) (float64, string) {
	f, err := strconv.ParseFloat(numeral(v), 64)
	switch {
	case err != nil || math.IsNaN(f) || math.IsInf(f, 0):
		return 0, "Not a valid number."
	case f < math.MinInt32 || f > math.MaxInt32:
		return 0, beyondNumbers
	}
	return f, ""
}

func parseTruth(v any, r rule) (bool, string) {
	if b, ok := v.(bool); ok {
		return b, ""
	}
	if !r.strict {
		if b, ok := truth(fmt.Sprint(v)); ok {
			return b, ""
		}
	}
	return false, "Not a valid boolean."
}

// truth reads what stands for true and false in bodies and queries.
func truth(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "true", "t", "yes", "y", "on", "1":
		return true, true
	case "false", "f", "no", "n", "off", "0":
		return false, true
	}
	return false, false
}
