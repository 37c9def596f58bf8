package interop

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dialtone/call/softphone"
	"dialtone/sip"
)

// script is a scenario of sipp, written step by step.
type script struct {
	text strings.Builder
	seq  int // CSeq of the last request but ACK and CANCEL
	next how // the request that is sent next
}

// how a request is sent, where it is not the next one of the dialog with a description of where sipp is.
type how struct {
	seq    int    // CSeq of an ACK that comes after other requests
	branch string // of an earlier request: [branch-N], N steps before
	addr   string // in the description
	first  bool   // outside of the dialog, as the first INVITE is
}

// as says how the next request is sent.
func (s *script) as(h how) *script {
	s.next = h
	return s
}

// The descriptions that the scripts offer and answer with.
const (
	active   = "sendrecv"
	holding  = "sendonly"
	inactive = "inactive"
	noSDP    = ""
)

func description(direction, addr string) string {
	if direction == noSDP {
		return ""
	}
	return "v=0\no=- 1 1 IN IP4 [media_ip]\ns=-\nc=IN IP4 " + addr + "\nt=0 0\nm=audio [media_port] RTP/AVP 8 0\na=" + direction + "\n"
}

func message(start string, headers []string, body string) string {
	text := start + "\n" + strings.Join(headers, "\n") + "\n"
	if body != "" {
		text += "Content-Type: application/sdp\n"
	}
	return "  <send><![CDATA[\n" + text + "Content-Length: [len]\n\n" + body + "]]></send>\n"
}

// send sends a request of the calling side. Each has a number of its own, but ACK and CANCEL.
func (s *script) send(method, direction string, headers ...string) *script {
	h := s.next
	s.next = how{}
	if method != "ACK" && method != "CANCEL" {
		s.seq++
	}
	target, to := "[next_url]", "[peer_tag_param]"
	if h.first || s.seq == 1 && (method == "INVITE" || method == "CANCEL") {
		target, to = "sip:[service]@[remote_ip]:[remote_port]", ""
	}
	seq := cmp.Or(h.seq, s.seq)
	s.text.WriteString(message(method+" "+target+" SIP/2.0", append([]string{
		"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=" + cmp.Or(h.branch, "[branch]"), "Max-Forwards: 70",
		"From: <sip:sipp@[local_ip]>;tag=[pid]c[call_number]", "To: <sip:[service]@[remote_ip]>" + to, "Call-ID: [call_id]",
		fmt.Sprintf("CSeq: %d %s", seq, method), "Contact: <sip:sipp@[local_ip]:[local_port]>",
	}, headers...), description(direction, cmp.Or(h.addr, "[media_ip]"))))
	return s
}

// recv waits for an answer, or a request. What must match is a header and an expression; it may be assigned to a variable.
func (s *script) recv(what string, matches ...string) *script {
	kind := "response"
	if what[0] > '9' {
		kind = "request"
	}
	fmt.Fprintf(&s.text, "  <recv %s=\"%s\" rrs=\"true\" timeout=\"20000\">\n    <action>\n", kind, what)
	for i, m := range matches {
		header, expression, _ := strings.Cut(m, "=~")
		name, variable := fmt.Sprintf("m%d", i), ""
		if header, variable, _ = strings.Cut(header, ">"); variable != "" {
			name = variable
		}
		where := fmt.Sprintf("search_in=\"hdr\" header=\"%s:\"", header)
		if header == "body" {
			where = "search_in=\"body\""
		}
		fmt.Fprintf(&s.text, "      <ereg regexp=\"%s\" %s check_it=\"true\" assign_to=\"%s\"/>\n      <log message=\"[$%s]\"/>\n", expression, where, name, name)
	}
	s.text.WriteString("    </action>\n  </recv>\n")
	return s
}

// maybe waits for a provisional answer that may not come.
func (s *script) maybe(status string) *script {
	fmt.Fprintf(&s.text, "  <recv response=\"%s\" optional=\"true\"/>\n", status)
	return s
}

