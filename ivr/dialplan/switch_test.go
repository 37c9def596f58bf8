package dialplan_test

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"dialtone/ivr/dialplan"
)

// beside is a switch of texts, by context.
type beside map[string]made

// made is what it has of a context: a text, and numbers.
type made struct {
	text    string
	numbers []string // sorted
}

func (b beside) Context(name string) *dialplan.Context {
	m, ok := b[name]
	if !ok {
		return nil
	}
	c, problems := dialplan.Read(name, "["+name+"]\n"+m.text, numbers{name, m.numbers})
	if len(problems) > 0 {
		panic(fmt.Sprint(problems))
	}
	return c
}

type numbers struct {
	context string
	list    []string
}

func (n numbers) Number(exten string) *dialplan.Extension {
	if !slices.Contains(n.list, exten) {
		return nil
	}
	c, _ := dialplan.Read(n.context+" "+exten, fmt.Sprintf("[%s]\nexten = %s,1,NoOp(number %s)\nsame = n(here),NoOp()\n", n.context, exten, exten), nil)
	return c.Extensions[0]
}

func (n numbers) From(digits string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, number := range n.list {
			if strings.HasPrefix(number, digits) && !yield(number) {
				return
			}
		}
	}
}

func TestASwitchStandsBesideTheFiles(t *testing.T) {
	p := load(t, `
[office]
exten = 100,1,NoOp(file 100)
exten = _2XX,1,NoOp(file pattern)
include = lobby
include = stock
[lobby]
exten = 300,1,NoOp(lobby)
`).With(beside{
		"office": {text: "exten = _2X.,1,NoOp(made pattern)\nexten = 555,1,NoOp(made 555)\ninclude = lobby\ninclude = cellar\n", numbers: []string{"100", "210", "4001"}},
		"stock":  {text: "exten = 700,1,NoOp(stock)\ninclude = office\n"},
		"cellar": {text: "exten = 800,1,NoOp(cellar)\ninclude = cellar\n", numbers: []string{"300"}},
	})
	for exten, want := range map[string]string{
		"100":   "file 100",     // what the files say is found first
		"210":   "number 210",   // but numbers before patterns
		"211":   "file pattern", // and patterns of the files before those of the switch
		"2111":  "made pattern",
		"555":   "made 555",
		"4001":  "number 4001",
		"300":   "lobby", // includes of the files before those of the switch
		"700":   "stock", // the files include what only the switch has
		"800":   "cellar",
		"9":     "",
		"4":     "",
		"5-5-5": "made 555", // dashes do not count
	} {
		if got := at(p, "office", exten, 1, "", monday); got != want {
			t.Errorf("%s is %q, want %q", exten, got, want)
		}
	}
	if got := at(p, "stock", "100", 1, "", monday); got != "file 100" {
		t.Errorf("a context of the switch includes one of the files: 100 is %q", got)
	}
	if n, ok := p.Label("office", "4001", "here", "", monday); !ok || n != 2 {
		t.Error("a label of a number is not found")
	}
	if !p.Has("cellar") || !p.Has("lobby") || p.Has("attic") {
		t.Error("a plan has the contexts of the files and of the switch, and no others")
	}
}

func TestDigitsAreAwaitedForWhatASwitchHas(t *testing.T) {
	p := load(t, "[office]\nexten = 1,1,NoOp()\n[menu]\ninclude = elsewhere\nexten = _3!,1,NoOp()\n").With(beside{
		"office":    {text: "exten = _8XX,1,NoOp()\n", numbers: []string{"12", "4001"}},
		"elsewhere": {numbers: []string{"31", "50"}},
	})
	for _, c := range []struct {
		context, digits string
		exists, more    bool
	}{
		{"office", "1", true, true},
		{"office", "12", true, false},
		{"office", "400", false, true},
		{"office", "4001", true, false},
		{"office", "40011", false, false},
		{"office", "80", false, true},
		{"menu", "5", false, true},
		{"menu", "50", true, false},
		{"menu", "3", true, false}, // _3! of the files decides
		{"menu", "6", false, false},
		{"elsewhere", "3", false, true},
		{"nowhere", "3", false, false},
	} {
		m := p.Match(c.context, c.digits, "", monday)
		if m.Exists != c.exists || m.MatchMore != c.more || m.CanMatch != (c.exists || c.more) {
			t.Errorf("%s in [%s]: %+v", c.digits, c.context, m)
		}
	}
}

