package app

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
	"dialtone/ivr/simulate"
)

// ms is a time of a script.
func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// scene is a call of a test: its lines stand behind exten = s,1,Answer().
type scene struct {
	simulate.Result
	t     *testing.T
	shown []string // the texts of NoOp
	log   []string // warnings and errors
}

// warnings is a log that keeps what is at least a warning.
type warnings struct{ list *[]string }

func (w warnings) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }
func (w warnings) Handle(_ context.Context, r slog.Record) error {
	*w.list = append(*w.list, r.Message)
	return nil
}
func (w warnings) WithAttrs([]slog.Attr) slog.Handler { return w }
func (w warnings) WithGroup(string) slog.Handler      { return w }

// play runs lines of a dialplan against a script; other contexts may follow them.
func play(t *testing.T, s simulate.Script, lines string) *scene {
	t.Helper()
	if s.Sounds == nil {
		s.Sounds = map[string]time.Duration{"beep": ms(200), "long": 10 * time.Second, "short": time.Second}
	}
	text := "[c]\nexten = s,1,Set(X=)\n"
	for line := range strings.Lines(strings.TrimSpace(lines) + "\n") {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "exten") && !strings.HasPrefix(line, "same") {
			line = "same = n," + line
		}
		text += line + "\n"
	}
	plan, problems := dialplan.Load(dialplan.LoadOptions{FS: fstest.MapFS{"a.conf": &fstest.MapFile{Data: []byte(text)}}}, "a.conf")
	if plan == nil || len(problems) > 0 {
		t.Fatal(problems)
	}
	got := &scene{t: t}
	got.Result = simulate.Call(s, dialplan.Place{Context: "c"}, ivr.Options{
		Plan: func() *dialplan.Plan { return plan }, Apps: All(), Functions: function.All(), Log: slog.New(warnings{&got.log}),
	})
	for _, step := range got.Steps {
		if step.App == "NoOp" {
			got.shown = append(got.shown, step.Args)
		}
	}
	return got
}

// shows checks what the NoOps showed.
func (s *scene) shows(want ...string) {
	s.t.Helper()
	if fmt.Sprint(s.shown) != fmt.Sprint(want) || len(s.shown) != len(want) {
		s.t.Errorf("shown %q, want %q (log %q)", s.shown, want, s.log)
	}
}

// heard checks what was heard, as "at name for" in seconds.
func (s *scene) heard(want string) {
	s.t.Helper()
	var list []string
	for _, h := range s.Heard {
		list = append(list, fmt.Sprintf("%.1f %s %.1f", h.At.Seconds(), h.Name, h.For.Seconds()))
	}
	if got := strings.Join(list, ", "); got != want {
		s.t.Errorf("heard %s\nwant  %s", got, want)
	}
}

// warned checks that the log says something, and nothing else that matters.
func (s *scene) warned(part string) {
	s.t.Helper()
	if all := strings.Join(s.log, "\n"); part == "" && all != "" || !strings.Contains(all, part) {
		s.t.Errorf("logged %q, want %q", all, part)
	}
}

func keysAt(at int, keys string) []simulate.Press { return []simulate.Press{{At: ms(at), Keys: keys}} }

func TestPlayTones(t *testing.T) {
	s := play(t, simulate.Script{}, `Answer()
		PlayTones(busy)
		Wait(2)
		PlayTones(425/500,!0/200)
		Wait(1)
		StopPlayTones()
		StopPlayTones()
		NoOp(on)`)
	s.shows("on")
	s.heard("0.0 tone:busy 2.0, 2.0 tone:425/500,!0/200 1.0")
	s = play(t, simulate.Script{}, "Answer()\nPlayTones(bussy)\nNoOp(on)\nexten = h,1,NoOp(h)")
	s.shows("h")
	s.warned(`"bussy"`)
	play(t, simulate.Script{}, "PlayTones()\nNoOp(on)\nexten = h,1,NoOp(h)").shows("h")
}

func TestMilliwattLastsUntilTheCallerHangsUp(t *testing.T) {
	s := play(t, simulate.Script{Hangup: 5 * time.Second}, "Milliwatt(o)\nNoOp(on)\nexten = h,1,NoOp(h)")
	s.shows("h")
	s.heard("0.0 tone:1000 5.0")
}