func (s *script) pause(d time.Duration) *script {
	fmt.Fprintf(&s.text, "  <pause milliseconds=\"%d\"/>\n", d.Milliseconds())
	return s
}

// reply answers the last request of the called side's script with a To tag; those of the INVITE are kept by heard.
func (s *script) reply(status, tag, direction string, headers ...string) *script {
	to := "[last_To:]"
	if tag != "" {
		to += ";tag=" + tag
	}
	s.text.WriteString(message("SIP/2.0 "+status, append([]string{
		"[last_Via:]", "[last_From:]", to, "[last_Call-ID:]", "[last_CSeq:]", "Contact: <sip:sipp@[local_ip]:[local_port]>",
	}, headers...), description(direction, "[media_ip]")))
	return s
}

// heard waits for the INVITE and keeps what later answers to it need.
func (s *script) heard(matches ...string) *script {
	return s.recv("INVITE", append([]string{"Via>via=~.*", "From>from=~.*", "To>to=~.*", "CSeq>cseq=~.*"}, matches...)...)
}

// answer answers the INVITE that was heard, also after other requests.
func (s *script) answer(status, tag, direction string, headers ...string) *script {
	s.text.WriteString(message("SIP/2.0 "+status, append([]string{
		"Via: [$via]", "From: [$from]", "To: [$to];tag=" + tag, "[last_Call-ID:]", "CSeq: [$cseq]", "Contact: <sip:" + tag + "@[local_ip]:[local_port]>",
	}, headers...), description(direction, "[media_ip]")))
	return s
}

// file writes the scenario.
func (s *script) file(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "scenario.xml")
	text := "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<scenario name=\"" + t.Name() + "\">\n" + s.text.String() + "</scenario>\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// dialogs is a server with a trunk for loopback, whose calls begin in a context of the test's.
