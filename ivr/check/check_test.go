package check

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"dialtone/ivr"
	"dialtone/ivr/app"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
)

// sounds of the tests: a and b exist.
func sounds(name string) ([]string, bool) {
	return []string{"sounds/" + name + ".wav"}, name == "a" || name == "b"
}

func known() Known { return Known{Apps: app.All(), Functions: function.All(), Sounds: sounds} }

func load(t testing.TB, text string) (*dialplan.Plan, []dialplan.Problem) {
	t.Helper()
	files := fstest.MapFS{"test.conf": &fstest.MapFile{Data: []byte(text)}}
	return dialplan.Load(dialplan.LoadOptions{FS: files}, "test.conf")
}

func TestFindings(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"unknown application", "exten = s,1,Plaback(a)", `error test.conf:2:13: unknown application "Plaback": the call ends here (did you mean Playback?)`},
		{"unknown application, nothing near", "exten = s,1,Frobnicate(a)", `error test.conf:2:13: unknown application "Frobnicate": the call ends here`},
		{"an application of a later version", "exten = s,1,Queue(sales)", `error test.conf:2:13: application "Queue" is not available in this version: the call ends here`},
		{"an application of former times", "exten = s,1,Macro(x)", `error test.conf:2:13: application "Macro" does not exist any more: use Gosub, and Return at its end`},
		{"a blank before the bracket", "exten = s,1,NoOp (x)", `error test.conf:2:13: unknown application "NoOp ": the blank before the bracket is part of the name (did you mean NoOp?)`},
		{"a variable as an application", "exten = s,1,${X}(x)", `error test.conf:2:13: unknown application "${X}(x)": a variable cannot stand in its name (did you mean Exec?)`},
		{"any case", "exten = s,1,nooP(x)", ""},
		{"an inner application's arguments without brackets", "exten = s,1,Exec(Playback,beep&beep)", `error test.conf:2:18: unknown application "Playback,beep&beep": the arguments stand in brackets (did you mean Playback(beep&beep)?)`},
		{"arguments without brackets", "exten = s,1,NoOp hello", `error test.conf:2:13: unknown application "NoOp hello": the arguments stand in brackets (did you mean NoOp(hello)?)`},
		{"inner application", "exten = s,1,ExecIf($[1 ? 2 :: 3]?NoOp(a:b,c):Waitt(1))", `error test.conf:2:46: unknown application "Waitt": the call ends here (did you mean Wait?)`},
		{"inner application from a variable", "exten = s,1,Set(X=NoOp)\nsame = n,Exec(${X}(1))", ""},
		{"unknown function", "exten = s,1,NoOp(x ${LENN(a)})", `warning test.conf:2:22: unknown function "LENN": it gives an empty text (did you mean LEN?)`},
		{"a function in lower case", "exten = s,1,NoOp(${toupper(a)})", `warning test.conf:2:20: unknown function "toupper": it gives an empty text (did you mean TOUPPER?)`},
		{"a function of a later version", "exten = s,1,Set(AST_SORCERY(userfield)=x)", `warning test.conf:2:17: function "AST_SORCERY" is not available in this version: it gives an empty text`},
		{"functions within functions", "exten = s,1,NoOp(${IF($[${LEN(${X})} > 1]?a:${CUT(X,-,1)})} ${X:${LEN(a)}})", ""},
		{"label", "exten = s,1(start),Goto(strt)", `error test.conf:2:25: the jump to "strt" leads nowhere: extension "s" of context "c" has no label "strt" (did you mean start?)`},
		{"priority", "exten = s,1,GotoIf(1?7)", `error test.conf:2:22: the jump to "7" leads nowhere: extension "s" of context "c" has no priority 7`},
		{"extension", "exten = 100,1,Goto(1000,1)", `error test.conf:2:20: the jump to "1000,1" leads nowhere: context "c" has no extension "1000" (did you mean 100?)`},
		{"context", "exten = s,1,Gosub(d,s,1(x,y))", `error test.conf:2:19: the jump to "d,s,1" leads nowhere: there is no context "d" (did you mean c?)`},
		{"blanks are part of a label", "exten = s,1(on),Goto( on)", `error test.conf:2:22: the jump to " on" leads nowhere: extension "s" of context "c" has no label " on" (did you mean on?)`},
		{"targets that exist", "exten = s,1(a),Wait(1)\nsame = n,Set(X=${RAND(0,1)})\nsame = n,GotoIf(${X}?c,s,a)\nsame = n,GotoIf(${X}?:_X.,1)\nsame = n,GotoIf($[\"${X}\" = \"?:\"]?s,1:)\nsame = n,Goto(+1)\nsame = n,Goto(77,1)\nexten = _X.,1,NoOp()", ""},
		{"targets that a variable makes", "exten = s,1,GotoIf($[${EPOCH} > 7]?${EXTEN},s,1)\nsame = n,GotoIf(1?x${CALLERID(num)})", ""},
		{"a target of an including context", "include = d\nexten = s,1(start),NoOp()\n[d]\nexten = 1,1,Goto(s,start)", ""},
		{"a target of a closed include", "include = d,*,*,30,apr\nexten = s,1,Goto(9,1)\n[d]\nexten = 9,1,NoOp()", ""},
		{"a target for some callers only", "exten = s,1,Goto(9,1)\nexten = 9/0102,1,NoOp()", ""},
		{"a sound that is missing", "exten = s,1,Playback(a&x)", `warning test.conf:2:24: sound "x" does not exist (looked for sounds/x.wav)`},
		{"a sound in a directory that is set", "exten = s,1,Set(DIR=/var/x)\nsame = n,Background(${DIR}/hello,n)", `warning test.conf:3:21: sound "/var/x/hello" does not exist (looked for sounds//var/x/hello.wav)`},
		{"a sound in a directory that changes", "exten = s,1,Set(DIR=/var/x)\nsame = n,ExecIf(1?Set(DIR=/y))\nsame = n,Background(${DIR}/hello)", ""},
		{"a sound that the caller's input makes", "exten = s,1,Read(DIR,a)\nsame = n,Playback(${DIR})", ""},
		{"an unknown line", "extn = s,1,NoOp()", `error test.conf:2:1:`},
	} {
		t.Run(test.name, func(t *testing.T) {
			plan, problems := load(t, "[c]\n"+test.text+"\n")
			var got []string
			for _, f := range Plan(plan, problems, known()) {
				got = append(got, fmt.Sprintf("%s %s", f.Severity, f))
			}
			switch all := strings.Join(got, "\n"); {
			case test.want == "" && all == "", all == test.want, strings.HasSuffix(test.want, ":") && strings.HasPrefix(all, test.want):
			default:
				t.Errorf("%s\n got %s\nwant %s", test.text, all, test.want)
			}
		})
	}
}

