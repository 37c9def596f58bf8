package check

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"dialtone/ivr/dialplan"
)

// planted are faults of one line in the manual's first menu: what stands there, what
// is put in its place, and the line that must be named, as a part of its text; empty:
// the changed one.
var planted = []struct{ name, from, to, line, want string }{
	{"application misspelt", "Answer(1000)", "Anwser(1000)", "", "did you mean Answer?"},
	{"jump application misspelt", "exten = i,n,GotoIf(", "exten = i,n,GotIf(", "", "did you mean GotoIf?"},
	{"blank before the bracket", "Waitexten(5)", "Waitexten (5)", "", "the blank before the bracket"},
	{"application of later versions", "exten = 1,n,Goto(", "exten = 1,n,Queue(sales", "", "not available"},
	{"application of former times", "Playback(${GV_DIRECTORY_SOUNDS}/ivr-example-error)", "Macro(error)", "", "use Gosub"},
	{"label misspelt in Goto", "exten = i,n,Goto(s,start)", "exten = i,n,Goto(s,strat)", "", "did you mean start?"},
	{"label misspelt in GotoIf", "?error)", "?eror)", "", "did you mean error?"},
	{"label misspelt where it stands", "n(start)", "n(strat)", "exten = i,n,Goto(s,start)", "did you mean strat?"},
	{"extension that does not exist", "8833,1)", "8834,1)", "", "no extension \"8834\""},
	{"context misspelt", "(IVR_DESTINATION_CONTEXT=my-ivr-destination-context)", "(IVR_DESTINATION_CONTEXT=my-ivr-destinaton-context)", "exten = 1,n,Goto", "no context"},
	{"priority that does not exist", "Goto(i,1)", "Goto(i,99)", "", "no priority 99"},
	{"variable misspelt where it is read", "$[${counter}>=3]", "$[${countr}>=3]", "", "did you mean counter?"},
	{"variable misspelt in a message", "is now = ${counter})", "is now = ${conuter})", "", "did you mean counter?"},
	{"variable misspelt where it is set", "Set(IVR_DESTINATION_CONTEXT=", "Set(IVR_DESTINATON_CONTEXT=", "", "did you mean IVR_DESTINATION_CONTEXT?"},
	{"variable in another case", "Set(counter=$[${counter} + 1])", "Set(counter=$[${COUNTER} + 1])", "", "did you mean counter?"},
	{"function misspelt", "counter variable is now = ${counter}", "length ${LENN(${counter})}", "", "did you mean LEN?"},
	{"function in lower case", "counter variable is now = ${counter}", "length ${len(${counter})}", "", "did you mean LEN?"},
	{"sound misspelt", "ivr-example-choices)\nsame = n,NoOp(waiting", "ivr-exemple-choices)\nsame = n,NoOp(waiting", "ivr-exemple-choices)", "does not exist"},
	{"sound with its ending", "ivr-example-error)", "ivr-example-error.wav)", "", "did you mean ${GV_DIRECTORY_SOUNDS}/ivr-example-error?"},
	{"reference not closed", "/ivr-example-welcome-sound)", "/ivr-example-${welcome)", "", "no closing"},
	{"expression not closed", "$[${counter}>=3]", "$[${counter}>=3", "", "no closing"},
	{"expression not complete", "$[${counter} + 1]", "$[${counter} + ]", "", "not complete"},
	{"operators side by side", "$[${counter}>=3]", "$[${counter}>=<3]", "", "makes no sense"},
	{"condition without brackets", "$[${counter}>=3]", "${counter}>=3", "", "not in $[ ]"},
	{"quotes on one side", "$[${counter}>=3]", "$[\"${counter}\"=3]", "", "never equal"},
	{"text compared by size", "$[${counter}>=3]", "$[\"${counter}\">=\"3\"]", "", "compares texts"},
	{"GotoIf without ?", "]?error)", "],error)", "", "without a ?"},
	{"Set without =", "Set(counter=0)", "Set(counter 0)", "", "no ="},
	{"two variables in a Set", "Set(counter=0)", "Set(counter=0,tries=3)", "", "did you mean MSet?"},
	{"Wait of a text", "Wait(1)", "Wait(one)", "", "not a number"},
	{"WaitExten of a negative number", "Waitexten(5)", "Waitexten(-5)", "", "negative"},
	{"Playback of nothing", "Playback(${GV_DIRECTORY_SOUNDS}/ivr-example-invalid-choice)", "Playback()", "", "needs the name of a sound"},
	{"options that do nothing", "exten = 4,n,Goto(s,start)", "exten = 4,n,Dial(PJSIP/1001,20,tkU(a^b(c)^n)g)", "", "option k does nothing here"},
	{"a cause that is none", "i,n,Hangup()", "i,n,Hangup(USER_BISY)", "", "did you mean USER_BUSY?"},
	{"line behind a Hangup", "exten = i,n,Hangup()", "exten = i,n,Hangup()\nexten = i,n,NoOp(bye)", "exten = i,n,NoOp(bye)", "never reached"},
	{"line behind a Goto", "exten = t,n,Goto(i,1)", "exten = t,n,Goto(i,1)\nexten = t,n,NoOp(on)", "exten = t,n,NoOp(on)", "never reached"},
	{"gap in the numbers", "exten = 4,n,Goto(s,start)", "exten = 4,3,Goto(s,start)", "", "no priority 2"},
	{"priority twice", "exten = 4,n,Goto(s,start)", "exten = 4,1,Goto(s,start)", "", "is there already"},
	{"label twice", "n(beginning)", "n(first)", "", "stands at priority"},
	{"keyword misspelt", "exten = t,n,Goto(i,1)", "extn = t,n,Goto(i,1)", "", "unknown keyword"},
	{"label not closed", "same = n(first),", "same = n(first,", "", "no closing"},
	{"wrong extension in a retry", "exten = i,n,Goto(s,start)", "exten = i,n,Goto(s,beginning)", "", "endless loop"},
	{"counter that does not count", "$[${counter} + 1])", "0)", "exten = i,n,Goto(s,start)", "endless loop"},
	{"counter without a beginning", "(beginning),Set(counter=0)", "(beginning),NoOp()", "same = n(start)", "no value to begin with"},
	{"retry that nobody counts", "exten = i,n,GotoIf($[${counter}>=3]?error)", "exten = i,n,NoOp(error)", "exten = i,n(error)", "never reached"},
	{"Goto to itself", "exten = 4,1,NoOp(pressed digit is 4, redirect to start label in this context)", "exten = 4,1,Goto(4,1)", "", "endless loop"},
	{"Return without Gosub", "exten = 4,n,Goto(s,start)", "exten = 4,n,Return()", "", "no Gosub"},
	{"pattern that takes everything", "exten = i,1,", "exten = _.,1,", "", "matches everything"},
	{"pattern without underscore", "exten = 3,1,", "exten = 3XX,1,", "", "did you mean _3XX?"},
	{"set not closed", "exten = 4,1,NoOp(pressed digit is 4, redirect to start label in this context)", "exten = _[4,1,NoOp()", "", "closing"},
	{"no wait for a digit", "same = n,Waitexten(5)", "same = n,NoOp(5)", "Background", "nothing waits"},
	{"menu without t", "exten = t,1,", "exten = T,1,", "Waitexten", "no extension t"},
	{"menu without i", "exten = i,1,NoOp(if counter", "exten = I,1,NoOp(if counter", "Background", "no extension i"},
	{"times with a dot", "exten = 4,n,Goto(s,start)", "exten = 4,n,GotoIfTime(9-17,mon-fri,*,*?s,start)", "", "did you mean 9:00-17:00?"},
	{"a day by its whole name", "exten = 4,n,Goto(s,start)", "exten = 4,n,GotoIfTime(*,monday,*,*?s,start)", "", "did you mean mon?"},
	{"no comma behind the priority", "exten = 4,n,Goto(s,start)", "exten = 4,n Goto(s,start)", "", "no closing"},
	{"no closing bracket", "exten = 4,n,Goto(s,start)", "exten = 4,n,Goto(s,start", "", "no closing"},
	{"a bracket too many", "exten = 4,n,Goto(s,start)", "exten = 4,n,Goto(s,start))", "", "closes nothing"},
	{"a dot for a comma", "exten = 4,n,Goto(s,start)", "exten = 4,n,Goto(s.start)", "", "no label"},
	{"a semicolon for a comma", "exten = 4,n,Goto(s,start)", "exten = 4,n,Goto(s;start)", "", "no closing"},
	{"no comma behind the label", "n(error),Playback(${GV_DIRECTORY_SOUNDS}/ivr-example-error)", "n(error)Playback(x)", "", "no application"},
	{"no slash in a sound", "${GV_DIRECTORY_SOUNDS}/ivr-example-error", "${GV_DIRECTORY_SOUNDS}ivr-example-error", "", "does not exist"},
	{"a variable without its braces", "Set(counter=$[${counter} + 1])", "Set(counter=$[counter + 1])", "", "did you mean ${counter}?"},
	{"a variable without its braces in a comparison", "$[${counter}>=3]", "$[counter>=3]", "", "did you mean ${counter}?"},
	{"a variable set by its value", "Set(counter=0)", "Set(${counter}=0)", "", "did you mean counter?"},
	{"a target without its priority", "${IVR_DESTINATION_CONTEXT},8547,1)", "${IVR_DESTINATION_CONTEXT},8547)", "", "nowhere"},
	{"a target without its context", "${IVR_DESTINATION_CONTEXT},8547,1)", "8547,1)", "", "nowhere"},
	{"seconds with their unit", "Wait(1)", "Wait(1s)", "", "not a number"},
	{"a time-out that leads to itself", "exten = t,n,Goto(i,1)", "exten = t,n,Goto(t,1)", "", "endless loop"},
	{"an invalid digit that leads to itself", "exten = i,n,Goto(s,start)", "exten = i,n,Goto(i,1)", "", "endless loop"},
	{"an operator the wrong way round", "$[${counter}>=3]", "$[${counter}=>3]", "", "makes no sense"},
	{"a colon for the ?", "]?error)", "]:error)", "", "without a ?"},
	{"blanks round the ?", "]?error)", "] ? error)", "", "did you mean error?"},
	{"braces for brackets", "exten = i,n,GotoIf($[${counter}>=3]?error)", "exten = i,n,GotoIf{$[${counter}>=3]?error}", "", "did you mean GotoIf"},
	{"round brackets for an expression", "$[${counter} + 1]", "$(${counter} + 1)", "", "did you mean $[…]?"},
	{"an item of a function misspelt", "exten = 4,1,NoOp(pressed", "exten = 4,1,Set(TIMEOUT(digits)=3) ;(", "", "did you mean digit?"},
	{"an include of nothing", "[dp-ivr-example]", "[dp-ivr-example]\ninclude => holidays", "include => holidays", "does not exist"},
	{"a first line that is missing", "exten = 2,1,NoOp(pressed digit is 2, redirect to 8833 in ${IVR_DESTINATION_CONTEXT} context)", "", "exten = 2,n", "begins with priority"},
	{"same before any exten", "[dp-ivr-example]", "[dp-ivr-example]\nsame = n,Answer()", "same = n,Answer()", "no exten before it"},
	{"a technology that is not there", "exten = 4,n,Goto(s,start)", "exten = 4,n,Dial(IAX2/100)", "", "not available"},
	{"a function that is set but cannot be", "Set(counter=0)\n\nsame = n,NoOp(variable \"counter\" is incremented", "Set(LEN(counter)=0)\nsame = n,Set(counter=0)\nsame = n,NoOp(variable \"counter\" is incremented", "", "but not set"},
	{"While without EndWhile", "exten = 4,1,NoOp(pressed digit is 4, redirect to start label in this context)", "exten = 4,1,While($[${counter} < 3])", "", "EndWhile"},
}

