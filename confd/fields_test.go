package confd

import (
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// thing is an object with a field of each kind.
type thing struct {
	Name    string
	Note    string
	Mode    string
	Number  int
	Most    *int
	Ratio   *float64
	On      bool
	Strict  bool
	Days    []int
	Serial  string
	ID      string
	Within  string
	Periods []string
}

func (v *thing) read(o *object) {
	o.text("name", &v.Name, required, length(2, 5))
	o.text("note", &v.Note, nullable, length(0, 3))
	o.text("mode", &v.Mode, nullable, oneOf("prepend", "append"))
	o.number("number", &v.Number, between(1, 7))
	o.numberOrNull("most", &v.Most, atLeast(0))
	o.decimalOrNull("ratio", &v.Ratio, atLeast(0))
	o.truth("on", &v.On)
	o.truth("strict", &v.Strict, strict)
	o.numbers("days", &v.Days, between(1, 7))
	o.text("serial", &v.Serial, length(1, 0))
	o.text("id", &v.ID, uuid)
	o.object("within", func(o *object) {
		if o == nil {
			v.Within = "null"
			return
		}
		o.text("type", &v.Within, required, oneOf("a", "b"))
	}, nullable)
	o.list("periods", func(n int) { v.Periods = make([]string, n) }, func(i int, o *object) {
		var start, end string
		o.text("start", &start, required, matches(regexp.MustCompile(`^[0-9]{2}$`)))
		o.text("end", &end, required)
		if o.sound() && end < start {
			o.wrong("end is before start")
		}
		v.Periods[i] = start + "-" + end
	}, length(0, 2))
}

// readThing reads a body into a thing as a POST or a PUT would.
func readThing(v *thing, body string, partial bool) error {
	values, err := decode([]byte(body))
	if err != nil {
		return err
	}
	o := object{values: values, partial: partial}
	v.read(&o)
	return o.faults.refused()
}

// Each fault of a body is told by its field, in Python's notation, all at once, in the order of the fields.
func TestFieldsRefused(t *testing.T) {
	missing := "Input Error - name: ['Missing data for required field.']"
	for _, test := range []struct{ body, want string }{
		{`{}`, missing},
		{`null`, missing},
		{`false`, missing},
		{`0`, missing},
		{`-0.0`, missing},
		{`[]`, missing},
		{`""`, missing},
		{``, missing},
		{` `, missing},
		{`[1]`, "Input Error - _schema: ['Invalid input type.']"},
		{`"x"`, "Input Error - _schema: ['Invalid input type.']"},
		{`true`, "Input Error - _schema: ['Invalid input type.']"},
		{`7`, "Input Error - _schema: ['Invalid input type.']"},
		{`{`, "Input Error - the body is not JSON: it ends too early"},
		{`{"name" "x"}`, `Input Error - the body is not JSON: invalid character '"' after object key at byte 9`},
		{`{} {}`, "Input Error - the body is not JSON: something follows at byte 4"},
		{`{"name": null}`, "Input Error - name: ['Field may not be null.']"},
		{`{"name": 12}`, "Input Error - name: ['Not a valid string.']"},
		{`{"name": "a\u0000b"}`, "Input Error - name: ['Null characters are not allowed.']"},
		{`{"name": "éééééé"}`, "Input Error - name: ['Length must be between 2 and 5.']"},
		{`{"name": "abc", "note": "four"}`, "Input Error - note: ['Longer than maximum length 3.']"},
		{`{"name": "abc", "mode": "other"}`, "Input Error - mode: ['Must be one of: prepend, append.']"},
		{`{"name": "abc", "number": "x"}`, "Input Error - number: ['Not a valid integer.']"},
		{`{"name": "abc", "number": 1.5}`, "Input Error - number: ['Not a valid integer.']"},
		{`{"name": "abc", "number": true}`, "Input Error - number: ['Not a valid integer.']"},
		{`{"name": "abc", "number": 1e400}`, "Input Error - number: ['Not a valid integer.']"},
		{`{"name": "abc", "number": "0x7"}`, "Input Error - number: ['Not a valid integer.']"},
		{`{"name": "abc", "most": 12345678901234567890}`, "Input Error - most: ['Must be greater than or equal to -2147483648 and less than or equal to 2147483647.']"},
		{`{"name": "abc", "most": "-2147483649"}`, "Input Error - most: ['Must be greater than or equal to -2147483648 and less than or equal to 2147483647.']"},
		{"{\"name\": \"a\xffb\"}", "Input Error - the body is not UTF-8"},
		{"\xff\xfe{\x00}\x00", "Input Error - the body is not UTF-8"},
		{"\ufeff{}", missing},
		{`{"name": "abc", "number": 8}`, "Input Error - number: ['Must be greater than or equal to 1 and less than or equal to 7.']"},
		{`{"name": "abc", "most": -1}`, "Input Error - most: ['Must be greater than or equal to 0.']"},
		{`{"name": "abc", "ratio": "NaN"}`, "Input Error - ratio: ['Not a valid number.']"},
		{`{"name": "abc", "ratio": "Infinity"}`, "Input Error - ratio: ['Not a valid number.']"},
		{`{"name": "abc", "ratio": 1e300}`, "Input Error - ratio: ['Must be greater than or equal to -2147483648 and less than or equal to 2147483647.']"},
		{`{"name": "abc", "on": "perhaps"}`, "Input Error - on: ['Not a valid boolean.']"},
		{`{"name": "abc", "strict": "true"}`, "Input Error - strict: ['Not a valid boolean.']"},
		{`{"name": "abc", "strict": 1}`, "Input Error - strict: ['Not a valid boolean.']"},
		{`{"name": "abc", "days": 1}`, "Input Error - days: ['Not a valid list.']"},
		{`{"name": "abc", "days": [1, 8, "x", null]}`,
			"Input Error - days: {1: ['Must be greater than or equal to 1 and less than or equal to 7.'], 2: ['Not a valid integer.'], 3: ['Field may not be null.']}"},
		{`{"name": "abc", "serial": ""}`, "Input Error - serial: ['Shorter than minimum length 1.']"},
		{`{"name": "abc", "id": "7"}`, "Input Error - id: ['Not a valid UUID.']"},
		{`{"name": "abc", "within": []}`, "Input Error - within: {'_schema': ['Invalid input type.']}"},
		{`{"name": "abc", "within": {}}`, "Input Error - within: {'type': ['Missing data for required field.']}"},
		{`{"name": "abc", "within": {"type": "c"}}`, "Input Error - within: {'type': ['Must be one of: a, b.']}"},
		{`{"name": "abc", "periods": null}`, "Input Error - periods: ['Field may not be null.']"},
		{`{"name": "abc", "periods": [{},{},{}]}`, "Input Error - periods: ['Longer than maximum length 2.']"},
		{`{"name": "abc", "periods": [{"start": "12", "end": "11"}, {"start": "9h"}]}`,
			"Input Error - periods: {0: {'_schema': ['end is before start']}, 1: {'start': ['String does not match expected pattern.'], 'end': ['Missing data for required field.']}}"},
		{`{"mode": "x", "days": [9]}`, missing + " | Input Error - mode: ['Must be one of: prepend, append.']" +
			" | Input Error - days: {0: ['Must be greater than or equal to 1 and less than or equal to 7.']}"},
		{strings.Repeat("[", 100_000), "Input Error - the body has objects and lists within each other more than 64 deep"},
		{`{"name": "[[[", "x": ` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`, "Input Error - the body has objects and lists within each other more than 64 deep"},
	} {
		err := readThing(&thing{}, test.body, false)
		f, ok := errors.AsType[*failure](err)
		if !ok || f.status != 400 || strings.Join(f.texts, " | ") != test.want {
			t.Errorf("%.200s:\n %v\nwant\n %s", test.body, err, test.want)
		}
	}
}

func TestFieldsRead(t *testing.T) {
	most, ratio := 3, 1.5
	full := thing{Name: "abc", Note: "n", Mode: "append", Number: 5, Most: &most, Ratio: &ratio, On: true, Strict: true, Days: []int{1, 7}, Serial: "s",
		ID: "2c34c282-433e-4bb8-8d56-fec14ff7e1e9", Within: "a", Periods: []string{"08-12"}}
	text := `{"name": "abc", "note": "n", "mode": "append", "number": "5", "most": 3.0, "ratio": "1.5", "on": "Yes", "strict": true, "days": ["1", 7], "serial": "s",
		"id": "2c34c282-433e-4bb8-8d56-fec14ff7e1e9", "within": {"type": "a", "more": 1}, "periods": [{"start": "08", "end": "12"}], "unknown": {"x": []}}`
	var v thing
	if err := readThing(&v, text, false); err != nil || !reflect.DeepEqual(v, full) {
		t.Errorf("%+v %v", v, err)
	}
	// PUT changes what it names, whatever is required.
	if err := readThing(&v, `{"number": 6}`, true); err != nil || v.Number != 6 || v.Name != "abc" || v.Note != "n" || len(v.Days) != 2 {
		t.Errorf("a PUT of one field: %+v %v", v, err)
	}
	if err := readThing(&v, `{"note": null, "mode": null, "most": null, "within": null, "days": [], "periods": []}`, true); err != nil ||
		v.Note != "" || v.Mode != "" || v.Most != nil || v.Within != "null" || len(v.Days) != 0 || len(v.Periods) != 0 {
		t.Errorf("a PUT of nulls: %+v %v", v, err)
	}
	// What is inside is read whole, also by PUT, and what is wrong changes nothing else that is sound.
	if err := readThing(&v, `{"within": {}}`, true); err == nil {
		t.Error("an object without its required field was taken by PUT")
	}
	for body, want := range map[string]bool{`true`: true, `"T"`: true, `"on"`: true, `1`: true, `"1"`: true, `false`: false, `"No"`: false, `0`: false, `"off"`: false} {
		v.On = !want
		if err := readThing(&v, `{"on": `+body+`}`, true); err != nil || v.On != want {
			t.Errorf("on: %s is %v, %v", body, v.On, err)
		}
	}
}

func TestRepr(t *testing.T) {
	for _, test := range []struct {
		v    any
		want string
	}{
		{nil, "None"}, {true, "True"}, {false, "False"}, {42, "42"}, {json.Number("1.50"), "1.50"}, {"abc", "'abc'"},
		{"it's", `"it's"`}, {`say "hi"`, `'say "hi"'`}, {`it's "both"`, `'it\'s "both"'`}, {`back\slash`, `'back\\slash'`},
		{"a\r\n\tb\x00\x7f", `'a\r\n\tb\x00\x7f'`}, {"é", "'é'"}, {"\u0085", `'\x85'`}, {"\u200b", `'\u200b'`}, {"\U000e0001", `'\U000e0001'`},
		{[]string{"a", "b"}, "['a', 'b']"},
	} {
		if got := repr(test.v); got != test.want {
			t.Errorf("%q: %s, want %s", test.v, got, test.want)
		}
	}
	if got := pairs([]any{"id", 42, "context", "default"}).String(); got != " ('id': 42, 'context': 'default')" {
		t.Error(got)
	}
}

// Whatever a body is, it is read or refused by sentences, each a line of text.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{`{}`, `null`, `{"name":"abc","days":[1,"2"],"periods":[{"start":"08","end":"12"}]}`, `{"within":{"type":"a"},"on":"yes"}`,
		`[[[[`, `{"name":"\ud800"}`, `{"name":"abc","number":1e5,"note":null}`, "{\"name\":\"\xff\"}"} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, body string, partial bool) {
		var v thing
		err := readThing(&v, body, partial)
		if err == nil {
			if !partial && (len([]rune(v.Name)) < 2 || len([]rune(v.Name)) > 5) {
				t.Errorf("%q was taken with the name %q", body, v.Name)
			}
			return
		}
		refused, ok := errors.AsType[*failure](err)
		if !ok || refused.status != 400 || len(refused.texts) == 0 {
			t.Fatalf("%q: %v", body, err)
		}
		for _, text := range refused.texts {
			if !strings.HasPrefix(text, "Input Error - ") || strings.ContainsAny(text, "\r\n") {
				t.Errorf("%q: %q", body, text)
			}
		}
	})
}
