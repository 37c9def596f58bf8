package app

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
	"dialtone/ivr/simulate"
)

// heard runs a dialplan's context c on a Tuesday afternoon in Paris, and gives
// what was heard and the last step. Every sound lasts 0.2 s, but those called missing.
func heard(t *testing.T, text string, presses ...simulate.Press) (sounds, last string) {
	t.Helper()
	plan, problems := dialplan.Load(dialplan.LoadOptions{FS: fstest.MapFS{"a.conf": &fstest.MapFile{Data: []byte("[c]\n" + text)}}}, "a.conf")
	if plan == nil {
		t.Fatal(problems)
	}
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	got := simulate.Call(simulate.Script{
		Start: time.Date(2026, 11, 24, 15, 7, 0, 0, paris), Presses: presses,
		Length: func(name, _ string) (time.Duration, error) {
			if strings.Contains(name, "missing") {
				return 0, &ivr.SoundError{Name: name}
			}
			return 200 * time.Millisecond, nil
		},
	}, dialplan.Place{Context: "c", Exten: "s", Priority: 1}, ivr.Options{
		Plan: func() *dialplan.Plan { return plan }, Apps: All(), Functions: function.All(),
	})
	var names []string
	for _, h := range got.Heard {
		names = append(names, strings.TrimPrefix(h.Name, "digits/"))
	}
	if len(got.Steps) > 0 {
		step := got.Steps[len(got.Steps)-1]
		last = step.App + "(" + step.Args + ")"
	}
	return strings.Join(names, " "), last
}

func TestSayingPlaysTheSoundsOfTheCallsLanguage(t *testing.T) {
	const ends, goesOn = false, true
	for _, c := range []struct {
		line, want string
		on         bool
	}{
		{"SayNumber(121)", "1 hundred 20 1", goesOn},
		{"SayNumber(-1)", "minus 1", goesOn},
		{"SayNumber(0)", "0", goesOn},
		{"SayNumber( 7 apples)", "7", goesOn},
		{"SayNumber(+7)", "7", goesOn},
		{"SayNumber(abc)", "", goesOn},
		{"SayNumber(-)", "", goesOn},
		{"SayNumber()", "", ends},
		{"SayNumber(1,x)", "", ends},
		{"SayNumber(1,fm)", "", ends},
		{"SayNumber(1000000000000)", "", goesOn},
		{"SayNumber(99999999999999999999999)", "", goesOn},
		{"SayNumber(-99999999999999999999999)", "", goesOn},
		{"SayOrdinal(22)", "20 h-2", goesOn},
		{"SayOrdinal()", "", ends},
		{"SayDigits(-1*2#)", "minus 1 star 2 pound", goesOn},
		{"SayDigits()", "", goesOn},
		{"SayAlpha(aB-1)", "letters/a letters/b letters/dash 1", goesOn},
		{"SayAlpha()", "", goesOn},
		{"SayAlphaCase(u,aB)", "letters/a uppercase letters/b", goesOn},
		{"SayAlphaCase(a,\"a,B\")", "letters/ascii34 lowercase letters/a letters/ascii44 uppercase letters/b letters/ascii34", goesOn},
		{"SayAlphaCase(x,aB)", "", goesOn},
		{"SayAlphaCase()", "", goesOn},
		{"SayPhonetic(b9)", "phonetic/b_p phonetic/9_p", goesOn},
		{"SayUnixTime()", "day-2 mon-10 20 h-4 2 thousand 20 6 at 3 oh 7 p-m", goesOn},
		{"SayUnixTime(,,R)", "15 oh 7", goesOn},
		{"SayUnixTime(never,,R)", "15 oh 7", goesOn},
		{"SayUnixTime(0,UTC,AR)", "day-4 oh oclock", goesOn},
		{"SayUnixTime(-1,UTC,YR)", "19 60 9 20 3 50 9", goesOn},
		{"SayUnixTime(0,,R)", "oh 1 oclock", goesOn}, // the call's own zone: Paris
		{"SayUnixTime(0,Asia/Kolkata,R)", "oh 5 30", goesOn},
		{"SayUnixTime(0,Nowhere/AtAll,R)", "oh oclock", goesOn},
		{"SayUnixTime(0,../../etc/passwd,R)", "oh oclock", goesOn},
		{"SayUnixTime(${EPOCH},,Q 'digits/at' IMp)", "today at 3 oh 7 p-m", goesOn},
		{"SayUnixTime(99999999999999999999,UTC,A)", "day-0", goesOn},
		{"SayUnixTime(0,UTC,R:z)", "oh oclock", goesOn},
		{"SayUnixTime(0,UTC,'missing'R)", "", ends},
		{"SayUnixTime(0,UTC,A'missing'R)", "day-4", ends},
		{"DateTime(0,UTC,R)", "oh oclock", goesOn},
		{"SayCountedNoun(1,call)", "call", goesOn},
		{"SayCountedNoun(5,call)", "calls", goesOn},
		{"SayCountedNoun(5,missing)", "", ends},
		{"SayCountedNoun(5)", "", ends},
		{"SayCountedNoun(x,call)", "", ends},
		{"SayCountedAdj(5,new,f)", "new", goesOn},
		{"SayCountedAdj(5,new,x)", "", ends},
	} {
		sounds, last := heard(t, "exten = s,1,Answer()\nsame = n,"+c.line+"\nsame = n,NoOp(on)\n")
		if on := last == "NoOp(on)"; sounds != c.want || on != c.on {
			t.Errorf("%s: %q, goes on: %v, want %q, %v", c.line, sounds, on, c.want, c.on)
		}
	}
}