func TestTonesBesideWaiting(t *testing.T) {
	s := play(t, simulate.Script{Presses: keysAt(1500, "1")}, "Answer()\nWaitExten(5,d)\nexten = 1,1,Read(X,busy,1,i,1,2)\nsame = n,Read(X,nonsense,1,i,1,1)\nsame = n,NoOp(${READSTATUS})")
	s.shows("TIMEOUT")
	s.heard("0.0 tone:dial 1.5, 1.5 tone:busy 2.0")
	s.warned(`"nonsense"`)
	s = play(t, simulate.Script{}, "Answer()\nWaitExten(5,m(jazz))\nexten = t,1,MusicOnHold(,2)\nsame = n,StartMusicOnHold()\nsame = n,Wait(1)\nsame = n,StopMusicOnHold()\nsame = n,NoOp(on)")
	s.shows("on")
	s.heard("0.0 music:jazz 5.0, 5.0 music:default 2.0, 7.0 music:default 1.0")
}

func TestControlPlayback(t *testing.T) {
	const show = "NoOp(${CPLAYBACKSTATUS} ${CPLAYBACKOFFSET} ${CPLAYBACKSTOPKEY})"
	for name, test := range map[string]struct {
		args, keys string
		at         int
		want       string
		length     int // ms
	}{
		"to the end":              {"long", "", 0, "SUCCESS -1 ", 10000},
		"forward":                 {"long,2000", "#", 1000, "SUCCESS -1 ", 8000},
		"forward beyond the end":  {"short", "#", 500, "SUCCESS -1 ", 500},
		"back":                    {"long,2000", "*", 5000, "SUCCESS -1 ", 12000},
		"back beyond the start":   {"long", "*", 1000, "SUCCESS -1 ", 11000},
		"stopped":                 {"long,,,,5", "5", 2500, "USERSTOPPED 2500 5", 2500},
		"another key":             {"long,,,,5", "6", 2500, "SUCCESS -1 ", 10000},
		"restarted":               {"long,,,,,,7", "7", 4000, "SUCCESS -1 ", 14000},
		"paused and on":           {"long,,,,,8", "8.8", 4000, "SUCCESS -1 ", 10400},
		"paused and stopped":      {"long,,,,5,8", "8.5", 4000, "USERSTOPPED 4000 5", 4400},
		"# has another meaning":   {"long,,,,#", "#", 1000, "USERSTOPPED 1000 #", 1000},
		"from the middle":         {"long,,,,,,,o(7500)", "", 0, "SUCCESS -1 ", 2500},
		"a sound that is missing": {"none", "", 0, "ERROR 0 ", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, simulate.Script{Presses: keysAt(test.at, test.keys)}, "ControlPlayback("+test.args+")\n"+show)
			s.shows(test.want)
			if s.Length != ms(test.length) {
				t.Errorf("took %v, want %v", s.Length, ms(test.length))
			}
		})
	}
	play(t, simulate.Script{}, "ControlPlayback()\nNoOp(on)\nexten = h,1,NoOp(h)").shows("h")
	play(t, simulate.Script{Hangup: ms(3000)}, "ControlPlayback(long)\nNoOp(on)\nexten = h,1,NoOp(h ${CPLAYBACKSTATUS})").shows("h ERROR")
}

