package dialplan_test

import (
	"fmt"
	"testing/fstest"
	"time"

	"dialtone/ivr/dialplan"
)

func Example() {
	fsys := fstest.MapFS{"menu.conf": {Data: []byte(`
[menu]
exten = s,1,Answer(1000)
same = n(start),Background(choices)
exten = _1X,1,Goto(office,${EXTEN},1)
exten = 2,0,Hangup()
include = nihgt,22:00-06:00
[night]
`)}}
	plan, problems := dialplan.Load(dialplan.LoadOptions{FS: fsys}, "menu.conf")
	for _, p := range problems {
		fmt.Println(p.Severity, p)
	}
	now := time.Now()
	line, _ := plan.Find(dialplan.Place{Context: "menu", Exten: "12", Priority: 1}, "", now)
	fmt.Println(line.Pos, line.App, line.Args, "of", line.Extension.Name)
	m := plan.Match("menu", "1", "", now)
	fmt.Println("1 exists:", m.Exists, "more digits can match:", m.MatchMore)
	// Output:
	// error menu.conf:6:11: priority "0" is not above 0: the line is skipped
	// warning menu.conf:7:11: [menu] includes [nihgt], which does not exist (did you mean [night]?)
	// menu.conf:5:15 Goto office,${EXTEN},1 of _1X
	// 1 exists: false more digits can match: true
}