// TestSilenceWhereNothingIsWrong checks the menus of the manual that users copy,
// and the examples, with the contexts to which they lead and all sounds.
func TestSilenceWhereNothingIsWrong(t *testing.T) {
	destinations := "../../examples/minimal/my-ivr-destination-context.conf"
	for _, paths := range [][]string{
		{"testdata/minimal.conf", destinations}, {"testdata/submenu.conf", destinations},
		{"../../examples/minimal"}, {"../../examples/submenu"}, {"../../examples/schedule"}, {"../../examples/demo", "../../examples/minimal/dp-ivr-example.conf"},
	} {
		plan, problems := dialplan.Load(dialplan.LoadOptions{}, paths...)
		k := known()
		k.Sounds = func(string) ([]string, bool) { return nil, true }
		for _, f := range Plan(plan, problems, k) {
			t.Errorf("%s", f)
		}
	}
}

func TestRefusedPlanGivesItsProblems(t *testing.T) {
	plan, problems := load(t, "[c\nexten = s,1,NoOp()\n")
	found := Plan(plan, problems, known())
	if plan != nil || len(found) == 0 || found[0].Severity != Error {
		t.Errorf("plan %v, findings %v", plan, found)
	}
}

// ours are the functions that Asterisk does not have.
var ours = map[string]bool{"SCHEDULE": true, "DEVICE_CALLS": true, "FREE_DEVICES": true}

