package sip

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/miekg/dns"
)

// zone is a name server with the records of a text, one a line; it counts what it is asked.
type zone struct {
	records []dns.RR
	asked   int
	fails   map[uint16]error // by type
}

func newZone(t testing.TB, text string) *zone {
	t.Helper()
	z := &zone{fails: map[uint16]error{}}
	for line := range strings.Lines(text) {
		record, err := dns.NewRR(line)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if record != nil {
			z.records = append(z.records, record)
		}
	}
	return z
}

func (z *zone) Records(_ context.Context, name string, kind uint16) ([]dns.RR, error) {
	z.asked++
	if err := z.fails[kind]; err != nil {
		return nil, err
	}
	var found []dns.RR
	for _, record := range z.records {
		if h := record.Header(); h.Rrtype == kind && strings.EqualFold(h.Name, dns.Fqdn(name)) {
			found = append(found, record)
		}
	}
	return found, nil
}

const carrierZone = `
naptr.example.com. 60 IN NAPTR 20 10 "s" "SIP+D2U" "" _sip._udp.naptr.example.com.
naptr.example.com. 60 IN NAPTR 10 10 "s" "SIP+D2T" "" _sip._tcp.naptr.example.com.
naptr.example.com. 60 IN NAPTR 5 10 "s" "SIPS+D2T" "" _sips._tcp.naptr.example.com.
naptr.example.com. 60 IN NAPTR 1 10 "u" "E2U+sip" "!^.*$!sip:x@example.com!" .
_sip._udp.naptr.example.com. 60 IN SRV 1 0 5062 a.example.com.
_sip._tcp.naptr.example.com. 60 IN SRV 2 0 5061 b.example.com.
_sip._tcp.naptr.example.com. 60 IN SRV 1 0 5060 a.example.com.
_sips._tcp.naptr.example.com. 60 IN SRV 1 0 5061 a.example.com.
_sip._udp.srv.example.com. 60 IN SRV 10 0 5080 a.example.com.
_sip._udp.srv.example.com. 60 IN SRV 20 0 5080 b.example.com.
_sip._tcp.only-tcp.example.com. 60 IN SRV 10 0 5090 b.example.com.
_sip._udp.closed.example.com. 60 IN SRV 0 0 0 .
closed.example.com. 60 IN A 203.0.113.9
plain.example.com. 60 IN A 203.0.113.1
plain.example.com. 60 IN AAAA 2001:db8::1
a.example.com. 60 IN A 203.0.113.10
b.example.com. 60 IN A 203.0.113.20
_sip._udp.half.example.com. 60 IN SRV 10 0 5080 gone.example.com.
_sip._udp.half.example.com. 60 IN SRV 20 0 5080 b.example.com.
proxy. 60 IN A 203.0.113.30
`

