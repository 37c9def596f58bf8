package interop

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"dialtone/call"
	"dialtone/call/softphone"
)

// carrierConfig is kamailio as a carrier: it challenges REGISTER and INVITE, keeps registrations, stays in the way of calls, and
// brings a number to the customer who has it with the number in To alone. %[1]d is its port, %[2]s the directory of its files.
const carrierConfig = `
#!KAMAILIO
debug=1
log_stderror=yes
fork=yes
children=2
auto_aliases=no
disable_tcp=yes
enable_sctp=0
listen=udp:127.0.0.1:%[1]d
alias="carrier.test"
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib/aarch64-linux-gnu/kamailio/modules/"
loadmodule "pv.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)
modparam("registrar", "use_path", 0)

request_route {
	if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
	if (has_totag()) {
		if (loose_route()) { t_relay(); exit; }
		if (is_method("ACK") && t_check_trans()) { t_relay(); exit; }
		sl_send_reply("404", "Not Here");
		exit;
	}
	if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
	if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
	if (is_method("REGISTER")) {
		if (!pv_www_authenticate("carrier.test", "secret", "0")) { www_challenge("carrier.test", "1"); exit; }
		save("location");
		exit;
	}
	if (is_method("INVITE")) {
		record_route();
		if (!pv_proxy_authenticate("carrier.test", "secret", "0")) { proxy_challenge("carrier.test", "1"); exit; }
		consume_credentials();
		if ($rU == "+33123456789") { $rU = "acme"; }
		if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
		t_relay();
		exit;
	}
	sl_send_reply("405", "Method Not Allowed");
}
`

// kamailio runs a carrier and gives its port.
func kamailio(t *testing.T) int {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	file := filepath.Join(dir, "kamailio.cfg")
	if err := os.WriteFile(file, fmt.Appendf(nil, carrierConfig, port, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	var log lockedBuffer
	cmd := exec.Command("/usr/sbin/kamailio", "-f", file, "-DD", "-E", "-m", "16", "-M", "4", "-Y", dir, "-P", filepath.Join(dir, "pid"), "-w", dir)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("kamailio's log:\n%s", lastLines(log.String(), 40))
		}
	})
	eventually(t, "kamailio answers", 10*time.Second, func() bool { return answersOptions(port) })
	return port
}

// answersOptions tells whether something at a port answers OPTIONS.
func answersOptions(port int) bool {
	conn, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	defer conn.Close()
	fmt.Fprintf(conn, "OPTIONS sip:127.0.0.1:%[1]d SIP/2.0\r\nVia: SIP/2.0/UDP %[2]s;rport;branch=z9hG4bKup\r\nMax-Forwards: 70\r\nFrom: <sip:up@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1:%[1]d>\r\nCall-ID: up\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		port, conn.LocalAddr())
	_ = conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	n, err := conn.Read(make([]byte, 4096))
	return err == nil && n > 0
}

// overloaded is a SIP server that answers everything but ACK with 503; it gives its port.
func overloaded(t *testing.T) int {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 65536)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			head, _, _ := strings.Cut(string(buf[:n]), "\r\n\r\n")
			lines := strings.Split(head, "\r\n")
			if strings.HasPrefix(lines[0], "ACK ") {
				continue
			}
			answer := "SIP/2.0 503 Service Unavailable\r\n"
			for _, line := range lines[1:] {
				for _, name := range []string{"Via:", "From:", "To:", "Call-ID:", "CSeq:"} {
					if strings.HasPrefix(line, name) {
						answer += line + "\r\n"
					}
				}
			}
			_, _ = conn.WriteTo([]byte(answer+"Content-Length: 0\r\n\r\n"), from)
		}
	}()
	return conn.LocalAddr().(*net.UDPAddr).Port
}

// nameServer serves the records of a text on loopback and gives its address.
func nameServer(t *testing.T, zone string) string {
	t.Helper()
	var records []dns.RR
	for line := range strings.Lines(zone) {
		record, err := dns.NewRR(line)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if record != nil {
			records = append(records, record)
		}
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		answer := new(dns.Msg)
		answer.SetReply(q)
		for _, record := range records {
			if h := record.Header(); h.Rrtype == q.Question[0].Qtype && strings.EqualFold(h.Name, q.Question[0].Name) {
				answer.Answer = append(answer.Answer, record)
			}
		}
		_ = w.WriteMsg(answer)
	})}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	return conn.LocalAddr().String()
}

