package ivr

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestArgumentsAreSplitAtCommas(t *testing.T) {
	for _, test := range []struct {
		text  string
		limit int
		clean []string
		raw   []string
	}{
		{"", 0, []string{""}, []string{""}},
		{"a,b, c ", 0, []string{"a", "b", " c "}, []string{"a", "b", " c "}},
		{"a,,", 0, []string{"a", "", ""}, []string{"a", "", ""}},
		{`a\,b,c`, 0, []string{"a,b", "c"}, []string{`a\,b`, "c"}},
		{`"a,b",c`, 0, []string{"a,b", "c"}, []string{`"a,b"`, "c"}},
		{"f(a,b),[c,d],)e", 0, []string{"f(a,b)", "[c,d]", ")e"}, []string{"f(a,b)", "[c,d]", ")e"}},
		{`a,"b",c`, 2, []string{"a", `"b",c`}, []string{"a", `"b",c`}},
		{`a,b`, 1, []string{"a,b"}, []string{"a,b"}},
		{`a\`, 0, []string{"a"}, []string{`a\`}},
		{`a,`, 2, []string{"a", ""}, []string{"a", ""}},
	} {
		if got := SplitArgs(test.text, test.limit); !slices.Equal(got, test.clean) {
			t.Errorf("SplitArgs(%q, %d) = %q, want %q", test.text, test.limit, got, test.clean)
		}
		if got := SplitRaw(test.text, ',', test.limit); !slices.Equal(got, test.raw) {
			t.Errorf("SplitRaw(%q, %d) = %q, want %q", test.text, test.limit, got, test.raw)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"a,b", `"a,b`, `\`, "((,", `a\,"b,[`, ",,,", `,"`} {
		f.Add(seed, 2)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = max(min(limit, 100), 0)
		raw := SplitRaw(text, ',', limit)
		if got := strings.Join(raw, ","); got != text {
			t.Errorf("%q became %q", text, raw)
		}
		clean := SplitArgs(text, limit)
		if len(clean) != len(raw) || limit > 0 && len(clean) > limit {
			t.Errorf("%q: %q and %q, at most %d", text, raw, clean, limit)
		}
	})
}

func TestConditions(t *testing.T) {
	for condition, want := range map[string]bool{
		"": false, "0": false, "00": false, " 0 ": false, "0.5": false, "0abc": false, "-0": false, "+0": false,
		"1": true, "abc": true, "-1": true, `"0"`: true, " ": true, "-": true, "99999999999999999999": true,
	} {
		if got := True(condition); got != want {
			t.Errorf("True(%q) = %v", condition, got)
		}
	}
}

func TestLeadingInt(t *testing.T) {
	for _, test := range []struct {
		text string
		n    int
		ok   bool
	}{
		{"12", 12, true}, {" +2", 2, true}, {"1x", 1, true}, {"1.5", 1, true}, {"-7,", -7, true},
		{"", 0, false}, {"x1", 0, false}, {"-", 0, false}, {"+-1", 0, false},
		{"99999999999", math.MaxInt32, true}, {"-99999999999", math.MinInt32, true},
	} {
		if n, ok := LeadingInt(test.text); n != test.n || ok != test.ok {
			t.Errorf("LeadingInt(%q) = %d, %v", test.text, n, ok)
		}
	}
}

func TestCallerIDs(t *testing.T) {
	for _, test := range []struct{ text, name, number, all string }{
		{`"Jean D" <0102>`, "Jean D", "0102", `"Jean D" <0102>`},
		{"Foo Bar <123>", "Foo Bar", "123", `"Foo Bar" <123>`},
		{"456", "", "456", "456"},
		{"<456>", "", "456", "456"},
		{"+33 1 23", "", "+33 1 23", "+33 1 23"},
		{"alice", "alice", "", `"alice"`},
		{`"A \"B\"" <1>`, `A "B"`, "1", `"A "B"" <1>`},
		{"", "", "", ""},
	} {
		name, number := ParseCallerID(test.text)
		if name != test.name || number != test.number {
			t.Errorf("ParseCallerID(%q) = %q, %q", test.text, name, number)
		}
		if all := (CallerID{Name: name, Number: number}).String(); all != test.all {
			t.Errorf("%q is written %q", test.text, all)
		}
	}
}

func TestSoundErrorSaysWhereItLooked(t *testing.T) {
	err := &SoundError{Name: "hello", Looked: []string{"a/en/hello.wav", "a/hello.wav"}}
	if got := err.Error(); got != `sound "hello" does not exist (looked for a/en/hello.wav, a/hello.wav)` {
		t.Error(got)
	}
}

func TestGroupsCountLiveCalls(t *testing.T) {
	g := NewGroups()
	a, b := &Run{groups: g, limits: DefaultLimits}, &Run{groups: g, limits: DefaultLimits}
	a.SetGroup("", "x")
	b.SetGroup("", "x")
	b.SetGroup("out", "y")
	if n := g.Count("x", ""); n != 2 {
		t.Errorf("%d calls in x", n)
	}
	b.SetGroup("", "")
	if n := g.Count("x", ""); n != 1 {
		t.Errorf("%d calls in x after one left", n)
	}
	g.leave(b)
	if n := g.Count("y", "out"); n != 0 || len(g.m) != 1 {
		t.Errorf("%d calls in y@out after the end", n)
	}
}