func TestRecord(t *testing.T) {
	const show = "NoOp(${RECORD_STATUS} ${RECORDED_FILE})\nPlayback(${RECORDED_FILE})\nNoOp(${PLAYBACKSTATUS})"
	speech := []simulate.Interval{{From: ms(200), To: ms(3200)}}
	for name, test := range map[string]struct {
		args   string
		script simulate.Script
		status string
		length int // ms of the recording; -1: none
	}{
		"ended by #":                {"greeting.wav", simulate.Script{Presses: keysAt(4200, "#")}, "DTMF greeting", 3750},
		"other keys do not end it":  {"greeting.wav,,5", simulate.Script{Presses: keysAt(4200, "5*0")}, "TIMEOUT greeting", 5000},
		"at the maximum":            {"greeting:wav,,5", simulate.Script{}, "TIMEOUT greeting", 5000},
		"after silence":             {"greeting.wav,3", simulate.Script{Speech: speech}, "SILENCE greeting", 4000},
		"whole silence kept":        {"greeting.wav,3,,u", simulate.Script{Speech: speech}, "SILENCE greeting", 6000},
		"nobody speaks":             {"greeting.wav,3", simulate.Script{}, "SILENCE greeting", 1000},
		"quiet, any key":            {"greeting.ulaw,,,qy", simulate.Script{Presses: keysAt(1000, "7")}, "DTMF greeting", 750},
		"* in the place of #":       {"greeting.wav,,,qt", simulate.Script{Presses: keysAt(1000, "#*")}, "DTMF greeting", 950},
		"no key ends it":            {"greeting.wav,,3,qx", simulate.Script{Presses: keysAt(1000, "#*")}, "TIMEOUT greeting", 3000},
		"the operator is wanted":    {"greeting.wav,,,qo", simulate.Script{Presses: keysAt(1000, "0")}, "OPERATOR greeting", 750},
		"any key, none excepted":    {"greeting.wav,,3,qxy", simulate.Script{Presses: keysAt(1000, "5")}, "DTMF greeting", 750},
		"none but the operator":     {"greeting.wav,,3,qxo", simulate.Script{Presses: keysAt(1000, "#0")}, "OPERATOR greeting", 950},
		"any key, 0 is no operator": {"greeting.wav,,3,qy", simulate.Script{Presses: keysAt(1000, "0")}, "DTMF greeting", 750},
		"a key at once":             {"greeting.wav,,3,q", simulate.Script{Presses: keysAt(100, "#")}, "DTMF greeting", 0},
		"silence of no length":      {"greeting.wav,0,2,q", simulate.Script{}, "TIMEOUT greeting", 2000},
		"silence past the maximum":  {"greeting.wav,5,2,q", simulate.Script{}, "TIMEOUT greeting", 2000},
		"half a second of silence":  {"greeting.wav,0.5,,q", simulate.Script{Speech: []simulate.Interval{{To: ms(1000)}}}, "SILENCE greeting", 1500},
		"numbered":                  {"m/msg%d.wav,,2,q", simulate.Script{}, "TIMEOUT m/msg0", 2000},
		"a format nobody writes":    {"greeting.gsm,,2,q", simulate.Script{}, "ERROR ", -1},
		"a name that leads outside": {"../../etc/x.wav,,2,q", simulate.Script{}, "ERROR ", -1},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, test.script, "Record("+test.args+")\n"+show)
			if len(s.shown) == 0 || s.shown[0] != test.status {
				t.Fatalf("shown %q, want %q", s.shown, test.status)
			}
			if test.length < 0 {
				if len(s.Recorded) != 0 {
					t.Errorf("recorded %+v", s.Recorded)
				}
				return
			}
			if len(s.Recorded) != 1 || s.Recorded[0].For != ms(test.length) || s.shown[1] != "SUCCESS" {
				t.Errorf("recorded %+v, want %d ms; played: %s", s.Recorded, test.length, s.shown[1])
			}
		})
	}
	t.Run("the caller hangs up", func(t *testing.T) {
		s := play(t, simulate.Script{Hangup: ms(2000)}, "Record(a.wav,,,q)\nexten = h,1,NoOp(${RECORD_STATUS} ${RECORDED_FILE})")
		s.shows("HANGUP a")
		if len(s.Recorded) != 0 {
			t.Errorf("recorded %+v", s.Recorded)
		}
		s = play(t, simulate.Script{Hangup: ms(2000)}, "Record(a.wav,,,qk)\nexten = h,1,NoOp(${RECORD_STATUS})")
		s.shows("HANGUP")
		if len(s.Recorded) != 1 || s.Recorded[0].For != ms(2000) {
			t.Errorf("recorded %+v", s.Recorded)
		}
	})
	t.Run("appended", func(t *testing.T) {
		s := play(t, simulate.Script{}, "Record(a.wav,,2,q)\nRecord(a.wav,,3,qa)\nPlayback(a)")
		s.heard("5.0 a 5.0")
	})
	t.Run("as long as the operator allows", func(t *testing.T) {
		s := play(t, simulate.Script{Patience: 2 * time.Hour}, "Record(a.wav,,,qx)\nNoOp(${RECORD_STATUS})")
		s.shows("TIMEOUT")
		if s.Length != time.Hour {
			t.Errorf("took %v", s.Length)
		}
	})
	t.Run("unanswered", func(t *testing.T) {
		s := play(t, simulate.Script{}, "Record(a.wav,,2,s)\nNoOp(${RECORD_STATUS} ${CHANNEL(state)})\nRecord(a.wav,,2,n)\nNoOp(${RECORD_STATUS} ${CHANNEL(state)})")
		s.shows("SKIP Ring", "TIMEOUT Ring")
	})
	for _, args := range []string{"", "greeting", "dir.d/greeting"} {
		play(t, simulate.Script{}, "Record("+args+")\nNoOp(on)\nexten = h,1,NoOp(h ${RECORD_STATUS})").shows("h ERROR")
	}
	for args, warning := range map[string]string{"-1,2,q": `silence "-1"`, "x,2,q": `silence "x"`, ",2x,qz": "option z", "1,y,q": `maxduration "y"`} {
		s := play(t, simulate.Script{}, "Record(a.wav,"+args+")\nNoOp(${RECORD_STATUS})")
		s.warned(warning)
		if len(s.log) != 1 {
			t.Errorf("Record(a.wav,%s): log %q", args, s.log)
		}
	}
}