// A carrier whose first server does not exist and whose second one is overloaded: we register at the third, which is kamailio;
// calls go out by it, after a 407, and come in by the line that was registered, with the number in To.
func TestKamailioIsTheCarrier(t *testing.T) {
	t.Parallel()
	port, busy, dead := kamailio(t), overloaded(t), freePort(t)
	dnsAddr := nameServer(t, fmt.Sprintf(`
carrier.test. 60 IN NAPTR 10 10 "s" "SIP+D2T" "" _sip._tcp.carrier.test.
carrier.test. 60 IN NAPTR 20 10 "s" "SIP+D2U" "" _sip._udp.carrier.test.
_sip._tcp.carrier.test. 60 IN SRV 10 1 %d loop.carrier.test.
_sip._udp.carrier.test. 60 IN SRV 10 1 %d loop.carrier.test.
_sip._udp.carrier.test. 60 IN SRV 20 1 %d loop.carrier.test.
loop.carrier.test. 60 IN A 127.0.0.1
`, dead, busy, port))
	s := start(t, "--dns", dnsAddr)
	s.plan("[default]\nexten => _0.,1,Dial(PJSIP/${EXTEN}@carrier,20)\n same => n,NoOp(${DIALSTATUS})\n[from-carrier]\nexten => 1,1,Hangup()\n")
	s.mustDialtone("incall", "add", "+33123456789", "--context", "default", "--exten", "8899", "--data", s.data)
	s.mustDialtone("trunk", "add", "carrier", "--server", "carrier.test", "--user", "acme", "--password", "secret", "--register", "--country", "33",
		"--context", "from-carrier", "--data", s.data)
	eventually(t, "registered at the third server", 15*time.Second, func() bool {
		state := s.trunkState("carrier")
		return state.Registered && strings.HasPrefix(state.Server, fmt.Sprintf("udp:127.0.0.1:%d ", port))
	})

	// Somebody else is the carrier's customer, too.
	came := make(chan *softphone.Call, 1)
	other, err := softphone.New(softphone.Config{
		Server: fmt.Sprintf("127.0.0.1:%d", port), User: "0612345678", Password: "secret",
		Incoming: func(c *softphone.Call) {
			came <- c
			_ = c.Answer()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	if _, err := other.Register(context.Background(), time.Hour); err != nil {
		t.Fatal(err)
	}

	// Out: 407, credentials, through kamailio to the other customer, and its BYE back the same way.
	phone := s.softphone("1000")
	out, err := phone.Call(t.Context(), "0612345678")
	if err != nil {
		t.Fatal(err)
	}
	answered(t, out)
	called := <-came
	if got := called.Header("From"); !strings.Contains(got, "<sip:acme@carrier.test>") {
		t.Errorf("From is %q, want our account there", got)
	}
	if got := called.Header("P-Asserted-Identity"); !strings.Contains(got, "sip:1000@carrier.test") {
		t.Errorf("P-Asserted-Identity is %q, want the caller", got)
	}
	called.Hangup()
	if err := over(out, 10*time.Second); err != nil {
		t.Fatal(err)
	}

	// In: by the Contact that was registered; the number is in To.
	in, err := other.Call(t.Context(), "+33123456789")
	if err != nil {
		t.Fatal(err)
	}
	answered(t, in)
	in.Hangup()
	if err := over(in, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	eventually(t, "no call is left", 5*time.Second, func() bool { return s.trunkState("carrier").Calls == 0 })
	if text := s.mustDialtone("calls", "--history", "5", "--json", "--data", s.data); !strings.Contains(text, `"trunk":"carrier"`) && !strings.Contains(text, `"trunk": "carrier"`) {
		t.Errorf("no call of the trunk in the history:\n%s", text)
	}
}

// plan puts a file into the demo's dialplan, while the server runs.
func (s *server) plan(text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.data, "extensions_extra.d", "trunk.conf"), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.mustDialtone("reload", "--data", s.data)
}

func (s *server) trunkState(name string) call.TrunkState {
	s.t.Helper()
	var trunk struct{ State call.TrunkState }
	if err := json.Unmarshal([]byte(s.mustDialtone("trunk", "show", name, "--json", "--data", s.data)), &trunk); err != nil {
		s.t.Fatal(err)
	}
	return trunk.State
}

func answered(t *testing.T, c *softphone.Call) {
	t.Helper()
	select {
	case <-c.Answered():
	case <-c.Done():
		t.Fatalf("the call is over before it is answered: %+v", c.End())
	case <-time.After(20 * time.Second):
		t.Fatal("the call is not answered")
	}
}
