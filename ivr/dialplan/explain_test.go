package dialplan_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestExplainTellsWhatComesClose(t *testing.T) {
	p := load(t, `
[a]
exten = _1[0-5]X,1,NoOp()
exten = _1XX,1,NoOp()
exten = _1.,1,NoOp()
exten = _1!,1,NoOp()
exten = 123/99,1,NoOp()
exten = 12345,1,NoOp()
exten = 12,1,NoOp()
exten = s,1,NoOp()
exten = _12X,2,NoOp()
include = b
include = closed,0:00-1:00
[b]
exten = 123,1,NoOp()
exten = 7,1,NoOp()
include = a
[closed]
exten = 123,1,NoOp()
exten = 9,1,NoOp()
`)
	for digits, want := range map[string]string{
		"123": `_1[0-5]X a answers: 
_1XX a later: at digit 2 _1[0-5]X has fewer choices (6) than it has (10)
_1. a later: at digit 2 _1[0-5]X is more exact than .
_1! a later: at digit 2 _1[0-5]X is more exact than !
123 a,b later: [a] is searched before [b]
123 a caller: it is for caller 99 only
_12X a first: it has no priority 1
123 a,closed closed: the include "closed,0:00-1:00" is outside its times
12345 a longer: it matches with more digits
`,
		"9":  "9 a,closed closed: the include \"closed,0:00-1:00\" is outside its times\n",
		"78": "7 a,b shorter: it matches 7; what follows is too much\n",
		"7":  "7 a,b answers: \n",
		"x":  "",
	} {
		var b strings.Builder
		for _, c := range p.Explain("a", digits, "", monday) {
			fmt.Fprintf(&b, "%s %s %s: %s\n", c.Extension.Name, strings.Join(c.Path, ","), c.Why, c.Text)
		}
		if b.String() != want {
			t.Errorf("%s is\n%s\nwant\n%s", digits, b.String(), want)
		}
	}
	if p.Explain("nowhere", "1", "", monday) != nil {
		t.Error("a context that does not exist has something")
	}
}