func dialogs(t *testing.T, plan string) *server {
	t.Helper()
	s := start(t)
	if err := os.WriteFile(filepath.Join(s.data, "extensions_extra.d", "dialogs.conf"), []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	s.mustDialtone("trunk", "add", "loopback", "--address", "127.0.0.1/32", "--context", "dialogs", "--data", s.data)
	s.mustDialtone("reload", "--data", s.data)
	return s
}

const dialogPlan = `[dialogs]
exten => ring,1,Ringing()
same => n,Wait(1)
same => n,Answer()
same => n,Wait(20)
exten => early,1,Progress()
same => n,Wait(1)
same => n,Answer()
same => n,Wait(20)
exten => up,1,Answer()
same => n,Wait(20)
exten => mute,1,Ringing()
same => n,Wait(20)
`

// What callers do: each is a script of sipp against the dialplan of a trunk.
func TestSippCalls(t *testing.T) {
	t.Parallel()
	s := dialogs(t, dialogPlan)
	const updates = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE, PRACK"
	for name, c := range map[string]struct {
		exten string
		does  *script
	}{
		"100rel, and UPDATE before the answer": {"early", new(script).
			send("INVITE", active, "Require: 100rel", updates).maybe("100").
			recv("183", "RSeq>rseq=~[0-9]+", "Require=~100rel", "body=~m=audio").
			send("PRACK", noSDP, "RAck: [$rseq] 1 INVITE").recv("200", "CSeq=~PRACK").
			send("UPDATE", holding).recv("200", "CSeq=~UPDATE", "body=~a=recvonly").
			recv("200", "CSeq=~1 INVITE").as(how{seq: 1}).send("ACK", noSDP).
			send("BYE", noSDP).recv("200")},
		"a PRACK of nothing": {"ring", new(script).
			send("INVITE", active, "Require: 100rel").maybe("100").
			recv("180", "RSeq>rseq=~[0-9]+").
			send("PRACK", noSDP, "RAck: 1 77 INVITE").recv("481").
			send("PRACK", noSDP, "RAck: [$rseq] 1 INVITE").recv("200", "CSeq=~PRACK").
			recv("200", "CSeq=~1 INVITE", "body=~m=audio").as(how{seq: 1}).send("ACK", noSDP).
			send("BYE", noSDP).recv("200")},
		"an offer in the ACK": {"up", new(script).
			send("INVITE", noSDP).maybe("100").recv("200", "body=~m=audio").send("ACK", active).
			pause(100*time.Millisecond).
			send("INVITE", noSDP).maybe("100").recv("200", "body=~m=audio").send("ACK", active).
			send("BYE", noSDP).recv("200")},
		"an offer in a reliable answer": {"ring", new(script).
			send("INVITE", noSDP, "Require: 100rel").maybe("100").recv("180", "RSeq>rseq=~[0-9]+", "body=~m=audio").
			send("PRACK", active, "RAck: [$rseq] 1 INVITE").recv("200", "CSeq=~PRACK").
			recv("200", "CSeq=~1 INVITE").as(how{seq: 1}).send("ACK", noSDP).
			send("BYE", noSDP).recv("200")},
		"hold in all its ways": {"up", new(script).
			send("INVITE", active).maybe("100").recv("200", "body=~a=sendrecv").send("ACK", noSDP).
			send("INVITE", holding).maybe("100").recv("200", "body=~a=recvonly").send("ACK", noSDP).
			send("INVITE", active).maybe("100").recv("200", "body=~a=sendrecv").send("ACK", noSDP).
			send("UPDATE", inactive).recv("200", "body=~a=inactive").
			as(how{addr: "0.0.0.0"}).send("INVITE", active).maybe("100").recv("200").send("ACK", noSDP).
			send("UPDATE", active).recv("200", "body=~a=sendrecv").
			send("BYE", noSDP).recv("200")},
		"session timers": {"up", new(script).
			send("INVITE", active, "Supported: timer", "Session-Expires: 30").maybe("100").
			recv("422", "Min-SE=~^ *90").as(how{branch: "[branch-3]"}).send("ACK", noSDP).
			as(how{first: true}).send("INVITE", active, "Supported: timer", "Session-Expires: 120;refresher=uac").maybe("100").
			recv("200", "Session-Expires=~120;refresher=uac", "Require=~timer").send("ACK", noSDP).
			send("UPDATE", noSDP, "Supported: timer", "Session-Expires: 90;refresher=uac").recv("200", "Session-Expires=~90;refresher=uac").
			send("BYE", noSDP).recv("200")},
		"CANCEL": {"mute", new(script).
			send("INVITE", active).maybe("100").recv("180").as(how{branch: "[branch-3]"}).send("CANCEL", noSDP).
			recv("200", "CSeq=~CANCEL").recv("487", "CSeq=~INVITE").as(how{branch: "[branch-6]"}).send("ACK", noSDP)},
		"re-INVITE before the answer": {"ring", new(script).
			send("INVITE", active).maybe("100").recv("180").
			send("INVITE", holding).maybe("100").recv("500", "Retry-After=~[0-9]", "CSeq=~2 INVITE").as(how{branch: "[branch-3]"}).send("ACK", noSDP).
			recv("200", "CSeq=~1 INVITE").as(how{seq: 1}).send("ACK", noSDP).
			send("BYE", noSDP).recv("200")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sipp(t, s, c.exten, c.does.file(t), "-t", "u1")
		})
	}
}

// Who picks up is answered when the 200 goes out, whatever comes of its ACK.
func TestSippHangsUpBeforeItsACK(t *testing.T) {
	t.Parallel()
	s := dialogs(t, dialogPlan)
	for _, offer := range []string{active, noSDP} {
		sipp(t, s, "up", new(script).send("INVITE", offer).maybe("100").recv("200", "body=~m=audio").send("BYE", noSDP).recv("200", "CSeq=~BYE").file(t), "-t", "u1")
	}
	var records []struct{ Answer, End time.Time }
	eventually(t, "two calls are over", 5*time.Second, func() bool {
		if err := json.Unmarshal([]byte(s.mustDialtone("calls", "--history", "5", "--json", "--data", s.data)), &records); err != nil {
			t.Fatal(err)
		}
		return len(records) == 2
	})
	for _, r := range records {
		if r.Answer.IsZero() || r.Answer.After(r.End) {
			t.Errorf("answered %v, ended %v", r.Answer, r.End)
		}
	}
}