// TestKnownNamesAreNames holds the lists of Asterisk's names to what dialtone has.
func TestKnownNamesAreNames(t *testing.T) {
	for name, app := range app.All() {
		if !ivr.AsteriskApps[name] {
			t.Errorf("%s is missing in the list of Asterisk's applications", app.Name)
		}
	}
	for name := range function.All() {
		if ivr.AsteriskFunctions[name] == ours[name] {
			t.Errorf("%s is missing in the list of Asterisk's functions, or is in it though it is ours", name)
		}
	}
}

// TestFurtherFindings has a case for what the planted faults do not show.
func TestFurtherFindings(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"a blank before a relative priority", "exten = s,1,GotoIf(${EPOCH}? +2)\nsame = n,NoOp()", `the blank before "+2"`},
		{"a relative priority below 1", "exten = s,1,Wait(1)\nsame = n,Goto(-5)", "before the first priority"},
		{"four parts of a Goto", "exten = s,1,Wait(1)\nsame = n,Goto(c,s,1,2)", `"2" is ignored`},
		{"arguments of a Gosub without brackets", "exten = s,1,Gosub(c,sub,1,a)\nexten = sub,1,Return()", "stand in brackets"},
		{"a subroutine that forgets to return", "exten = s,1,Gosub(sub,1)\nsame = n,Hangup()\nexten = sub,1,NoOp()\nsame = n,NoOp(end)", "test.conf:5:10: the subroutine ends here without Return"},
		{"the context of a Local call", "exten = s,1,Dial(Local/1@d,5)", `there is no context "d"`},
		{"the extension of a Local call", "exten = s,1,Dial(Local/101@c,5)\nexten = 100,1,NoOp()", `has no extension "101": CHANUNAVAIL (did you mean 100?)`},
		{"a Local call without its context", "exten = s,1,Dial(Local/1)", `no context "default"`},
		{"a destination without its technology", "exten = s,1,Dial(100,5)\nexten = 100,1,NoOp()", "(did you mean Local/100@c?)"},
		{"ringing of a text", "exten = s,1,Dial(Local/100@c,soon)\nexten = 100,1,NoOp()", `"soon" is not a number`},
		{"where Dial's option G leads", "exten = s,1,Dial(Local/100@c,5,G(c^x^1))\nexten = 100,1,NoOp()", `no extension "x"`},
		{"where Dial's option U leads", "exten = s,1,Dial(Local/100@c,5,gU(sub^a))\nexten = 100,1,NoOp()", `no context "sub"`},
		{"where Dial's option b leads", "exten = s,1,Dial(Local/100@c,5,b(c^x^1(a)))\nexten = 100,1,NoOp()", `no extension "x"`},
		{"a handler of the end", "exten = s,1,Set(CHANNEL(hangup_handler_push)=c,bye,1(a))", `no extension "bye"`},
		{"a jump within ExecIf", "exten = s,1,ExecIf(${EPOCH}?Goto(x))", `no label "x"`},
		{"a label that is an extension", "exten = s,1,Goto(100)\nexten = 100,1,NoOp()", "no priority 100"},
		{"a label that is the name of an extension", "exten = s,1,Goto(on)\nexten = on,1,NoOp()", "(did you mean on,1?)"},
		{"a context of ReadExten", "exten = s,1,ReadExten(N,a,d)", `there is no context "d"`},
		{"a context of Background", "exten = s,1,Background(a,,,d)", `there is no context "d"`},
		{"a sound of Read", "exten = s,1,Read(N,x)", `sound "x" does not exist`},
		{"a sound of ControlPlayback", "exten = s,1,ControlPlayback(x)", `sound "x" does not exist`},
		{"a sound by way of two constants", "exten = s,1,Set(D=/x)\nsame = n,Set(E=${D}/y)\nsame = n,Playback(${E}/z)", `sound "/x/y/z" does not exist`},
		{"a variable of ReadExten that is none", "exten = s,1,Read(N N,a)", "is not the name of a variable"},
		{"Read without a variable", "exten = s,1,Read(,a)", "Read needs the name of a variable"},
		{"a number of digits that is none", "exten = s,1,Read(N,a,four)", "is not a whole number"},
		{"WaitExten of a text", "exten = s,1,WaitExten(abc)", "WaitExten: \"abc\" is not a number"},
		{"Gosub without a target", "exten = s,1,Gosub()", "error"},
		{"ExecIf without an application", "exten = s,1,ExecIf(1)", "the call ends here"},
		{"GotoIf without a target", "exten = s,1,GotoIf(1?)", "has no target"},
		{"Record without a format", "exten = s,1,Record(name)", "(did you mean name.wav?)"},
		{"Record in a format nobody writes", "exten = s,1,Record(name.gsm,3)", `the format "gsm" is not written`},
		{"Record in a format of Asterisk's", "exten = s,1,Record(name:WAV,3)", `(did you mean wav?)`},
		{"MixMonitor in a format nobody writes", "exten = s,1,MixMonitor(${EXTEN}.mp3,r(x.wav))", `the format "mp3" is not written`},
		{"MixMonitor of two channels", "exten = s,1,MixMonitor(${EXTEN}.ulaw,aDr(x.wav))", "with option D"},
		{"a tone that is not known", "exten = s,1,PlayTones(nosuch)", "the call ends here"},
		{"a level of Log", "exten = s,1,Log(WARN,x)", "is not a level"},
		{"a level of Verbose", "exten = s,1,Verbose(a,b)", "is not a level"},
		{"a time-out that is a text", "exten = s,1,Set(TIMEOUT(digit)=abc)", "it counts as 0"},
		{"a read-only variable", "exten = s,1,Set(EXTEN=1)", "has no effect"},
		{"a function that cannot be read", "exten = s,1,NoOp(${ARRAY(a)})", "can be set, but not read"},
		{"a function in an expression", "exten = s,1,NoOp($[FOO(1)])", "unknown function FOO"},
		{"a text in a sum", "exten = s,1,NoOp($[abc + 1])", "is no number"},
		{"a division by zero", "exten = s,1,NoOp($[1 / 0])", "division by zero"},
		{"a quote that is not closed", "exten = s,1,GotoIf($[\"${EXTEN} = \"1\"]?s,1)", "a quote that is not closed"},
		{"a quote in arguments", "exten = s,1,Gosub(sub,1(\"a,b))\nexten = sub,1,Return()", "a quote in the arguments is not closed"},
		{"a condition in quotes", "exten = s,1,ExecIf(\"${EXTEN}\"?NoOp())", "is in quotes"},
		{"half a condition outside", "exten = s,1,ExecIf($[1 = 1] & $[2 = 2]?NoOp())", "stands outside of $[ ]"},
		{"IF without brackets", "exten = s,1,NoOp(${IF(${EXTEN} = 1?a:b)})", "is not in $[ ]"},
		{"IF without a ?", "exten = s,1,NoOp(${IF($[1 = 1])})", "IF without a ?"},
		{"times of IFTIME", "exten = s,1,NoOp(${IFTIME(9-17,*,*,*?a:b)})", "(did you mean 9:00-17:00?)"},
		{"a minute of 60", "exten = s,1,GotoIfTime(08:00-09:60,*,*,*?s,1)", "(did you mean 08:00-09:59?)"},
		{"24:00", "exten = s,1,GotoIfTime(18:00-24:00,*,*,*?s,1)", "(did you mean 18:00-23:59?)"},
		{"a month by its name", "exten = s,1,GotoIfTime(*,*,*,january?s,1)", "(did you mean jan?)"},
		{"a day that no month has", "include = c,*,*,31,feb\nexten = s,1,NoOp()", "never matches"},
		{"a zone that is not known", "exten = s,1,GotoIfTime(*,*,*,*,Europe/Pari?s,1)", "no time zone"},
		{"the empty pattern", "exten = _,1,NoOp()", "matches nothing"},
		{"a pattern behind its dot", "exten = _X.X,1,NoOp()", "does not count"},
		{"a range the wrong way round", "exten = _[19-2]X,1,NoOp()", "(did you mean 2-9?)"},
		{"a pattern that takes t and i", "exten = _[a-z],1,NoOp()", "also matches t, i, h"},
		{"letters for a pattern", "exten = 1XX,1,NoOp()", "(did you mean _1XX?)"},
		{"only letters for a pattern", "exten = XXX,1,NoOp()", "(did you mean _XXX?)"},
		{"a set without underscore", "exten = [1-3],1,NoOp()", "(did you mean _[1-3]?)"},
		{"a switch", "switch = Realtime/x@y\nexten = s,1,NoOp()", "switch of [c] does nothing"},
		{"Else without If", "exten = s,1,Else()", "Else without If"},
		{"If without EndIf", "exten = s,1,If(${EXTEN})\nsame = n,NoOp()", "If without EndIf"},
		{"a second Else", "exten = s,1,If(${EXTEN})\nsame = n,Else()\nsame = n,NoOp()\nsame = n,ElseIf(1)\nsame = n,EndIf()", "behind the Else"},
		{"ExitWhile outside", "exten = s,1,ExecIf(1?ExitWhile())", "ExitWhile without While"},
		{"While within ExecIf", "exten = s,1,ExecIf(1?While(1))\nsame = n,EndWhile()", "opens no block"},
		{"System", "exten = s,1,System(ls)", "--allow-system"},
		{"a program of AGI", "exten = s,1,AGI(x.py)", "--agi-dir"},
		{"CURL", "exten = s,1,NoOp(${CURL(http://example.org/)})", "--allow-curl"},
		{"a sound by URL", "exten = s,1,Playback(hello&'http://h/a?x=1&y=2')", "test.conf:2:29: the sound \"http://h/a?x=1&y=2\" is not fetched until the setting --allow-sound-url"},
		{"a sound after a URL", "exten = s,1,Playback('http://h/a?x=1&y=2'&nosuch)", "\"nosuch\" does not exist"},
		{"a menu that goes round without t", "exten = s,1,Background(a)\nsame = n,WaitExten(5)\nsame = n,Goto(1)\nexten = 1,1,Hangup()\nexten = i,1,Hangup()", "endless loop"},
		{"While(1) that never ends", "exten = s,1,While(1)\nsame = n,EndWhile", "endless loop"},
		{"a silent wait that never ends", "exten = s,1,Wait(1)\nsame = n,Goto(s,1)", "endless loop: the call waits"},
		{"While that never ends", "exten = s,1,Set(A=1)\nsame = n,Goto(s,1)", "endless loop"},
		{"a misspelt variable of CUT", "exten = s,1,Set(LIST=a-b)\nsame = n,NoOp(${LIST} ${CUT(LITS,-,1)})", "(did you mean LIST?)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			plan, problems := load(t, "[c]\n"+test.text+"\n")
			found := Plan(plan, problems, known())
			wellPlaced(t, "[c]\n"+test.text, found)
			for _, f := range found {
				if strings.Contains(string(f.Severity)+" "+f.String(), test.want) {
					return
				}
			}
			t.Errorf("%s\n got %v\nwant %s", test.text, found, test.want)
		})
	}
}

// TestNoWordOfWhatIsAllowed says nothing of what the configuration allows, and of AGI over the network.
func TestNoWordOfWhatIsAllowed(t *testing.T) {
	k := known()
	k.Allowed = func(string) bool { return true }
	plan, problems := load(t, "[c]\nexten = s,1,System(ls ${ENV(HOME)})\nsame = n,AGI(x.py)\nsame = n,NoOp(${CURL(http://example.org/)} ${STAT(e,/x)})\n")
	for _, f := range Plan(plan, problems, k) {
		t.Errorf("%s", f)
	}
	plan, problems = load(t, "[c]\nexten = s,1,AGI(agi://127.0.0.1/x)\nsame = n,NoOp(${WHAT_IT_SETS})\n")
	for _, f := range Plan(plan, problems, known()) {
		t.Errorf("%s", f)
	}
}
