package interop

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/template"
	"time"

	"dialtone/call/softphone"
)

// hints puts hints into the demo's dialplan, while the server runs.
func (s *server) hints(text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.data, "extensions_extra.d", "hints.conf"), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.mustDialtone("reload", "--data", s.data)
}

// softphone is a telephone of ours with one of the demo's accounts, which is registered.
func (s *server) softphone(user string) *softphone.Phone {
	s.t.Helper()
	phone, err := softphone.New(softphone.Config{Server: s.sip, User: user, Password: s.demo[user]})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { phone.Close() })
	if _, err := phone.Register(context.Background(), time.Hour); err != nil {
		s.t.Fatal(err)
	}
	return phone
}

// colours are what baresip writes for terminals.
var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// baresip subscribes to the presence of a colleague, and shows that the colleague comes, is in a call, and goes.
func TestBaresipSeesAColleague(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.hints("[default]\nexten => 1001,hint,PJSIP/1001\n")
	_, phone := startBaresip(t, s, "1000", s.sip, silentWAV(8000), []string{"module_app contact.so", "module_app presence.so"}, fmt.Sprintf("\"Anna\" <sip:1001@%s>;presence=p2p\n", s.sip))
	eventually(t, "baresip subscribes", 20*time.Second, func() bool {
		return strings.Contains(s.log.String(), "msg=subscription phone=1000 event=presence extension=1001")
	})
	shows := func(change string) {
		t.Helper()
		eventually(t, "baresip shows "+change, 10*time.Second, func() bool { return strings.Contains(colours.ReplaceAllString(phone.said.String(), ""), change) })
	}
	anna := s.softphone("1001")
	shows("from Offline to Online")
	call, err := anna.Call(context.Background(), "8899")
	if err != nil {
		t.Fatal(err)
	}
	shows("from Online to Busy")
	call.Hangup()
	shows("from Busy to Online")
	if _, err := anna.Register(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	shows("from Online to Offline")
}

// The scenario of a key with a lamp: subscribed with digest, told at once and of each change, refreshed, ended.
var lampScenario = template.Must(template.New("lamp").Parse(`{{define "subscribe"}}  <send retrans="500"><![CDATA[
SUBSCRIBE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: <sip:{{.User}}@[remote_ip]>;tag=[pid]s[call_number]
To: <sip:[service]@[remote_ip]>
Call-ID: [call_id]
CSeq: {{.CSeq}} SUBSCRIBE
Contact: <sip:{{.User}}@[local_ip]:[local_port]>
Event: dialog
Accept: application/dialog-info+xml
Expires: 300
{{.Authorization}}Content-Length: 0

]]></send>
{{end}}{{define "notified"}}  <recv request="NOTIFY" timeout="20000">
    <action>
      <ereg regexp="{{.}}" search_in="msg" check_it="true" assign_to="told"/>
    </action>
  </recv>
  <Reference variables="told"/>
` + sippAccepts + `{{end}}{{define "again"}}  <send retrans="500"><![CDATA[
SUBSCRIBE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: <sip:{{.User}}@[remote_ip]>;tag=[pid]s[call_number]
To: <sip:[service]@[remote_ip]>[$tag]
Call-ID: [call_id]
CSeq: {{.CSeq}} SUBSCRIBE
Contact: <sip:{{.User}}@[local_ip]:[local_port]>
Event: dialog
Expires: 0
{{.Authorization}}Content-Length: 0

]]></send>
{{end}}<?xml version="1.0" encoding="UTF-8"?>
<scenario name="a key with a lamp">
{{template "subscribe" (.Try 1)}}  <recv response="401" auth="true"/>
{{template "subscribe" (.Try 2)}}  <recv response="200">
    <action><ereg regexp=";tag=[^;]*" search_in="hdr" header="To:" check_it="true" assign_to="tag"/></action>
  </recv>
{{template "notified" "Subscription-State: active.*version=.0.*state>terminated"}}
{{template "notified" "Subscription-State: active.*version=.1.*state>confirmed"}}
{{template "notified" "Subscription-State: active.*version=.2.*state>terminated"}}
{{template "again" (.Try 1)}}  <recv response="401" auth="true"/>
{{template "again" (.Try 2)}}  <recv response="200"/>
{{template "notified" "Subscription-State: terminated;reason=timeout"}}
</scenario>
`))

func TestSippSeesAColleague(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.hints("[default]\nexten => 1001,hint,PJSIP/1001\n")
	anna := s.softphone("1001")
	messages := filepath.Join(t.TempDir(), "messages")
	until := func(text func() string, says string) bool {
		for !strings.Contains(text(), says) {
			if t.Context().Err() != nil {
				return false // sipp has failed, which says so
			}
			time.Sleep(50 * time.Millisecond)
		}
		return true
	}
	go func() {
		if !until(s.log.String, "msg=subscription phone=1000 event=dialog extension=1001") {
			return
		}
		call, err := anna.Call(t.Context(), "8899")
		if err != nil {
			return // sipp waits for it, and says that it did not come
		}
		heard := func() string { text, _ := os.ReadFile(messages); return string(text) }
		if until(heard, ">confirmed<") { // what has passed before it was told is left out
			call.Hangup()
		}
	}()
	sipp(t, s, "1001", fill(t, lampScenario, account{User: "1000", Password: s.demo["1000"]}), "-message_file", messages)
}