func TestWaitForSilenceAndNoise(t *testing.T) {
	speech := []simulate.Interval{{From: ms(1100), To: ms(2000)}, {From: ms(2500), To: ms(6000)}}
	for lines, want := range map[string]int{
		"WaitForSilence(500)":           500,
		"WaitForSilence(1500)":          7500,
		"WaitForSilence(500,2)":         1000,
		"WaitForSilence(600,2)":         6600,
		"WaitForSilence()":              1000,
		"WaitForSilence(1500,1,3)":      -3000,
		"WaitForNoise(300)":             1400,
		"WaitForNoise(1500)":            4000,
		"WaitForNoise(300,3)":           2800,
		"WaitForNoise(300,4)":           3100,
		"WaitForNoise(9000,1,20)":       -20000,
		"Wait(5)\nWaitForNoise(500)":    5500,
		"Wait(3)\nWaitForSilence(1000)": 7000,
	} {
		s := play(t, simulate.Script{Speech: speech}, "Answer()\n"+lines+"\nNoOp(${WAITSTATUS})")
		status := "SILENCE"
		if strings.Contains(lines, "Noise") {
			status = "NOISE"
		}
		length := ms(want)
		if want < 0 {
			status, length = "TIMEOUT", ms(-want)
		}
		s.shows(status)
		if s.Length != length {
			t.Errorf("%s took %v, want %v", lines, s.Length, length)
		}
	}
}

func TestBackgroundDetect(t *testing.T) {
	const extens = "NoOp(${BACKGROUNDSTATUS})\nexten = talk,1,NoOp(talk ${BACKGROUNDSTATUS})\nexten = 4,1,NoOp(four)"
	said := func(from, to int) []simulate.Interval { return []simulate.Interval{{From: ms(from), To: ms(to)}} }
	for name, test := range map[string]struct {
		args   string
		script simulate.Script
		want   string
		length int
	}{
		"nobody speaks":           {"long", simulate.Script{}, "SUCCESS", 10000},
		"the caller speaks":       {"long", simulate.Script{Speech: said(2000, 3000)}, "talk SUCCESS", 4000},
		"shorter silence is told": {"long,300", simulate.Script{Speech: said(2000, 3000)}, "talk SUCCESS", 3300},
		"too short":               {"long,300,500", simulate.Script{Speech: said(2000, 2400)}, "SUCCESS", 10000},
		"too long":                {"long,300,500,900", simulate.Script{Speech: said(2000, 3000)}, "SUCCESS", 10000},
		"too late":                {"long,300,100,5000,1000", simulate.Script{Speech: said(2000, 3000)}, "SUCCESS", 10000},
		"a key":                   {"long", simulate.Script{Presses: keysAt(2000, "4")}, "four", 2000},
		"a sound is missing":      {"none", simulate.Script{}, "FAILED", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, test.script, "BackgroundDetect("+test.args+")\n"+extens)
			s.shows(test.want)
			if s.Length != ms(test.length) {
				t.Errorf("took %v, want %v", s.Length, ms(test.length))
			}
		})
	}
	play(t, simulate.Script{}, "BackgroundDetect()\n"+extens+"\nexten = h,1,NoOp(h)").shows("h")
}

