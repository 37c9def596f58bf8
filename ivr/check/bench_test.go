package check

import (
	"fmt"
	"strings"
	"testing"
)

// large is a dialplan of many extensions: numbers, patterns, menus, and faults among them.
func large(extensions int) string {
	var b strings.Builder
	b.WriteString("[c]\ninclude = menus\n")
	for i := range extensions {
		fmt.Fprintf(&b, "exten = %d,1,NoOp(${CALLERID(num)})\nsame = n,GotoIf($[\"${CALLERID(num)}\" = \"%d\"]?out)\nsame = n,Dial(Local/%d@c,20)\nsame = n(out),Hangup()\n",
			1_000_000+i, i, 1_000_000+(i*7)%extensions)
		if i%10 == 0 {
			fmt.Fprintf(&b, "exten = _9%06dX.,1,Goto(%d,out)\nsame = n,NoOp(never)\n", i, 1_000_000+i)
			fmt.Fprintf(&b, "exten = 8%d,1,Goto(c,%d,uot)\nsame = n,Set(V%d=${W%d})\n", i, 1_000_000+i, i, i)
		}
	}
	for i := range extensions / 100 {
		fmt.Fprintf(&b, "[menu%d]\nexten = s,1,Set(tries=0)\nsame = n(start),Set(tries=$[${tries} + 1])\nsame = n,Background(a)\nsame = n,WaitExten(5)\nexten = 1,1,Goto(c,%d,1)\n"+
			"exten = i,1,GotoIf($[${tries} > 3]?bye)\nsame = n,Goto(s,start)\nsame = n(bye),Hangup()\nexten = t,1,Goto(i,1)\n", i, 1_000_000+i)
	}
	b.WriteString("[menus]\n")
	for i := range extensions / 100 {
		fmt.Fprintf(&b, "include = menu%d\n", i)
	}
	return b.String()
}

// BenchmarkPlan checks 100 000 extensions, of which every fifth has a fault.
func BenchmarkPlan(b *testing.B) {
	plan, problems := load(b, large(100_000))
	k := known()
	for b.Loop() {
		Plan(plan, problems, k)
	}
}
