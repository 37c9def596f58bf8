package interop

import (
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/icholy/digest"

	"dialtone/call/softphone"
	"dialtone/dtmf"
)

// besiegedDialplan has a menu that goes on until 1 is pressed.
const besiegedDialplan = `[bench]
exten = menu,1,Answer()
same = n(again),Background(ivr-sounds/ivr-example-choices)
same = n,Goto(again)
exten = 1,1,Hangup(21)
exten = once,1,Hangup(21)
exten = text,1,Set(CDR(userfield)=${CALLERID(name)})
same = n,Set(copy=${CALLERID(name)})
same = n,Set(CDR(accountcode)=${copy})
same = n,Set(shown=${IF($["${copy}" = "x"]?x:${copy})})
same = n,Hangup(21)
`

// stranger sends from a host of its own what it likes.
type stranger struct {
	*testing.T
	conn   *net.UDPConn
	server string
	seq    int
}

func newStranger(t *testing.T, host, server string) *stranger {
	t.Helper()
	conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(host)}, udpAddr(t, server))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &stranger{t, conn, server, 0}
}

// request writes a request with a Call-ID and branch of its own.
func (s *stranger) request(method, user string, lines ...string) string {
	s.seq++
	me := s.conn.LocalAddr()
	head := []string{
		fmt.Sprintf("%s sip:%s@%s SIP/2.0", method, user, s.server),
		fmt.Sprintf("Via: SIP/2.0/UDP %s;branch=z9hG4bKa%d;rport", me, s.seq),
		"Max-Forwards: 70",
		fmt.Sprintf("From: <sip:%s@%s>;tag=%d", user, s.server, s.seq),
		fmt.Sprintf("To: <sip:%s@%s>", user, s.server),
		fmt.Sprintf("Call-ID: attack%d@%s", s.seq, me),
		fmt.Sprintf("CSeq: %d %s", s.seq, method),
	}
	if method == "INVITE" {
		head = append(head, fmt.Sprintf("Contact: <sip:x@%s>", me))
	}
	return strings.Join(append(append(head, lines...), "", ""), "\r\n")
}

// send sends a datagram; the host may have no room for it, as the network would.
func (s *stranger) send(text string) { s.conn.Write([]byte(text)) }

// answer is the next answer, or nothing.
func (s *stranger) answer(within time.Duration) string {
	buf := make([]byte, 65536)
	s.conn.SetReadDeadline(time.Now().Add(within))
	n, _ := s.conn.Read(buf)
	return string(buf[:n])
}

// register tries a password: the start line of the last answer.
func (s *stranger) register(user, password string) (status string) {
	s.send(s.request("REGISTER", user))
	challenged := s.answer(2 * time.Second)
	_, rest, ok := strings.Cut(challenged, "WWW-Authenticate: ")
	if !ok {
		return challenged
	}
	value, _, _ := strings.Cut(rest, "\r\n")
	challenge, err := digest.ParseChallenge(value)
	if err != nil {
		s.Fatal(err)
	}
	answer, err := digest.Digest(challenge, digest.Options{Method: "REGISTER", URI: fmt.Sprintf("sip:%s@%s", user, s.server), Username: user, Password: password})
	if err != nil {
		s.Fatal(err)
	}
	s.send(s.request("REGISTER", user, "Authorization: "+answer.String(), fmt.Sprintf("Contact: <sip:%s@%s>", user, s.conn.LocalAddr())))
	status, _, _ = strings.Cut(s.answer(2*time.Second), "\r\n")
	return status
}

