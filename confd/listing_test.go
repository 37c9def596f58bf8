package confd

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// entry is something that can be listed.
type entry struct {
	id     int
	name   any // a string or nil
	count  int
	on     bool
	extens []string
}

var entries = []*entry{
	{1, "Éléonore", 10, true, []string{"1001"}},
	{2, "bruno", 9, false, nil},
	{3, nil, 9, true, []string{"1003", "2003"}},
	{4, "Straße 7", 100, false, []string{"900"}},
	{5, "bruno", 10, true, []string{"1001"}},
}

var entryListing = listing[entry]{
	columns: []column[entry]{
		everything("id", func(e *entry) any { return e.id }),
		everything("name", func(e *entry) any { return e.name }),
		{name: "count", value: func(e *entry) any { return e.count }, order: true, match: true},
		{name: "on", value: func(e *entry) any { return e.on }, order: true, match: true},
		everything("exten", func(e *entry) any { return e.extens }),
		{name: "secret", value: func(e *entry) any { return "xyzzy" }},
	},
	order: "id", show: func(e *entry) any { return e.id },
}

func TestList(t *testing.T) {
	for _, test := range []struct{ query, want string }{
		{"", "5: 1 2 3 4 5"},
		{"limit=2", "5: 1 2"},
		{"limit=2&offset=4", "5: 5"},
		{"offset=5", "5: "},
		{"offset=99&limit=1", "5: "},
		{"offset=99999999999999999999", "5: "},
		{"limit=99999999999999999999&offset=%202", "5: 3 4 5"},
		{"limit=2&limit=9&recurse=False", "5: 1 2"}, // the first one counts
		{"direction=desc", "5: 5 4 3 2 1"},
		{"order=name", "5: 4 2 5 1 3"}, // null last, ties by id
		{"order=name&direction=desc", "5: 3 1 2 5 4"},
		{"order=count", "5: 2 3 1 5 4"},
		{"order=on", "5: 2 4 1 3 5"},
		{"order=exten", "5: 1 5 3 4 2"},
		{"order=count&limit=2&offset=1", "5: 3 1"},
		{"search=ELEO", "1: 1"},
		{"search=eléo", "1: 1"},
		{"search=strasse", "1: 4"},
		{"search=BRU", "2: 2 5"},
		{"search=1003", "1: 3"},
		{"search=2003", "1: 3"},
		{"search=xyzzy", "0: "},
		{"search=true", "0: "},
		{"search=", "5: 1 2 3 4 5"},
		{"name=bruno", "2: 2 5"},
		{"name=Bruno", "0: "},
		{"name=", "0: "},
		{"count=9", "2: 2 3"},
		{"count=nine", "0: "},
		{"on=True", "3: 1 3 5"},
		{"on=perhaps", "0: "},
		{"exten=2003", "1: 3"},
		{"exten=1001&count=10&limit=1", "2: 1"},
		{"secret=xyzzy", "5: 1 2 3 4 5"}, // not to be matched
		{"unknown=7&recurse=False", "5: 1 2 3 4 5"},
		{"limit=0", "field 'limit': wrong type. Should be a positive number"},
		{"limit=-1", "field 'limit': wrong type. Should be a positive number"},
		{"limit=ten", "field 'limit': wrong type. Should be a positive number"},
		{"limit=", "field 'limit': wrong type. Should be a positive number"},
		{"offset=-99999999999999999999", "field 'offset': wrong type. Should be a positive number"},
		{"direction=", "direction: must be 'asc' or 'desc'"},
		{"recurse=maybe", "recurse: ['Not a valid boolean.']"},
		{"offset=-1", "field 'offset': wrong type. Should be a positive number"},
		{"order=foo", "order: column 'foo' was not found (there are id, name, count, on, exten)"},
		{"order=secret", "order: column 'secret' was not found (there are id, name, count, on, exten)"},
		{"direction=up", "direction: must be 'asc' or 'desc'"},
	} {
		r := &request{http: httptest.NewRequest("GET", "/?"+test.query, nil)}
		made, err := list(r, slices.Values(entries), entryListing)
		if err != nil {
			if err.Error() != "Input Error - "+test.want {
				t.Errorf("%s: %v, want %s", test.query, err, test.want)
			}
			continue
		}
		var got page
		text, _ := json.Marshal(made.body)
		if err := json.Unmarshal(text, &got); err != nil || got.Items == nil {
			t.Fatalf("%s: %s", test.query, text)
		}
		if s := fmt.Sprintf("%d: %s", got.Total, strings.Trim(fmt.Sprint(got.Items), "[]")); s != test.want {
			t.Errorf("%s: %s, want %s", test.query, s, test.want)
		}
	}
}

// Pages put together are the whole list, whatever it is ordered by.
func TestPagesNeverOverlap(t *testing.T) {
	for _, order := range []string{"id", "name", "count", "on", "exten"} {
		for _, direction := range []string{"asc", "desc"} {
			var all []any
			for offset := 0; ; offset += 2 {
				query := url.Values{"order": {order}, "direction": {direction}, "limit": {"2"}, "offset": {fmt.Sprint(offset)}}
				made, err := list(&request{asked: query}, slices.Values(entries), entryListing)
				if err != nil {
					t.Fatal(err)
				}
				items := made.body.(page).Items
				if len(items) == 0 {
					break
				}
				all = append(all, items...)
			}
			made, _ := list(&request{asked: url.Values{"order": {order}, "direction": {direction}}}, slices.Values(entries), entryListing)
			if whole := made.body.(page).Items; !slices.Equal(all, whole) || len(whole) != len(entries) {
				t.Errorf("%s %s: %v in pages, %v as a whole", order, direction, all, whole)
			}
		}
	}
}

func TestFold(t *testing.T) {
	for text, want := range map[string]string{"": "", "ABC": "abc", "Éléonore": "eleonore", "e\u0301": "e", "Łódź": "lodz", "Ærø": "aero", "ПРИВЁТ": "привет", "日本": "日本"} {
		if got := fold(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