func TestExplainKnowsWhatASwitchHas(t *testing.T) {
	p := load(t, "[office]\nexten = _1XX,1,NoOp()\ninclude = later\n").With(beside{
		"office": {text: "exten = _10X,1,NoOp()\n", numbers: []string{"1", "100", "1001", "2"}},
		"later":  {numbers: []string{"100"}},
	})
	for digits, want := range map[string]string{
		"100": `100 office answers: 
_1XX office later: an extension without a pattern is tried first
_10X office later: an extension without a pattern is tried first
100 office,later later: [office] is searched before [later]
1001 office longer: it matches with more digits
`,
		"22": "2 office shorter: it matches 2; what follows is too much\n",
	} {
		var b strings.Builder
		for _, c := range p.Explain("office", digits, "", monday) {
			fmt.Fprintf(&b, "%s %s %s: %s\n", c.Extension.Name, strings.Join(c.Path, ","), c.Why, c.Text)
		}
		if b.String() != want {
			t.Errorf("%s is\n%s\nwant\n%s", digits, b.String(), want)
		}
	}
}

func TestFilesIncludeWhatASwitchHas(t *testing.T) {
	text := "[office]\ninclude = made\ninclude = nowhere\n"
	_, problems := dialplan.Load(dialplan.LoadOptions{FS: fstest.MapFS{"extensions.conf": {Data: []byte(text)}}, Switch: beside{"made": {}}}, "extensions.conf")
	if len(problems) != 1 || !strings.Contains(problems[0].Text, "[nowhere]") {
		t.Errorf("the problems are %v, want that of [nowhere] alone", problems)
	}
}

// Numbers that are made when they are asked for, and a text of the same extensions, give the same answers.
func TestNumbersAreExtensionsLikeOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		patterns := rapid.SliceOfNDistinct(rapid.StringMatching(`_[1-3XN]{1,3}[.!]?`), 0, 4, rapid.ID).Draw(t, "patterns")
		list := rapid.SliceOfNDistinct(rapid.StringMatching(`[1-3]{1,4}`), 0, 6, rapid.ID).Draw(t, "numbers")
		slices.Sort(list)
		digits := rapid.StringMatching(`[1-3]{0,5}`).Draw(t, "digits")
		var files, all strings.Builder
		for _, name := range patterns {
			fmt.Fprintf(&files, "exten = %s,1,NoOp(%s)\n", name, name)
		}
		all.WriteString(files.String())
		for _, name := range list {
			fmt.Fprintf(&all, "exten = %s,1,NoOp(number %s)\nsame = n(here),NoOp()\n", name, name)
		}
		plain, _ := loadText("[outer]\ninclude = c\n[c]\n" + all.String())
		read, _ := loadText("[outer]\ninclude = c\n[c]\n" + files.String())
		outer, _ := loadText("[outer]\ninclude = c\n")
		for name, p := range map[string]*dialplan.Plan{
			"numbers beside the patterns of a file": read.With(beside{"c": {numbers: list}}),
			"all of the switch":                     outer.With(beside{"c": {text: files.String(), numbers: list}}),
		} {
			for _, context := range []string{"outer", "c"} {
				want, got := plain.Match(context, digits, "", monday), p.Match(context, digits, "", monday)
				if want.Exists != got.Exists || want.CanMatch != got.CanMatch || want.MatchMore != got.MatchMore {
					t.Fatalf("%s: %q in [%s] is %+v, want %+v", name, digits, context, got, want)
				}
				if a, b := at(plain, context, digits, 1, "", monday), at(p, context, digits, 1, "", monday); a != b {
					t.Fatalf("%s: %q in [%s] is %q, want %q", name, digits, context, b, a)
				}
			}
		}
	})
}