func TestHopsOfAURI(t *testing.T) {
	for _, tt := range []struct{ uri, want string }{
		{"sip:1@192.0.2.7", "udp:192.0.2.7:5060"},
		{"sip:1@192.0.2.7:5070;transport=tcp", "tcp:192.0.2.7:5070"},
		{"sips:1@192.0.2.7", "tls:192.0.2.7:5061"},
		{"sip:1@192.0.2.7;transport=TLS", "tls:192.0.2.7:5061"},
		{"sip:1@[2001:db8::7];transport=ws", "ws:[2001:db8::7]:80"},
		{"sips:1@192.0.2.7;transport=ws", "wss:192.0.2.7:443"},
		{"sip:plain.example.com", "udp:203.0.113.1:5060 (plain.example.com) udp:[2001:db8::1]:5060 (plain.example.com)"},
		{"sip:plain.example.com:5070", "udp:203.0.113.1:5070 (plain.example.com) udp:[2001:db8::1]:5070 (plain.example.com)"},
		{"sip:1@srv.example.com", "udp:203.0.113.10:5080 (srv.example.com) udp:203.0.113.20:5080 (srv.example.com)"},
		{"sip:1@only-tcp.example.com", "tcp:203.0.113.20:5090 (only-tcp.example.com)"},
		// NAPTR: the order of the records, not of ours; what is no service of SIP is passed over.
		{"sip:1@naptr.example.com", "tls:203.0.113.10:5061 (naptr.example.com) tcp:203.0.113.10:5060 (naptr.example.com) " +
			"tcp:203.0.113.20:5061 (naptr.example.com) udp:203.0.113.10:5062 (naptr.example.com)"},
		{"sips:1@naptr.example.com", "tls:203.0.113.10:5061 (naptr.example.com)"},
		{"sip:1@naptr.example.com;transport=udp", "udp:203.0.113.10:5062 (naptr.example.com)"},
		// A server without an address is passed over.
		{"sip:1@half.example.com", "udp:203.0.113.20:5080 (half.example.com)"},
		{"sip:1@proxy", "udp:203.0.113.30:5060 (proxy)"},
		{"sip:1@closed.example.com", "error: _sip._udp.closed.example.com: DNS says that there is no such service"},
		{"sip:1@nobody.example.com", `error: host "nobody.example.com" has no address`},
		{"sip:1@192.0.2.7;transport=sctp", `error: transport "sctp" is not spoken (udp, tcp, tls, ws and wss are)`},
		{"sips:1@192.0.2.7;transport=udp", `error: sips cannot go by "udp"`},
		{"tel:+33123456789", `error: "tel" is the scheme of no address in the network`},
	} {
		t.Run(tt.uri, func(t *testing.T) {
			r := newResolver(Config{Names: newZone(t, carrierZone)})
			if got := hopsText(t, r, tt.uri); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// hopsText are the hops of a URI in one line, or the error.
func hopsText(t *testing.T, r *resolver, text string) string {
	t.Helper()
	var uri gosip.Uri
	if err := gosip.ParseUri(text, &uri); err != nil {
		t.Fatal(err)
	}
	hops, err := r.hops(context.Background(), &uri)
	if err != nil {
		return "error: " + err.Error()
	}
	var list []string
	for _, h := range hops {
		list = append(list, h.String())
	}
	return strings.Join(list, " ")
}

// RFC 2782: the running sum of weights decides; those with weight 0 stand first, so that they are drawn seldom.
func TestServersAreDrawnByWeight(t *testing.T) {
	records := newZone(t, `
x. 60 IN SRV 2 9 1 last.
x. 60 IN SRV 1 60 1 heavy.
x. 60 IN SRV 1 0 1 zero.
x. 60 IN SRV 1 20 1 light.
`).records
	var servers []*dns.SRV
	for _, r := range records {
		servers = append(servers, r.(*dns.SRV))
	}
	for _, tt := range []struct {
		drawn []int // of 0…80, then of what is left
		want  string
	}{
		{[]int{0, 0, 0, 0}, "zero. light. heavy. last."},
		{[]int{1, 1, 0, 0}, "light. heavy. zero. last."},
		{[]int{21, 0, 0, 0}, "heavy. zero. light. last."},
		{[]int{80, 20, 0, 0}, "heavy. light. zero. last."},
	} {
		draws := slices.Clone(tt.drawn)
		var got []string
		for _, srv := range orderSRV(servers, func(int) int { d := draws[0]; draws = draws[1:]; return d }) {
			got = append(got, srv.Target)
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("drawn %v: got %s, want %s", tt.drawn, text, tt.want)
		}
	}
}

func TestAnswersOfDNSHoldForTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := newZone(t, carrierZone)
		r := newResolver(Config{Names: z})
		const uri, want = "sip:1@srv.example.com", "udp:203.0.113.10:5080 (srv.example.com) udp:203.0.113.20:5080 (srv.example.com)"
		hopsText(t, r, uri)
		first := z.asked
		hopsText(t, r, uri)
		if z.asked != first {
			t.Errorf("asked %d times more while the answers hold", z.asked-first)
		}
		time.Sleep(61 * time.Second)
		hopsText(t, r, uri)
		if z.asked == first {
			t.Error("not asked again after the TTL")
		}
		// Nobody answers: what was known is better than nothing, and each failure is not waited for.
		gone := errors.New("no answer")
		for _, kind := range []uint16{dns.TypeNAPTR, dns.TypeSRV, dns.TypeA, dns.TypeAAAA} {
			z.fails[kind] = gone
		}
		time.Sleep(61 * time.Second)
		if got := hopsText(t, r, uri); got != want {
			t.Errorf("DNS is gone: got %s", got)
		}
		asked := z.asked
		hopsText(t, r, uri)
		if z.asked != asked {
			t.Error("asked again at once although nobody answered")
		}
		if got := hopsText(t, r, "sip:1@plain.example.com"); got != "error: no answer" {
			t.Errorf("a name that was never asked for: %s", got)
		}
		asked = z.asked
		if hopsText(t, r, "sip:1@plain.example.com"); z.asked != asked {
			t.Error("each call waits for the name servers that do not answer")
		}
		z.fails = map[uint16]error{}
		time.Sleep(failureTTL)
		if got := hopsText(t, r, "sip:1@plain.example.com"); !strings.HasPrefix(got, "udp:203.0.113.1:5060") {
			t.Errorf("they are back: %s", got)
		}
		for _, kind := range []uint16{dns.TypeNAPTR, dns.TypeSRV, dns.TypeA, dns.TypeAAAA} {
			z.fails[kind] = gone
		}
		time.Sleep(26 * time.Hour)
		if got := hopsText(t, r, uri); got != "error: no answer" {
			t.Errorf("a day later: %s", got)
		}
	})
}

// slowly is a zone that answers after a while.
type slowly struct {
	*zone
	after time.Duration
}

func (s *slowly) Records(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	select {
	case <-time.After(s.after):
		return s.zone.Records(ctx, name, kind)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// An answer that has run out is good for a call while name servers are slow, and a newer one holds from when it comes.
func TestSlowNameServersHoldUpNoCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := &slowly{zone: newZone(t, "host.example.com. 10 IN A 203.0.113.1")}
		c := newNamesCache(z)
		address := func() string {
			t.Helper()
			start := time.Now()
			records, err := c.records(t.Context(), "host.example.com", dns.TypeA)
			if took := time.Since(start); err != nil || len(records) != 1 || took > staleWait {
				t.Fatalf("%v, %v after %v", records, err, took)
			}
			return records[0].(*dns.A).A.String()
		}
		address()
		time.Sleep(11 * time.Second)
		z.after, z.zone = 2*time.Second, newZone(t, "host.example.com. 10 IN A 203.0.113.2")
		for range 2 {
			if got := address(); got != "203.0.113.1" {
				t.Errorf("%s while no newer answer is there", got)
			}
		}
		time.Sleep(2 * time.Second)
		if got := address(); got != "203.0.113.2" {
			t.Errorf("%s, want what has come meanwhile", got)
		}
		z.after = time.Hour
		time.Sleep(11 * time.Second)
		if got := address(); got != "203.0.113.2" {
			t.Errorf("%s while nobody answers", got)
		}
		time.Sleep(renewalWait)
	})
}

