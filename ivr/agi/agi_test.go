package agi_test

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"dialtone/ivr"
	"dialtone/ivr/app"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
	"dialtone/ivr/simulate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a FastAGI server that serves one call.
func server(t *testing.T, serve func(c net.Conn, in *bufio.Reader, header map[string]string)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := listener.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(20 * time.Second))
		in, header := bufio.NewReader(c), map[string]string{}
		for {
			line, err := in.ReadString('\n')
			if err != nil || line == "\n" {
				break
			}
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			header[name] = value
		}
		serve(c, in, header)
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return "agi://" + listener.Addr().String() + "/menu?x=1"
}

// conversation is what a program says, and what it is answered: "> command", "< reply".
func conversation(t *testing.T, text string) func(net.Conn, *bufio.Reader, map[string]string) {
	return func(c net.Conn, in *bufio.Reader, _ map[string]string) {
		for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
			kind, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			if kind == ">" {
				fmt.Fprintf(c, "%s\n", rest)
				continue
			}
			got, err := in.ReadString('\n')
			if err != nil || strings.TrimSuffix(got, "\n") != rest {
				t.Errorf("got %q, want %q (%v)", got, rest, err)
				return
			}
		}
	}
}

// plan is a dialplan that asks the program at 1 and tells what came of it.
func plan(t *testing.T, lines string) *dialplan.Plan {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.conf")
	if err := os.WriteFile(file, []byte("[c]\n"+lines), 0o600); err != nil {
		t.Fatal(err)
	}
	p, problems := dialplan.Load(dialplan.LoadOptions{}, file)
	if p == nil {
		t.Fatal(problems)
	}
	return p
}

func options(p *dialplan.Plan) ivr.Options {
	return ivr.Options{
		Plan: func() *dialplan.Plan { return p }, Apps: app.All(), Functions: function.All(), Database: new(ivr.Memory), Log: slog.New(slog.DiscardHandler),
	}
}

var caller = simulate.Script{
	Caller:  ivr.CallerID{Name: "Jean\nD", Number: "0102", DNID: "8000"},
	Sounds:  map[string]time.Duration{"welcome": 2 * time.Second, "digits/2": time.Second, "digits/1": time.Second, "digits/20": time.Second, "letters/a": time.Second, "phonetic/a_p": time.Second, "beep": time.Second},
	Presses: []simulate.Press{{At: 1 * time.Second, Keys: "12"}},
}

// call runs a call and gives the arguments of the NoOp lines.
func call(s simulate.Script, o ivr.Options) (told []string, res simulate.Result) {
	res = simulate.Call(s, dialplan.Place{Context: "c"}, o)
	for _, step := range res.Steps {
		if step.App == "NoOp" {
			told = append(told, step.Args)
		}
	}
	return told, res
}

const menu = "exten = s,1,AGI(%s,one,\"two, three\")\nsame = n,NoOp(${AGISTATUS} ${V} ${CALLERID(num)})\nexten = h,1,NoOp(h ${AGISTATUS})\nexten = sub,1,Set(V=${ARG1})\nsame = n,Return()\nexten = two,1,NoOp(two)\nsame = n(here),NoOp(here)\n"

