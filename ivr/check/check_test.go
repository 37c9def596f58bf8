package check

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

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

// TestKnownNamesAreNames holds the lists of Asterisk's names to what dialtone has.
func TestKnownNamesAreNames(t *testing.T) {
	for name, app := range app.All() {
		if !asteriskApps[name] {
			t.Errorf("%s is missing in the list of Asterisk's applications", app.Name)
		}
	}
	for name := range function.All() {
		if !asteriskFunctions[name] {
			t.Errorf("%s is missing in the list of Asterisk's functions", name)
		}
	}
}