func TestMixMonitor(t *testing.T) {
	s := play(t, simulate.Script{}, `Answer()
		MixMonitor(a.wav,i(ID)r(in.wav)t(out.ulaw))
		NoOp(${MIXMONITOR_FILENAME} ${ID})
		MixMonitor(b.wav)
		Wait(2)
		StopMixMonitor(${ID})
		Wait(1)
		StopMixMonitor()
		StopMixMonitor()
		MixMonitor(c.gsm)
		MixMonitor(d.wav,,rm -r /tmp/nothing)
		Wait(4)
		NoOp(on)`)
	s.shows("a.wav a.wav", "on")
	var list []string
	for _, r := range s.Recorded {
		list = append(list, fmt.Sprintf("%s %d %v", r.File, r.Made.Sides, r.For))
	}
	if got := strings.Join(list, ", "); got != "a.wav 2 2s, in.wav 0 2s, out.ulaw 1 2s, b.wav 2 3s, d.wav 2 4s" {
		t.Errorf("recorded %s", got)
	}
	for _, part := range []string{`"gsm"`, "not allowed", "no such recording"} {
		s.warned(part)
	}
	play(t, simulate.Script{}, "MixMonitor()\nNoOp(on)\nexten = h,1,NoOp(h)").shows("h")
	s = play(t, simulate.Script{Hangup: ms(1500)}, "Answer()\nMixMonitor(a.wav)\nWait(60)")
	if len(s.Recorded) != 1 || s.Recorded[0].For != ms(1500) {
		t.Errorf("recorded until the hang-up: %+v", s.Recorded)
	}
}

func TestMixMonitorOptions(t *testing.T) {
	type made = ivr.TapeOptions
	for options, test := range map[string]struct {
		want []made
		warn string
	}{
		"":                   {[]made{{Sides: ivr.Both}}, ""},
		"aS":                 {[]made{{Sides: ivr.Both, Append: true}}, ""},
		"b":                  {[]made{{Sides: ivr.Both, Joined: true}}, ""},
		"D":                  {[]made{{Sides: ivr.Both, Stereo: true}}, ""},
		"Dr(i.ulaw)t(o.wav)": {[]made{{Sides: ivr.Both, Stereo: true}, {}, {Sides: ivr.Sent}}, ""},
		"v(2)V(-4)":          {[]made{{Sides: ivr.Both, HeardVolume: 2, SentVolume: -4}}, ""},
		"W( 1 )":             {[]made{{Sides: ivr.Both, HeardVolume: 1, SentVolume: 1}}, ""},
		"v(5)":               {[]made{{Sides: ivr.Both}}, "v(5) is no volume from -4 to 4"},
		"W":                  {[]made{{Sides: ivr.Both}}, "W() is no volume"},
		"B":                  {[]made{{Sides: ivr.Both, BeepEvery: 15 * time.Second}}, ""},
		"B(30)pP":            {[]made{{Sides: ivr.Both, BeepEvery: 30 * time.Second, BeepFirst: true, BeepLast: true}}, ""},
		"B(x)":               {[]made{{Sides: ivr.Both, BeepEvery: 15 * time.Second}}, "no number of seconds"},
		"B(0)":               {[]made{{Sides: ivr.Both, BeepEvery: 15 * time.Second}}, "no number of seconds"},
		"pt(o.wav)":          {[]made{{Sides: ivr.Both, BeepFirst: true}, {Sides: ivr.Sent}}, ""},
		"m(1@default)":       {[]made{{Sides: ivr.Both}}, "option m does nothing"},
		"?":                  {[]made{{Sides: ivr.Both}}, "option ? does nothing"},
	} {
		t.Run(options, func(t *testing.T) {
			s := play(t, simulate.Script{}, "Answer()\nMixMonitor(a.wav,"+options+")\nWait(1)")
			var got []made
			for _, r := range s.Recorded {
				r.Made.Background, r.Made.Ended = false, nil
				got = append(got, r.Made)
			}
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("made %+v, want %+v", got, test.want)
			}
			if test.warn != "" {
				s.warned(test.warn)
			} else if len(s.log) > 0 {
				t.Errorf("log %q", s.log)
			}
		})
	}
	s := play(t, simulate.Script{}, "Answer()\nMixMonitor(a.ulaw,D)\nNoOp(${MIXMONITOR_FILENAME})")
	s.shows("")
	s.warned("two channels")
}