// TestPlantedFaultsAreFound plants one fault at a time into the manual's first menu:
// its line must be named, and no other one, unless a fault shows at several.
func TestPlantedFaultsAreFound(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	menu := read("testdata/minimal.conf")
	destinations := read("../../examples/minimal/my-ivr-destination-context.conf")
	k := known()
	k.Sounds = func(name string) ([]string, bool) {
		return nil, strings.HasPrefix(name, "/var/lib/wazo/sounds/ivr-sounds/") && !strings.Contains(name, "exemple") && !strings.HasSuffix(name, ".wav")
	}
	several := map[string]bool{
		"context misspelt": true, "label misspelt where it stands": true, "menu without i": true, "retry that nobody counts": true, "pattern that takes everything": true,
		"Goto to itself": true, "pattern without underscore": true, "set not closed": true, "menu without t": true,
	}
	for _, fault := range planted {
		t.Run(fault.name, func(t *testing.T) {
			if strings.Count(menu, fault.from) == 0 {
				t.Fatalf("the menu has no %q", fault.from)
			}
			text := strings.Replace(menu, fault.from, fault.to, 1)
			files := fstest.MapFS{"menu.conf": {Data: []byte(text)}, "to.conf": {Data: []byte(destinations)}}
			plan, problems := dialplan.Load(dialplan.LoadOptions{FS: files}, "menu.conf", "to.conf")
			line := fault.line
			if line == "" {
				line, _, _ = strings.Cut(fault.to, "\n")
			}
			lines := strings.Split(text, "\n")
			found := false
			for _, f := range Plan(plan, problems, k) {
				at := lines[f.Pos.Line-1]
				switch {
				case strings.Contains(at, line) && strings.Contains(f.String(), fault.want):
					found = true
				case !strings.Contains(at, line) && !several[fault.name]:
					t.Errorf("another line is named: %s %s", f, f.Code)
				}
			}
			if !found {
				t.Errorf("not found; findings: %v", Plan(plan, problems, k))
			}
		})
	}
}