func TestCommandsAreAnsweredAsAsteriskDoes(t *testing.T) {
	for name, test := range map[string]struct{ talk, told string }{
		"variables": {`
			> SET VARIABLE V "a \"b\" c"
			< 200 result=1
			> get variable V
			< 200 result=1 (a "b" c)
			> GET VARIABLE NOSUCH
			< 200 result=0
			> GET VARIABLE LEN(abc)
			< 200 result=1 (3)
			> GET FULL VARIABLE "${EXTEN} ${V}"
			< 200 result=1 (s a "b" c)
			> GET FULL VARIABLE ${X} SIP/other
			< 200 result=0
			> SET CALLERID "Bo <99>"
			< 200 result=1`, `SUCCESS a "b" c 99|h SUCCESS`},
		"mistakes": {`
			> FOO BAR
			< 510 Invalid or unknown command
			>
			< 510 Invalid or unknown command
			> DATABASE GET one
			< 520-Invalid command syntax.  Proper usage follows:
			< Usage: DATABASE GET family key
			< 520 End of proper usage.
			> SPEECH CREATE x
			< 510 Invalid or unknown command
			> NOOP a b
			< 200 result=0`, "SUCCESS  0102|h SUCCESS"},
		"database": {`
			> DATABASE GET f k
			< 200 result=0
			> DATABASE PUT f k "v w"
			< 200 result=1
			> DATABASE GET f k
			< 200 result=1 (v w)
			> DATABASE PUT f tree/a 1
			< 200 result=1
			> DATABASE DELTREE f tree
			< 200 result=0
			> DATABASE DELTREE f tree
			< 200 result=1
			> DATABASE DEL f k
			< 200 result=1
			> DATABASE DEL f k
			< 200 result=0`, "SUCCESS  0102|h SUCCESS"},
		"sounds": {`
			> CHANNEL STATUS
			< 200 result=4
			> ANSWER
			< 200 result=0
			> CHANNEL STATUS
			< 200 result=6
			> CHANNEL STATUS SIP/other
			< 200 result=-1
			> STREAM FILE welcome "2"
			< 200 result=50 endpos=9600
			> STREAM FILE welcome "" 8000
			< 200 result=0 endpos=16000
			> STREAM FILE nosuch "" 80
			< 200 result=-1 endpos=80
			> SAY NUMBER 21 ""
			< 200 result=0
			> SAY DIGITS 12 ""
			< 200 result=0
			> SAY DIGITS x ""
			< 520-Invalid command syntax.  Proper usage follows:
			< Usage: SAY DIGITS number escape_digits
			< 520 End of proper usage.
			> SAY ALPHA a "#"
			< 200 result=0
			> SAY PHONETIC a "#"
			< 200 result=0
			> WAIT FOR DIGIT 500
			< 200 result=0
			> GET OPTION welcome 1 100
			< 200 result=0 endpos=16000`, "SUCCESS  0102|h SUCCESS"},
		"keys": {`
			> ANSWER
			< 200 result=0
			> GET DATA welcome 3000 2
			< 200 result=12
			> GET DATA welcome 500
			< 200 result= (timeout)
			> RECEIVE CHAR 100
			< 200 result=0 (timeout)
			> RECEIVE TEXT 100
			< 200 result=-1`, "SUCCESS  0102|h SUCCESS"},
		"control": {`
			> ANSWER
			< 200 result=0
			> CONTROL STREAM FILE welcome 2 500 1
			< 200 result=50 endpos=13600
			> RECORD FILE x gsm # 1000
			< 200 result=-1 (writefile)
			> SET MUSIC OFF
			< 200 result=0
			> TDD MODE on
			< 200 result=0
			> SEND IMAGE x
			< 200 result=0`, "SUCCESS  0102|h SUCCESS"},
		"recordings": {`
			> ANSWER
			< 200 result=0
			> RECORD FILE x wav 1 5000
			< 200 result=49 (dtmf) endpos=6400
			> RECORD FILE x wav 2 1000 BEEP
			< 200 result=50 (randomerror) endpos=0
			> RECORD FILE x wav "" 1000
			< 200 result=0 (timeout) endpos=8000
			> RECORD FILE x wav "" x
			< 520-Invalid command syntax.  Proper usage follows:
			< Usage: RECORD FILE filename format escape_digits timeout [offset_samples] [BEEP] [s=silence]
			< 520 End of proper usage.`, "SUCCESS  0102|h SUCCESS"},
		"applications": {`
			> EXEC NoSuch
			< 200 result=-2
			> EXEC Set V=x,y
			< 200 result=0
			> EXEC NoOp
			< 200 result=0
			> GOSUB c sub 1 "arg"
			< 100 result=0 Trying...
			< 200 result=0 Gosub complete
			> GOSUB c nosuch 1
			< 200 result=-1 Gosub label not found
			> VERBOSE "a b" 3
			< 200 result=1
			> SET AUTOHANGUP 100
			< 200 result=0`, "SUCCESS arg 0102|h SUCCESS"},
		"places": {`
			> SET EXTENSION two
			< 200 result=0
			> SET PRIORITY here
			< 200 result=0`, "here|h SUCCESS"},
		"an end": {`
			> HANGUP SIP/other
			< 200 result=-1
			> HANGUP
			< 200 result=1
			< HANGUP
			> STREAM FILE welcome ""
			< 511 Command Not Permitted on a dead channel or intercept routine
			> SET VARIABLE V 1
			< 200 result=1`, "h HANGUP"},
		"an application that ends the call": {`
			> EXEC Hangup 17
			< 200 result=-1
			< HANGUP`, "h HANGUP"},
	} {
		t.Run(name, func(t *testing.T) {
			address := server(t, conversation(t, test.talk))
			told, _ := call(caller, options(plan(t, fmt.Sprintf(menu, address))))
			if got := strings.Join(told, "|"); got != test.told {
				t.Errorf("told %q, want %q", got, test.told)
			}
		})
	}
}

