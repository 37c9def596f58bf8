package conversation

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/app"
	"dialtone/ivr/function"
)

const plan = `[menu]
exten = s,1,Answer(1000)
same = n,Playback(welcome)
same = n(again),Background(choices)
same = n,WaitExten(5)
exten = 1,1,Set(who=sales)
same = n,Playback(goodbye)
same = n,Hangup()
exten = 2,1,Read(n,,2,,1,3)
same = n,NoOp(${n})
exten = 3,1,Bogus()
exten = 4,1,Playback(missing)
exten = t,1,Playback(goodbye)
`

const head = "plan menu.conf\nsound welcome 3s\nsound choices 4s\nsound goodbye 1s\nto menu,s\n"

// played plays calls on the plan and gives what did not come true.
func played(t testing.TB, text string) (failures []string, verdicts []*Verdict) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "menu.conf"), []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	script, err := ParseScript(filepath.Join(dir, "x.test"), head+text)
	if err != nil {
		t.Fatal(err)
	}
	suite := &Suite{Apps: app.All(), Functions: function.All()}
	err = suite.Play(script, func(v *Verdict) {
		verdicts = append(verdicts, v)
		for _, f := range v.Failures {
			failures = append(failures, fmt.Sprintf("%d: %s", f.Line-strings.Count(head, "\n"), f.Text))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return failures, verdicts
}

// Each line comes true, and each tells what is wrong when it does not.
func TestLinesOfACall(t *testing.T) {
	for lines, want := range map[string]string{
		"hears welcome\nhears choices\nhears goodbye":                 "",
		"hears choices\nhears welcome":                                "3: hears welcome: it is not heard after choices; heard is goodbye at 13.00 s",
		"hears chioces":                                               "2: hears chioces: it is not heard (did you mean choices?)",
		"hears next choices":                                          "2: hears next choices: welcome is heard before, at 1.00 s",
		"hears only\nhears welcome\nhears goodbye":                    "1: hears only: no line names choices, heard at 4.00 s",
		"silence 1s\nhears choices\nsilence 5s":                       "",
		"silence 2s":                                                  "2: silence 2s: it lasts 1.00 s, from 0.00 s to 1.00 s",
		"press 1 during choices\nhears goodbye\nends 16 within 5.5s":  "",
		"press 1 during choices after 2s\nends within 7s at menu,1":   "",
		"press 1 during choices after it 3s\nends within 12s":         "",
		"hears choices\npress 1 after it\nends within 9.5s":           "",
		"hears choices\npress 1 at 7s\nends 16 within 8s":             "",
		"press 1 at 7s\nends 16 within 8s":                            "",
		"press 1 after 7s\nhears goodbye\nends 16 within 8s":          "",
		"press 1\nhears choices\nsilence 5s":                          "", // in Answer: lost
		"press 1 during choices\npress 2":                             "", // the second comes while goodbye plays
		"hears choices\npress 1\nhangs up\nends by caller":            "",
		"hangs up after 2s\nends 16 within 2s by caller at menu,s":    "",
		"hangs up during choices\nends by caller within 4.5s":         "",
		"hears choices\nhangs up\nhears goodbye":                      "4: hears goodbye: it is not heard after choices",
		"press 7 at 60s":                                              "2: press 7 at 60s: the call is over before",
		"goes menu,s,2\ngoes menu,s,again\ngoes menu,t,1":             "",
		"goes menu,s,again\ngoes menu,s,2":                            "3: goes menu,s,2: the call does not go there; its last step is menu,t,1",
		"goes menu,t\ngoes menu,t":                                    "3: goes menu,t: the call does not go there: it takes no step any more",
		"press 1 during choices\nsets who = sales":                    "",
		"press 1 during choices\nsets who = it":                       `3: sets who = it: at the end it is "sales"`,
		"sets who = it":                                               "2: sets who = it: it is never set",
		"set who=x y\nsets who = x y":                                 "",
		"set who = \"Jean D\" <1>\nsets who=\"Jean D\" <1>":           "",
		"set who=\"# x\" # comment\nsets who = \"# x\"":               "",
		"set who =\nset x= y\nsets x = y\nsets who=":                  "",
		"press 1 during choices after 0s\nends within 5.1s":           "",
		"press 2 during choices\npress 45 after 3s\nsets n = 45":      "",
		"press 4 during choices\nlogs \"missing\"":                    "",
		"press 4 during choices\nlogs nothing":                        `3: logs nothing: logged is Playback: sound "missing" does not exist (looked for x.test)`,
		"press 4 during choices\nlogs \"other\"":                      `3: logs "other": it is not logged; the first that is: Playback: sound "missing" does not exist (looked for x.test)`,
		"logs nothing":                                                "",
		"logs \"x\"":                                                  `2: logs "x": nothing is logged`,
		"ends 16 by caller at menu,s within 1s":                       "2: ends 16 by caller at menu,s within 1s: the cause is 0, it lasts 14.00 s, it is ended by dialplan, it ends at menu,t",
		"press 3 during choices":                                      `1: an error ended the call: unknown application "Bogus"`,
		"press 3 during choices\nends by error":                       "",
		"press # during choices # a comment\nlogs \"does not exist\"": "",
		"from 99\nset CALLERID(name)=x\nhangs up\nends":               "",
	} {
		failures, _ := played(t, "call \"x\"\n"+lines+"\n")
		got := strings.Join(failures, "\n")
		if i := strings.Index(got, "looked for /"); i >= 0 { // the directory is the test's
			got = got[:i] + "looked for " + filepath.Base(strings.TrimSuffix(got[i:], ")")) + ")"
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", lines, got, want)
		}
	}
}

func TestACallIsPlayedAtEachMoment(t *testing.T) {
	failures, verdicts := played(t, "at 2026-11-23T08:00:00+01:00\ncall \"one\"\n ends\ncall \"two\" at 2026-11-23T08:00:00Z, 2026-11-24T08:00:00Z\n ends\n")
	if len(failures) != 0 || len(verdicts) != 3 || !verdicts[2].At.Equal(time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("%v, %d calls", failures, len(verdicts))
	}
}

// The manual's example is understood.
func TestManualsExampleIsUnderstood(t *testing.T) {
	data, err := os.ReadFile("../../docs/testing-menus.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(data), "```test\n")
	text, _, ok := strings.Cut(text, "```")
	script, err := ParseScript("menu.test", text)
	if !ok || err != nil || len(script.Calls) != 2 || len(script.Calls[0].Lines) != 5 {
		t.Errorf("%v, %+v", err, script)
	}
	if c := script.Calls[0]; c.Call.Caller != (ivr.CallerID{Name: "Jean D", Number: "0102030405"}) || len(c.At) != 1 || c.Title != "presses 1 for sales" {
		t.Errorf("%+v", c)
	}
}

func TestReportStandsBesideTheLines(t *testing.T) {
	_, verdicts := played(t, "call \"x\"\n hears welcome\n press 1\n hears nothing\n")
	got := verdicts[0].Report()
	for _, want := range []string{"       7 hears welcome                     │ 1.00 hears welcome", "✗    9 hears nothing "} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func FuzzParseScript(f *testing.F) {
	f.Add(head + "call \"a\" from \"J\" <1> at 2026-11-23T08:00:00Z\n hears next x\n press # during y after it 2s\n sets a = b\n ends 16 within 2s by caller at a,b\n")
	f.Add("call \"\nsound x 1e9\nset =\nfrom <\npress #\n")
	f.Fuzz(func(t *testing.T, text string) {
		script, err := ParseScript("x.test", text)
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "x.test:") && !strings.Contains(text, "\n") {
					t.Errorf("a fault without its place: %s", line)
				}
			}
			return
		}
		for _, c := range script.Calls {
			c.call(time.Time{}) // whatever was understood can be played
		}
	})
}

// BenchmarkCalls plays the minimal example's longest call: three time-outs.
func BenchmarkCalls(b *testing.B) {
	script, err := ReadScript("../../examples/minimal/menu.test")
	if err != nil {
		b.Fatal(err)
	}
	suite := &Suite{Apps: app.All(), Functions: function.All()}
	calls := 0
	for b.Loop() {
		if err := suite.Play(script, func(*Verdict) { calls++ }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(calls)/b.Elapsed().Seconds(), "calls/s")
}
