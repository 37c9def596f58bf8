package interop

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/google/go-cmp/cmp"
)

// press is a key that sipp sends as RFC 4733 events, after a pause. sipp plays a capture of them, which fill writes.
type press struct {
	After   time.Duration
	Key     string
	Capture string
}

// account is what a scenario's template is filled with.
type account struct {
	User, Password string
	Presses        []press
}

// try is a request of a scenario: the first without credentials, the second with them.
type try struct {
	account
	CSeq int
}

// Try is the account's first or second request.
func (a account) Try(cseq int) try { return try{a, cseq} }

// Authorization is sipp's keyword for credentials, as a line; empty in the first try.
func (t try) Authorization() string {
	if t.CSeq == 1 {
		return ""
	}
	return fmt.Sprintf("[authentication username=%s password=%s]\n", t.User, t.Password)
}

// fill writes the scenario of a template to a file.
func fill(t *testing.T, scenario *template.Template, a account) (file string) {
	t.Helper()
	a.Presses = slices.Clone(a.Presses)
	for i := range a.Presses {
		p := &a.Presses[i]
		p.Capture = filepath.Join(t.TempDir(), "press.pcap")
		if err := os.WriteFile(p.Capture, pressCapture(byte(p.Key[0]), i), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var text bytes.Buffer
	if err := scenario.Execute(&text, a); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "scenario.xml")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// sippAccepts answers the request that came last.
const sippAccepts = `  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
`

// The scenario of a call: challenged, answered, keys pressed, and the server hangs up.
var callScenario = template.Must(template.New("call").Funcs(template.FuncMap{
	"ms": func(d time.Duration) int64 { return d.Milliseconds() },
}).Parse(`{{define "invite"}}  <send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: "sipp" <sip:{{.User}}@[remote_ip]>;tag=[pid]i[call_number]
To: <sip:[service]@[remote_ip]>
Call-ID: [call_id]
CSeq: {{.CSeq}} INVITE
Contact: <sip:{{.User}}@[local_ip]:[local_port]>
{{.Authorization}}Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP[media_ip_type] [media_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 8 101
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
]]></send>
{{end}}<?xml version="1.0" encoding="UTF-8"?>
<scenario name="a call that presses keys">
{{template "invite" (.Try 1)}}  <recv response="401" auth="true" rtd="true"/>
  <send><![CDATA[
ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
[last_Via:]
Max-Forwards: 70
[last_From:]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Content-Length: 0

]]></send>
{{template "invite" (.Try 2)}}  <recv response="100" optional="true"/>
  <recv response="180" optional="true"/>
  <recv response="183" optional="true"/>
  <recv response="200" rrs="true"/>
  <send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
[routes]
From: "sipp" <sip:{{.User}}@[remote_ip]>;tag=[pid]i[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 2 ACK
Content-Length: 0

]]></send>
{{range .Presses}}  <pause milliseconds="{{ms .After}}"/>
  <nop><action><exec play_pcap_audio="{{.Capture}}"/></action></nop>
{{end}}  <recv request="BYE" timeout="60000"/>
` + sippAccepts + `</scenario>
`))

// The scenario of a registration: challenged, and answered.
var registerScenario = template.Must(template.New("registration").Parse(`{{define "register"}}  <send retrans="500"><![CDATA[
REGISTER sip:[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: <sip:[service]@[remote_ip]>;tag=[pid]r[call_number]
To: <sip:[service]@[remote_ip]>
Call-ID: [call_id]
CSeq: {{.CSeq}} REGISTER
Contact: <sip:[service]@[local_ip]:[local_port]>
Expires: 300
{{.Authorization}}Content-Length: 0

]]></send>
{{end}}<?xml version="1.0" encoding="UTF-8"?>
<scenario name="a registration, challenged and answered">
{{template "register" (.Try 1)}}  <recv response="401" auth="true"/>
{{template "register" (.Try 2)}}  <recv response="200"/>
</scenario>
`))

// sipp runs one call of a scenario and fails the test with what sipp said.
func sipp(t *testing.T, s *server, service, scenario string, args ...string) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("sipp", append([]string{s.sip, "-sf", scenario, "-s", service, "-i", "127.0.0.1", "-p", fmt.Sprint(freePort(t)),
		"-mp", fmt.Sprint(freeMedia()), "-m", "1", "-nostdin", "-timeout", "120s", "-timeout_error", "-trace_err", "-trace_msg",
		"-message_file", filepath.Join(dir, "messages")}, args...)...)
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		messages, _ := os.ReadFile(filepath.Join(dir, "messages"))
		t.Fatalf("sipp: %v\n%s\nmessages:\n%s", err, lastLines(out.String(), 40), lastLines(string(messages), 120))
	}
}

func TestSippRegisters(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, transport := range []string{"u1", "t1"} {
		scenario := fill(t, registerScenario, account{User: "1000", Password: s.demo["1000"]})
		sipp(t, s, "1000", scenario, "-t", transport)
	}
}

// The paths of the page's menus by RFC 4733 keys. The welcome, the pause and the first second of the menu take about
// four seconds, so a key after 6 s is one during the menu.
func TestSippWalksTheMenus(t *testing.T) {
	const (
		welcome, choices, invalid, failure = "ivr-example-welcome-sound", "ivr-example-choices", "ivr-example-invalid-choice", "ivr-example-error"
		submenu                            = "ivr-example-submenu-choices"
	)
	menu := 6 * time.Second // from the answer to a moment in the first menu
	for _, c := range []struct {
		name, number string
		presses      []press
		want         []string
	}{
		{"choice 1", "8899", []press{{After: menu, Key: "1"}}, []string{welcome, choices, "dest-8000"}},
		{"choice 2", "8899", []press{{After: menu, Key: "2"}}, []string{welcome, choices, "dest-8833"}},
		{"choice 3", "8899", []press{{After: menu, Key: "3"}}, []string{welcome, choices, "dest-8547"}},
		{"choice 4 repeats the menu", "8899", []press{{After: menu, Key: "4"}, {After: 4 * time.Second, Key: "1"}}, []string{welcome, choices, choices, "dest-8000"}},
		{"nothing pressed, three times", "8899", nil, []string{welcome, choices, invalid, choices, invalid, choices, failure}},
		{"three wrong keys", "8899", []press{{After: menu, Key: "9"}, {After: 6 * time.Second, Key: "#"}, {After: 6 * time.Second, Key: "0"}},
			[]string{welcome, choices, invalid, choices, invalid, choices, failure}},
		{"submenu and back", "8898", []press{{After: menu, Key: "3"}, {After: 4 * time.Second, Key: "3"}, {After: 4 * time.Second, Key: "2"}},
			[]string{welcome, choices, submenu, choices, "dest-8833"}},
		{"submenu, first choice", "8898", []press{{After: menu, Key: "3"}, {After: 4 * time.Second, Key: "1"}}, []string{welcome, choices, submenu, "dest-8000"}},
		{"submenu, second choice", "8898", []press{{After: menu, Key: "3"}, {After: 4 * time.Second, Key: "2"}}, []string{welcome, choices, submenu, "dest-8001"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			steps := s.follow()
			sipp(t, s, c.number, fill(t, callScenario, account{"1000", s.demo["1000"], c.presses}))
			eventually(t, "the call's end", 5*time.Second, func() bool {
				seen := steps()
				return len(seen) > 0 && seen[len(seen)-1].State == "ended"
			})
			if diff := cmp.Diff(c.want, heard(steps())); diff != "" {
				t.Errorf("prompts of the path (-want +got):\n%s", diff)
			}
		})
	}
}

func lastLines(text string, n int) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