func TestAProgramRunsAfterTheEnd(t *testing.T) {
	address := server(t, conversation(t, `
		> GET VARIABLE EXTEN
		< 200 result=1 (h)
		> WAIT FOR DIGIT 100
		< 511 Command Not Permitted on a dead channel or intercept routine
		> EXEC Set V=x
		< 200 result=0`))
	told, _ := call(caller, options(plan(t, "exten = s,1,Hangup()\nexten = h,1,AGI("+address+")\nsame = n,NoOp(${V} ${AGISTATUS})\n")))
	if len(told) != 1 || told[0] != "x HANGUP" {
		t.Errorf("told %q", told)
	}
}

func TestTheHeaderTellsOfTheCall(t *testing.T) {
	header := make(chan map[string]string, 1)
	address := server(t, func(_ net.Conn, _ *bufio.Reader, h map[string]string) { header <- h })
	call(caller, options(plan(t, fmt.Sprintf(menu, address))))
	got := <-header
	for name, want := range map[string]string{
		"agi_network": "yes", "agi_network_script": "menu?x=1", "agi_request": address, "agi_language": "en", "agi_type": "SIP", "agi_callerid": "0102",
		"agi_calleridname": "Jean D", "agi_dnid": "8000", "agi_rdnis": "unknown", "agi_context": "c", "agi_extension": "s", "agi_priority": "1", "agi_enhanced": "0.0",
		"agi_accountcode": "", "agi_arg_1": "one", "agi_arg_2": "two, three", "agi_callingpres": "0",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

func TestAProgramThatMisbehavesHurtsOnlyItsCall(t *testing.T) {
	for name, test := range map[string]struct {
		serve func(net.Conn, *bufio.Reader, map[string]string)
		told  string
	}{
		"nothing":  {func(net.Conn, *bufio.Reader, map[string]string) {}, "SUCCESS  0102|h SUCCESS"},
		"garbage":  {func(c net.Conn, _ *bufio.Reader, _ map[string]string) { c.Write([]byte("\x00\xff\"\\\n\"\n")) }, "SUCCESS  0102|h SUCCESS"},
		"too long": {func(c net.Conn, _ *bufio.Reader, _ map[string]string) { c.Write(make([]byte, 1<<20)) }, "FAILURE  0102|h FAILURE"},
	} {
		t.Run(name, func(t *testing.T) {
			told, _ := call(caller, options(plan(t, fmt.Sprintf(menu, server(t, test.serve)))))
			if got := strings.Join(told, "|"); got != test.told {
				t.Errorf("told %q, want %q", got, test.told)
			}
		})
	}
	t.Run("nobody", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener.Close()
		told, _ := call(caller, options(plan(t, fmt.Sprintf(menu, "agi://"+listener.Addr().String()))))
		if got := strings.Join(told, "|"); got != "FAILURE  0102|h FAILURE" {
			t.Errorf("told %q", got)
		}
	})
}

type simulated = simulate.Caller

// live is a call in real time that is hung up by closing over.
type live struct {
	*simulated
	over chan struct{}
}

func (l *live) Pace() ivr.Pace { return ivr.RealTime }
func (l *live) Now() time.Time { return time.Now() }
func (l *live) Wait(w ivr.Wait) (byte, error) {
	var timer <-chan time.Time
	if w.For >= 0 {
		timer = time.After(w.For)
	}
	select {
	case <-l.over:
		return 0, ivr.ErrHangup
	default:
	}
	select {
	case <-l.over:
		return 0, ivr.ErrHangup
	case <-w.Wake:
	case <-timer:
	}
	return 0, nil
}

func TestAHangUpIsNoticedWhileTheProgramThinks(t *testing.T) {
	ch := &live{simulate.New(caller), make(chan struct{})}
	address := server(t, func(c net.Conn, in *bufio.Reader, _ map[string]string) {
		fmt.Fprint(c, "NOOP\n")
		if line, _ := in.ReadString('\n'); line != "200 result=0\n" {
			t.Errorf("NOOP: %q", line)
		}
		close(ch.over) // and say nothing
		if line, err := in.ReadString('\n'); line != "HANGUP\n" {
			t.Errorf("after the hang-up: %q, %v", line, err)
		}
		fmt.Fprint(c, "ANSWER\n")
		if line, _ := in.ReadString('\n'); !strings.HasPrefix(line, "511 ") {
			t.Errorf("ANSWER: %q", line)
		}
	})
	var told []string
	o := options(plan(t, fmt.Sprintf(menu, address)))
	o.Trace = func(s ivr.Step) { told = append(told, s.Args) }
	if out := ivr.New(ch, dialplan.Place{Context: "c"}, o).Execute(); out.By != ivr.ByCaller {
		t.Errorf("ended by %v", out.By)
	}
	if last := told[len(told)-1]; last != "h HANGUP" {
		t.Errorf("told %q", told)
	}
}

func TestALocalProgramRunsACall(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write("good", `while read line; do [ -z "$line" ] && break; done
echo "SET VARIABLE V $1-$SECRET"; read reply; echo "$reply" >&2`)
	write("bad", "exit 3")
	write("stubborn", "trap '' HUP TERM; echo HANGUP; while :; do sleep 1; done")
	t.Setenv("SECRET", "open")
	for _, test := range []struct{ dir, program, told string }{
		{dir, "good", "SUCCESS one- 0102|h SUCCESS"},
		{dir, "bad", "FAILURE  0102|h FAILURE"},
		{dir, "absent", "NOTFOUND  0102|h NOTFOUND"},
		{dir, "../good", "NOTFOUND  0102|h NOTFOUND"},
		{"", "good", "FAILURE  0102|h FAILURE"},
	} {
		o := options(plan(t, fmt.Sprintf(menu, test.program)))
		o.Allow.Programs = test.dir
		told, _ := call(caller, o)
		if got := strings.Join(told, "|"); got != test.told {
			t.Errorf("%s: told %q, want %q", test.program, got, test.told)
		}
	}
	o := options(plan(t, "exten = s,1,Set(AGIEXITONHANGUP=yes)\nsame = n,AGI(stubborn)\nexten = h,1,NoOp(${AGISTATUS})\n"))
	o.Allow.Programs = dir
	if told, _ := call(caller, o); len(told) != 1 || told[0] != "HANGUP" {
		t.Errorf("stubborn: told %q", told)
	}
}

func TestSystemRunsCommandsWhereAllowed(t *testing.T) {
	for _, test := range []struct {
		allow         bool
		command, told string
	}{
		{true, "exit 0", "SUCCESS"}, {true, "exit 2", "APPERROR"}, {true, "/no/such/program", "FAILURE"}, {true, "kill -9 $$", "FAILURE"}, {false, "exit 0", "FAILURE"},
	} {
		for _, name := range []string{"System", "TrySystem"} {
			o := options(plan(t, "exten = s,1,"+name+"("+test.command+")\nsame = n,NoOp(${SYSTEMSTATUS})\n"))
			o.Allow.System = test.allow
			if told, _ := call(caller, o); len(told) != 1 || told[0] != test.told {
				t.Errorf("%s(%s), allowed %v: told %q, want %s", name, test.command, test.allow, told, test.told)
			}
		}
	}
}

func TestAHangUpKillsACommand(t *testing.T) {
	ch := &live{simulate.New(caller), make(chan struct{})}
	flag := filepath.Join(t.TempDir(), "started")
	o := options(plan(t, "exten = s,1,System(touch "+flag+" && sleep 600)\nexten = h,1,NoOp(${SYSTEMSTATUS})\n"))
	o.Allow.System = true
	var told []string
	o.Trace = func(s ivr.Step) { told = append(told, s.Args) }
	go func() {
		for {
			if _, err := os.Stat(flag); err == nil {
				close(ch.over)
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	ivr.New(ch, dialplan.Place{Context: "c"}, o).Execute()
	if last := told[len(told)-1]; last != "FAILURE" {
		t.Errorf("told %q", told)
	}
}

func TestOtherCallsAreOutOfReach(t *testing.T) {
	o := options(plan(t, "exten = s,1,SoftHangup(SIP/x)\nsame = n,ChannelRedirect(SIP/x,c,t,1)\nsame = n,NoOp(${CHANNELREDIRECT_STATUS})\nsame = n,Originate(SIP/x,app,NoOp)\n"+
		"same = n,NoOp(${ORIGINATE_STATUS})\nsame = n,ChannelRedirect(${CHANNEL},own,1)\nexten = own,1,NoOp(${CHANNELREDIRECT_STATUS})\nsame = n,SoftHangup(${CHANNEL})\nsame = n,NoOp(no)\n"))
	if told, _ := call(caller, o); strings.Join(told, " ") != "NOCHANNEL FAILED SUCCESS" {
		t.Errorf("told %q", told)
	}
}
