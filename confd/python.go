package confd

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// repr writes a value of JSON as Python does: 'text', 42, True, None.
func repr(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		return reprText(v)
	case json.Number:
		return v.String()
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = reprText(s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	return fmt.Sprint(v)
}

// reprText quotes text as Python does: by ' unless it has one and no ".
func reprText(s string) string {
	quote := '\''
	if strings.ContainsRune(s, '\'') && !strings.ContainsRune(s, '"') {
		quote = '"'
	}
	var b strings.Builder
	b.WriteRune(quote)
	for _, r := range s {
		switch {
		case r == quote || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f || r > 0x7f && r <= 0xff && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		case !unicode.IsPrint(r) && r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteRune(quote)
	return b.String()
}

// fault is what is wrong with one field: sentences, or the faults of what is in it by name or index.
type fault struct {
	texts  []string
	within *faults
}

// String writes a fault as Python does: ['Not a valid string.'], {0: {'exten': ['…']}}.
func (f fault) String() string {
	if f.within != nil {
		return f.within.String()
	}
	return repr(f.texts)
}

// faults are what is wrong with an object or a list, in the order in which it was found.
type faults struct {
	order []any // names (string) or indexes (int)
	of    map[any]fault
}

// add adds sentences to what is wrong with a field.
func (f *faults) add(key any, texts ...string) {
	had := f.of[key]
	f.put(key, fault{texts: append(had.texts, texts...), within: had.within})
}

func (f *faults) put(key any, what fault) {
	if f.of == nil {
		f.of = map[any]fault{}
	}
	if _, had := f.of[key]; !had {
		f.order = append(f.order, key)
	}
	f.of[key] = what
}

func (f *faults) String() string {
	parts := make([]string, len(f.order))
	for i, key := range f.order {
		if n, ok := key.(int); ok {
			parts[i] = strconv.Itoa(n)
		} else {
			parts[i] = repr(key)
		}
		parts[i] += ": " + f.of[key].String()
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// refused is the answer with one sentence for each wrong field; nil when there is none.
func (f *faults) refused() error {
	if len(f.order) == 0 {
		return nil
	}
	texts := make([]string, len(f.order))
	for i, key := range f.order {
		texts[i] = fmt.Sprintf("Input Error - %v: %s", key, f.of[key])
	}
	return &failure{400, texts}
}