// What called sides do: a telephone calls by the dialplan, and sipp is the server of a trunk.
func TestSippIsCalled(t *testing.T) {
	t.Parallel()
	const reliable = "Require: 100rel"
	s := dialogs(t, "[default]\nexten => _777X,1,Dial(PJSIP/100@far${EXTEN:3},20)\nsame => n,Hangup(${HANGUPCAUSE})\n")
	phone := s.softphone("1000")
	for i, c := range []struct {
		name     string
		does     *script
		answered bool
		until    string // what the log says before the caller hangs up
		status   int    // of the end, when it was not answered
	}{
		{name: "several telephones, one after the other and two at the end", does: new(script).
			heard("Supported=~100rel", "body=~m=audio").
			answer("180 Ringing", "one", noSDP).
			answer("183 Session Progress", "two", active, reliable, "RSeq: 5").
			recv("PRACK", "RAck=~5 [0-9]+ INVITE").reply("200 OK", "", noSDP).
			answer("200 OK", "two", noSDP).recv("ACK", "To=~tag=two").
			answer("200 OK", "three", active).recv("ACK", "To=~tag=three").
			recv("BYE", "To=~tag=three").reply("200 OK", "", noSDP).
			recv("BYE", "To=~tag=two").reply("200 OK", "", noSDP), answered: true, until: "another telephone has answered, too"},
		{name: "a longer session", does: new(script).
			recv("INVITE", "Session-Expires=~1800", "Supported=~timer").reply("422 Session Interval Too Small", "short", noSDP, "Min-SE: 2400").
			recv("ACK").
			heard("Session-Expires=~2400", "Min-SE=~2400").
			answer("200 OK", "long", active, "Session-Expires: 2400;refresher=uas", "Require: timer").recv("ACK").
			recv("BYE").reply("200 OK", "", noSDP), answered: true},
		{name: "early media", does: new(script).
			heard().answer("183 Session Progress", "one", noSDP).answer("183 Session Progress", "one", active).answer("180 Ringing", "one", noSDP).
			pause(300*time.Millisecond).
			answer("200 OK", "one", active).recv("ACK").recv("BYE").reply("200 OK", "", noSDP), answered: true},
		{name: "busy", does: new(script).
			heard().answer("486 Busy Here", "one", noSDP).recv("ACK"), status: 486},
		{name: "declined for a reason", does: new(script).
			heard().answer("480 Temporarily Unavailable", "one", noSDP, "Reason: Q.850;cause=21").recv("ACK"), status: 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			port := freeMedia() // not one that the kernel gives to others meanwhile
			s.mustDialtone("trunk", "add", fmt.Sprint("far", i), "--server", fmt.Sprintf("127.0.0.1:%d", port), "--qualify", "0", "--context", "dialogs", "--data", s.data)
			scenario := c.does.file(t)
			done := make(chan struct{})
			go func() {
				defer close(done)
				sipp(t, s, "100", scenario, "-t", "u1", "-p", fmt.Sprint(port))
			}()
			call, err := phone.Call(context.Background(), fmt.Sprint("777", i)) // its INVITE is sent again until sipp listens
			if err != nil {
				t.Fatal(err)
			}
			answered := false
			for e := range call.Events() {
				if e.Kind == softphone.Answered {
					answered = true
					eventually(t, "what follows the answer", 20*time.Second, func() bool { return strings.Contains(s.log.String(), c.until) })
					call.Hangup()
				}
			}
			<-done
			if e := call.End(); answered != c.answered || !answered && (e.Status != c.status || e.By != sip.ByCallee) {
				t.Errorf("answered: %v, ended %+v", answered, e)
			}
		})
	}
}
