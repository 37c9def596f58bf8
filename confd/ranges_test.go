package confd

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dialtone/store"
)

// TestSpansAgreeWithCounting takes numbers out of spans, and looks for digits in them, and counts them one by one beside that.
func TestSpansAgreeWithCounting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.IntRange(1, 3).Draw(t, "digits")
		most := map[int]int{1: 9, 2: 99, 3: 999}[digits]
		first := rapid.IntRange(0, most).Draw(t, "first")
		last := rapid.IntRange(first, most).Draw(t, "last")
		of := span{uint64(first), uint64(last), digits}
		taken := rapid.SliceOfN(rapid.Uint64Range(0, 1200), 0, 20).Draw(t, "taken")
		slices.Sort(taken)
		search := rapid.StringMatching(`[0-9]{1,4}`).Draw(t, "search")

		var left, having []string
		for n := first; n <= last; n++ {
			text := fmt.Sprintf("%0*d", digits, n)
			if !slices.Contains(taken, uint64(n)) {
				left = append(left, text)
			}
			if strings.Contains(text, search) {
				having = append(having, text)
			}
		}
		if got := counted(of.without(taken)); !slices.Equal(got, left) {
			t.Fatalf("%v without %v: %v, want %v", of, taken, got, left)
		}
		found := of.having(search, nil)
		if got := counted(found); !slices.Equal(got, having) {
			t.Fatalf("%v having %s: %v, want %v", of, search, got, having)
		}
		for i := 1; i < len(found); i++ {
			if found[i-1].last+1 == found[i].first {
				t.Fatalf("%v and %v are one range", found[i-1], found[i])
			}
		}
	})
}

// counted are the numbers of spans, one by one.
func counted(spans []span) []string {
	var all []string
	for _, s := range spans {
		for n := s.first; n <= s.last; n++ {
			all = append(all, s.number(n))
		}
	}
	return all
}

func TestSearchesOfManyNumbersEnd(t *testing.T) {
	all := spans([]store.Range{store.AllNumbers})
	if got := len(having(all, "12")); got != maxRanges+1 {
		t.Errorf("%d ranges, of which more than %d are not wanted", got, maxRanges)
	}
	if got := counted(having(all, "1234567890123456")); !slices.Equal(got, []string{"1234567890123456"}) {
		t.Errorf("%v", got)
	}
	if got := having(all, "12345678901234567"); len(got) != 0 {
		t.Errorf("%v have more digits than they have", got)
	}
}

func TestNumbersWithinRanges(t *testing.T) {
	c := &store.Context{UserRanges: []store.Range{{Start: "0100", End: "0199"}}, IncallRanges: []store.IncallRange{
		{Range: store.Range{Start: "33123456000", End: "33123456099"}, DIDLength: 3}, {Range: store.Range{Start: "20", End: "29"}, DIDLength: 9}}}
	for number, want := range map[string][2]bool{
		"0100": {true, false}, "0199": {true, false}, "0200": {false, false}, "150": {true, false}, "+0150": {true, false},
		"050": {false, true}, "25": {false, true}, "33123456050": {false, false}, "": {false, false}, "*15": {false, false}, "99999999999999999999999": {false, false},
	} {
		if got := [2]bool{within(spans(c.UserRanges), number), within(incallSpans(c), number)}; got != want {
			t.Errorf("%q: user, incall %v, want %v", number, got, want)
		}
	}
}

// Ranges are searched, ordered and paged as the original does it.
func TestRangesOfAContext(t *testing.T) {
	l := newLab(t)
	at := fmt.Sprintf("/contexts/%d/ranges/", l.id("/contexts", `{"label": "a", "user_ranges": [{"start": "00", "end": "99"}, {"start": "0001", "end": "0499"}],
		"group_ranges": [{"start": "5999", "end": "6000"}, {"start": "100", "end": "999"}, {"start": "900", "end": "999"}]}`))
	for query, want := range map[string]string{
		"user":                             "00-99 0001-0499",
		"user?search=11":                   "11-11 0011-0011 0110-0119 0211-0211 0311-0311 0411-0411",
		"user?search=11&limit=2":           "11-11 0011-0011",
		"user?search=11&offset=4&limit=3":  "0311-0311 0411-0411",
		"user?search=10000":                "",
		"user?search=a":                    "",
		"group":                            "100-999 5999-6000",
		"group?order=start&direction=desc": "5999-6000 100-999",
		"group?order=end":                  "5999-6000 100-999",
		"group?availability=all&offset=9":  "",
		"queue":                            "",
	} {
		var got []string
		for _, item := range l.get(at + query)["items"].([]any) {
			r := item.(map[string]any)
			got = append(got, r["start"].(string)+"-"+r["end"].(string))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
	if total := l.get(at + "user?search=11&limit=2")["total"]; total != 6. {
		t.Errorf("%v in all", total)
	}
	l.refused(400, "GET", at+"user?availability=", nil, "Input Error - availability: ['Must be one of: all, available.']")
	if got := l.ask("GET", at+"unknown", nil).want(404).object(); got["message"] == nil {
		t.Errorf("an unknown kind: %v", got)
	}
}
