package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// block is an object as text: a table of TOML, with a line or more for each field that is not empty.
type block struct {
	table  tableID
	fields []member // the first one is its number
}

func (b block) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "[[%s]]\n", b.table)
	for _, f := range b.fields {
		text.WriteString(f.String())
	}
	return text.String()
}

// String is the member as a field of a block.
func (m member) String() string { return tomlKey(m.name) + " = " + tomlValue(m.value) + "\n" }

// member is a member of a JSON object, which keeps its order.
type member struct {
	name  string
	value any // string, json.Number, bool, nil, []any or []member
}

// ordered reads a JSON value.
func ordered(raw []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return orderedNext(d)
}

func orderedNext(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		members := []member{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			value, err := orderedNext(d)
			if err != nil {
				return nil, err
			}
			members = append(members, member{name.(string), value})
		}
		_, err = d.Token()
		return members, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			value, err := orderedNext(d)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err = d.Token()
		return list, err
	}
	return token, nil
}

// tomlValue writes a value of a field. A list of lists or of tables has a line for each, so that a change of one is a change of its line.
func tomlValue(v any) string {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return inline(v)
	}
	switch list[0].(type) {
	case []any, []member:
	default:
		return inline(v)
	}
	var text strings.Builder
	text.WriteString("[\n")
	for _, element := range list {
		text.WriteString("  " + inline(element) + ",\n")
	}
	return text.String() + "]"
}

// inline writes a value on one line. A member that is null is left out: TOML has none.
func inline(v any) string {
	switch v := v.(type) {
	case string:
		return quoted(v)
	case []any:
		texts := make([]string, len(v))
		for i, element := range v {
			texts[i] = inline(element)
		}
		return "[" + strings.Join(texts, ", ") + "]"
	case []member:
		var texts []string
		for _, m := range v {
			if m.value != nil {
				texts = append(texts, tomlKey(m.name)+" = "+inline(m.value))
			}
		}
		return "{ " + strings.Join(texts, ", ") + " }"
	}
	return fmt.Sprint(v) // a number, true or false
}

// tomlKey writes a name: a bare one, where it can be.
func tomlKey(name string) string {
	bare := strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
	if bare && name != "" {
		return name
	}
	return quoted(name)
}

// quoted writes a string.
func quoted(s string) string {
	var text strings.Builder
	text.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			text.WriteByte('\\')
			text.WriteRune(r)
		case r == '\n':
			text.WriteString(`\n`)
		case r == '\t':
			text.WriteString(`\t`)
		case unicode.IsControl(r) || !unicode.IsPrint(r) && r != ' ':
			text.WriteString(escaped(r))
		default:
			text.WriteRune(r)
		}
	}
	return text.String() + `"`
}

func escaped(r rune) string {
	if r > 0xffff {
		return `\U` + fmt.Sprintf("%08x", r)
	}
	return `\u` + strconv.FormatInt(0x10000+int64(r), 16)[1:]
}