func TestMixMonitorOfWhatIsSaidToTheCalledOne(t *testing.T) {
	s := play(t, simulate.Script{}, `Answer()
		MixMonitor(a.wav,b)
		MixMonitor(b.wav)
		Wait(2)
		Dial(Local/5@c,,g)
		Wait(1)
		Dial(Local/5@c,,g)
		NoOp(${DIALSTATUS})
		exten = 5,1,Answer()
		same = n,Wait(3)`)
	s.shows("ANSWER")
	for i, want := range []time.Duration{6 * time.Second, 9 * time.Second} {
		if len(s.Recorded) != 2 || s.Recorded[i].For != want {
			t.Fatalf("recorded %+v", s.Recorded)
		}
	}
}

func TestEcho(t *testing.T) {
	s := play(t, simulate.Script{Presses: keysAt(3000, "5#")}, "Echo()\nNoOp(on)")
	s.shows("on")
	s.heard("0.0 echo 3.2")
	play(t, simulate.Script{}, "Answer()\nFlash()\nDumpChan(3)\nNoOp(on)").shows("on")
}

func TestSendDTMF(t *testing.T) {
	sent := func(s *scene) string {
		var list []string
		for _, x := range s.Sent {
			list = append(list, fmt.Sprintf("%.2f %s", x.At.Seconds(), x.Keys))
		}
		return strings.Join(list, ", ")
	}
	for args, want := range map[string]string{
		"12#":          "0.00 1, 0.35 2, 0.70 #",
		"1w2W3":        "0.00 1, 0.85 2, 2.20 3",
		"1x d2,100,50": "0.00 1, 0.15 D, 0.30 2",
		"1,,,SIP/bob":  "",
		"":             "",
	} {
		s := play(t, simulate.Script{}, "Answer()\nSendDTMF("+args+")\nNoOp(on)")
		s.shows("on")
		if got := sent(s); got != want {
			t.Errorf("%q sent %s, want %s", args, got, want)
		}
	}
}

func TestTextsAndTransfers(t *testing.T) {
	refuse := func(string) error { return &ivr.RefusedError{Status: 603, Reason: "Decline"} }
	cannot := func(string) error { return ivr.ErrUnsupported }
	const text = "Answer()\nSendText(hello, you)\nNoOp(${SENDTEXTSTATUS})"
	play(t, simulate.Script{}, text).shows("SUCCESS")
	play(t, simulate.Script{Texted: refuse}, text).shows("FAILURE")
	play(t, simulate.Script{Texted: cannot}, text).shows("UNSUPPORTED")
	play(t, simulate.Script{}, "Answer()\nSendText()\nNoOp(${SENDTEXTSTATUS})").shows("FAILURE")
	play(t, simulate.Script{}, "Answer()\nSendURL(http://x)\nNoOp(${SENDURLSTATUS})\nSendURL()\nexten = h,1,NoOp(h ${SENDURLSTATUS})").shows("UNSUPPORTED", "h FAILURE")

	const status = "NoOp(${TRANSFERSTATUS} ${TRANSFERSTATUSPROTOCOL})"
	s := play(t, simulate.Script{}, "Answer()\nTransfer(PJSIP/2000)\n"+status)
	s.shows("SUCCESS 200")
	if len(s.Sent) != 1 || s.Sent[0].To != "2000" {
		t.Errorf("sent %+v", s.Sent)
	}
	play(t, simulate.Script{}, "Transfer(2000)\nNoOp(on)\nexten = h,1,"+status).shows("SUCCESS 302")
	play(t, simulate.Script{Transferred: refuse}, "Answer()\nTransfer(2000)\n"+status).shows("FAILURE 603")
	play(t, simulate.Script{Transferred: cannot}, "Answer()\nTransfer(2000)\n"+status).shows("UNSUPPORTED 0")
	play(t, simulate.Script{}, "Answer()\nTransfer(DAHDI/1)\n"+status).shows("FAILURE 0")
	play(t, simulate.Script{}, "Answer()\nTransfer()\n"+status).shows("FAILURE 0")
}