func TestFrenchIsSpokenByFrenchRules(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"SayNumber(71)", "60 et 11"}, {"SayNumber(1,f)", "1F"}, {"SayNumber(1999)", "thousand 9 hundred 80 19"}, {"SayPhonetic(9)", "9"},
		{"SayUnixTime(0,UTC)", "day-4 h-1 mon-0 thousand 9 hundred 60 10 at 12 oclock a-m"},
	} {
		if got, _ := heard(t, "exten = s,1,Set(CHANNEL(language)=fr_CA)\nsame = n,Answer()\nsame = n,"+c.line+"\n"); got != c.want {
			t.Errorf("%s: %q, want %q", c.line, got, c.want)
		}
	}
}

func TestSayUnixTimeAnswersUnlessToldNotTo(t *testing.T) {
	for option, want := range map[string]string{"": "1", "n": "0"} {
		_, last := heard(t, "exten = s,1,SayUnixTime(0,UTC,I,"+option+")\nsame = n,Set(state=${IF($[\"${CHANNEL(state)}\" = \"Up\"]?1:0)})\nsame = n,NoOp(${state})\n")
		if last != "NoOp("+want+")" {
			t.Errorf("with %q: %s, want NoOp(%s)", option, last, want)
		}
	}
}

func TestKeysAreLostWhileSayingUnlessTheyMayInterrupt(t *testing.T) {
	const end = "same = n,WaitExten(1)\nexten = 5,1,NoOp(five)\nexten = t,1,NoOp(nothing)\n"
	for _, c := range []struct {
		lines string
		want  []string // heard, last step
	}{
		{"SayNumber(121)", []string{"1 hundred 20 1", "NoOp(nothing)"}},
		{"SayUnixTime(0,UTC,AIMp)", []string{"day-4 12 oclock a-m", "NoOp(nothing)"}},
		{"SayUnixTime(0,UTC,AIMp,j)", []string{"day-4 12", "NoOp(five)"}},
		{"Set(SAY_DTMF_INTERRUPT=TRUE)\nsame = n,SayNumber(121)", []string{"1 hundred", "NoOp(five)"}},
		{"Set(SAY_DTMF_INTERRUPT=true)\nsame = n,SayUnixTime(0,UTC,AIMp)", []string{"day-4 12", "NoOp(five)"}},
		{"Set(SAY_DTMF_INTERRUPT=yes)\nsame = n,SayAlpha(abc)", []string{"letters/a letters/b", "NoOp(five)"}},
		{"Set(SAY_DTMF_INTERRUPT=no)\nsame = n,SayDigits(12)", []string{"1 2", "NoOp(nothing)"}},
	} {
		sounds, last := heard(t, "exten = s,1,Answer(500)\nsame = n,"+c.lines+"\n"+end, simulate.Press{At: 800 * time.Millisecond, Keys: "5"})
		if got := []string{sounds, last}; !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.lines, got, c.want)
		}
	}
}

func TestMissingSoundsArePassedOver(t *testing.T) {
	plan := "exten = s,1,Answer()\nsame = n,SayAlpha(a1b)\nsame = n,NoOp(on)\n"
	p, _ := dialplan.Load(dialplan.LoadOptions{FS: fstest.MapFS{"a.conf": &fstest.MapFile{Data: []byte("[c]\n" + plan)}}}, "a.conf")
	got := simulate.Call(simulate.Script{Sounds: map[string]time.Duration{"letters/a": time.Second, "letters/b": time.Second}},
		dialplan.Place{Context: "c", Exten: "s", Priority: 1}, ivr.Options{Plan: func() *dialplan.Plan { return p }, Apps: All(), Functions: function.All()})
	if len(got.Heard) != 2 || got.Heard[1].Name != "letters/b" || got.Steps[len(got.Steps)-1].Args != "on" {
		t.Errorf("heard %v, steps %v", got.Heard, got.Steps)
	}
}