// What floods, guesses and clings to the server, one after the other, beside a call that must not notice.
func TestAttacks(t *testing.T) {
	t.Parallel()
	s := startMeasured(t, besiegedDialplan, "--rtp-ports", freeRange())
	password := strings.Fields(s.dialtone(t, "phone", "add", "4000"))[5]
	phone, err := softphone.New(softphone.Config{Server: s.sip, User: "victim", Way: dtmf.Event})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { phone.Close() })

	for _, attack := range []struct {
		name string
		do   func(t *testing.T)
	}{
		{"20,000 INVITEs of one host", func(t *testing.T) {
			flooder := newStranger(t, "127.0.0.6", s.sip)
			for range 20_000 {
				flooder.send(flooder.request("INVITE", "anybody"))
			}
		}},
		{"50,000 requests of 50 hosts", func(t *testing.T) {
			for host := range 50 {
				flooder := newStranger(t, fmt.Sprintf("127.0.1.%d", host), s.sip)
				for i := range 1000 {
					flooder.send(flooder.request([]string{"REGISTER", "OPTIONS", "SUBSCRIBE", "garbage"}[i%4], fmt.Sprint(i)))
				}
			}
		}},
		{"2,000 guesses of a password", func(t *testing.T) {
			guesser, owner := newStranger(t, "127.0.0.2", s.sip), newStranger(t, "127.0.0.3", s.sip)
			tries := 0
			for got := "401"; got != ""; tries++ {
				if got = guesser.register("4000", fmt.Sprint("wrong", tries)); strings.Contains(got, "200") || tries > 15 {
					t.Fatalf("guess %d: %q", tries, got)
				}
			}
			for range 2000 {
				guesser.send(guesser.request("REGISTER", "4000", `Authorization: Digest username="4000", realm="dialtone", nonce="x", uri="sip:x", response="00000000000000000000000000000000"`))
			}
			if got := owner.register("4000", password); got != "SIP/2.0 200 OK" {
				t.Errorf("the right password from another host: %q", got)
			}
			s.dialtone(t, "bans", "remove", "127.0.0.2")
			s.dialtone(t, "phone", "remove", "4000")
		}},
		{"5,000 datagrams of 3,000 headers", func(t *testing.T) {
			flooder := newStranger(t, "127.0.0.8", s.sip)
			huge := flooder.request("INVITE", "anybody", strings.Repeat("X: 1\r\n", 3000)+"X: "+strings.Repeat("x", 30_000))
			before := s.cpu(t)
			for range 5000 {
				flooder.send(huge)
			}
			time.Sleep(100 * time.Millisecond)
			if used := s.cpu(t) - before; used > 2*time.Second {
				t.Errorf("they cost %v of CPU", used)
			}
		}},
		{"10,000 copies of one INVITE", func(t *testing.T) {
			trunk := newStranger(t, "127.0.0.1", s.sip)
			before := scrape(t, s.http)["dialtone_call_duration_seconds"]
			invite := trunk.request("INVITE", "once")
			for range 10_000 {
				trunk.send(invite)
			}
			for _, stray := range []string{"CANCEL", "ACK", "BYE"} {
				trunk.send(trunk.request(stray, "once"))
			}
			trunk.acknowledge(invite)
			eventually(t, "one call is made", 40*time.Second, func() bool { return scrape(t, s.http)["dialtone_call_duration_seconds"] == before+1 })
		}},
		{"a name that is a program", func(t *testing.T) {
			trunk := newStranger(t, "127.0.0.1", s.sip)
			const name = `${SHELL(id)} $[1+1] ${EXTEN},1)&System(id)`
			invite := strings.Replace(trunk.request("INVITE", "text"), "From: ", `From: "`+name+`" `, 1)
			trunk.send(invite)
			trunk.acknowledge(invite)
			id := regexp.MustCompile(`Call-ID: ([^\r]*)`).FindStringSubmatch(invite)[1]
			eventually(t, "the record is kept", 5*time.Second, func() bool {
				r, err := s.record(t, id)
				if err == nil && (r.Name != name || r.UserField != name || r.Account != name) {
					t.Errorf("the name became %q, %q, %q", r.Name, r.UserField, r.Account)
				}
				return err == nil
			})
		}},
	} {
		t.Run(attack.name, func(t *testing.T) {
			before := s.soaked(t)
			stored := scrape(t, s.http)["dialtone_store_bytes"]
			victim := s.victim(t, phone)
			attack.do(t)
			s.survived(t, victim)
			s.victim(t, phone).Hangup() // a fresh call
			if grown := scrape(t, s.http)["dialtone_store_bytes"] - stored; grown > 1<<20 {
				t.Errorf("the database grew by %.0f bytes", grown)
			}
			var after soakSample
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("held %s\nbefore%s\nafter %s", soakNames(), before, after)
				}
			})
			eventually(t, "all is given back", 45*time.Second, func() bool {
				after = s.soaked(t)
				return after.live == 0 && after.of[2] <= before.of[2]+3 && after.of[4] <= before.of[4]+1 && after.of[1] <= before.of[1]+8<<10 && after.of[0] < before.of[0]+96<<10
			})
		})
	}
}

// acknowledge waits until an INVITE is refused and sends the ACK.
func (s *stranger) acknowledge(invite string) {
	s.Helper()
	for {
		answer := s.answer(5 * time.Second)
		if answer == "" {
			s.Fatal("no refusal")
		}
		if !strings.HasPrefix(answer, "SIP/2.0 1") && strings.Contains(answer, " INVITE\r\n") {
			to := regexp.MustCompile(`To: [^\r]*`)
			s.send(to.ReplaceAllLiteralString(strings.NewReplacer("INVITE sip:", "ACK sip:", " INVITE\r\n", " ACK\r\n").Replace(invite), to.FindString(answer)))
			return
		}
	}
}

// victim calls the menu and hears it.
func (s *measured) victim(t *testing.T, phone *softphone.Phone) *softphone.Call {
	t.Helper()
	call, err := phone.Call(t.Context(), "menu")
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-call.Answered():
	case <-time.After(10 * time.Second):
		t.Fatalf("a call is not answered")
	}
	eventually(t, "the menu is heard", 5*time.Second, func() bool { return call.Stats().Received > 10 })
	return call
}

// survived wants a call to have heard every packet, without a gap over 200 ms, and to be obeyed.
func (s *measured) survived(t *testing.T, call *softphone.Call) {
	t.Helper()
	if heard := call.Stats(); heard.Lost != 0 {
		t.Errorf("of the menu %d packets of %d are lost", heard.Lost, heard.Received)
	}
	if skipped := scrape(t, s.http)["dialtone_scheduler_skipped_total"]; skipped > 10 {
		t.Errorf("%.0f packets were not sent in time", skipped)
	}
	presses, err := softphone.ParseKeys("1")
	if err != nil {
		t.Fatal(err)
	}
	if err := call.Press(presses); err != nil {
		t.Fatal(err)
	}
	select {
	case <-call.Done():
		if end := call.End(); end.Cause != 21 {
			t.Errorf("the call ended with %+v", end)
		}
	case <-time.After(10 * time.Second):
		t.Error("the call's key was not obeyed")
		call.Hangup()
	}
}