// A name server that cannot say which transports there are may still know the servers.
func TestAFaultOfNAPTRDoesNotHideSRV(t *testing.T) {
	z := newZone(t, carrierZone)
	z.fails[dns.TypeNAPTR] = errNameServer
	if got, want := hopsText(t, newResolver(Config{Names: z}), "sip:1@srv.example.com"), "udp:203.0.113.10:5080 (srv.example.com) udp:203.0.113.20:5080 (srv.example.com)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTheMemoryOfNamesIsBounded(t *testing.T) {
	c := newNamesCache(newZone(t, ""))
	for i := range 3 * namesKept {
		if _, err := c.records(context.Background(), "x"+strings.Repeat("y", i%60)+string(rune('a'+i%26))+time.Duration(i).String(), dns.TypeA); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(c.kept); n > namesKept {
		t.Errorf("%d answers are kept, want at most %d", n, namesKept)
	}
}

// NameServers goes to the next server when one is silent, and by TCP when an answer was cut off.
func TestNameServersAreAskedInOrder(t *testing.T) {
	answer := func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetReply(q)
		if w.LocalAddr().Network() == "udp" {
			m.Truncated = true
		} else {
			record, _ := dns.NewRR("a.example.com. 60 IN A 203.0.113.10")
			m.Answer = []dns.RR{record}
		}
		_ = w.WriteMsg(m)
	}
	at := dnsServer(t, dns.HandlerFunc(answer))
	refusing := dnsServer(t, dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg)
		m.SetRcode(q, dns.RcodeRefused)
		_ = w.WriteMsg(m)
	}))
	records, err := NameServers{refusing, at}.Records(t.Context(), "a.example.com", dns.TypeA)
	if err != nil || len(records) != 1 {
		t.Errorf("got %v, %v", records, err)
	}
	if _, err := (NameServers{refusing}).Records(t.Context(), "a.example.com", dns.TypeA); !errors.Is(err, errNameServer) || !strings.Contains(err.Error(), "REFUSED") {
		t.Errorf("got %v", err)
	}
}

// dnsServer is a name server on a loopback port, by UDP and TCP.
func dnsServer(t *testing.T, handler dns.Handler) netip.AddrPort {
	t.Helper()
	at := make(chan string, 1)
	udp := &dns.Server{Addr: "127.0.0.1:0", Net: "udp", Handler: handler}
	udp.NotifyStartedFunc = func() { at <- udp.PacketConn.LocalAddr().String() }
	go func() { _ = udp.ListenAndServe() }()
	addr := <-at
	tcp := &dns.Server{Addr: addr, Net: "tcp", Handler: handler, NotifyStartedFunc: func() { at <- addr }}
	go func() { _ = tcp.ListenAndServe() }()
	<-at
	t.Cleanup(func() { _ = udp.Shutdown(); _ = tcp.Shutdown() })
	return netip.MustParseAddrPort(addr)
}
