package call

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"dialtone/ivr"
	"dialtone/sip"
	"dialtone/store"
)

// identityOf is what a carrier learns of a caller: From, then the headers, one a line.
func identityOf(w sip.Target) string {
	from := w.From
	if from == "" {
		from = "sip:" + w.Caller + "@(ours)"
	}
	if w.Name != "" {
		from = `"` + w.Name + `" ` + from
	}
	lines := []string{from}
	for _, h := range w.Headers {
		lines = append(lines, h.Name+": "+h.Value)
	}
	return strings.Join(lines, "\n")
}

func TestWhatACarrierLearnsOfTheCaller(t *testing.T) {
	anna := ivr.CallerID{Name: `Anna "A"`, Number: "0123456789"}
	shy := anna
	shy.Presentation = "prohib_not_screened"
	plain := func(r *store.Trunk) {}
	account := func(r *store.Trunk) { r.Account = store.TrunkAccount{User: "acme", Password: "x", Register: true} }
	for _, tt := range []struct {
		name   string
		change func(*store.Trunk)
		caller ivr.CallerID
		want   string
	}{
		{"as a rule", plain, anna, `"Anna "A"" sip:0123456789@(ours)` + "\n" + `P-Asserted-Identity: "Anna \"A\"" <sip:0123456789@proxy.example>`},
		{"a carrier where we register knows us by our account", account, anna,
			`"Anna "A"" sip:acme@proxy.example` + "\n" + `P-Asserted-Identity: "Anna \"A\"" <sip:0123456789@proxy.example>`},
		{"number in From", func(r *store.Trunk) { account(r); r.Caller.By = "from" }, anna, `"Anna "A"" sip:0123456789@proxy.example`},
		{"Remote-Party-ID", func(r *store.Trunk) { r.Caller.By = "rpid" }, anna,
			`"Anna "A"" sip:0123456789@(ours)` + "\n" + `Remote-Party-ID: "Anna \"A\"" <sip:0123456789@proxy.example>;party=calling;screen=yes;privacy=off`},
		{"preferred", func(r *store.Trunk) { r.Caller.By = "ppi" }, anna,
			`"Anna "A"" sip:0123456789@(ours)` + "\n" + `P-Preferred-Identity: "Anna \"A\"" <sip:0123456789@proxy.example>`},
		{"nothing", func(r *store.Trunk) { account(r); r.Caller.By = "none" }, anna, `sip:acme@proxy.example`},
		{"names of the carrier's own", func(r *store.Trunk) { r.Caller.FromUser, r.Caller.FromDomain = "u", "d.example" }, anna,
			`"Anna "A"" sip:u@d.example` + "\n" + `P-Asserted-Identity: "Anna \"A\"" <sip:0123456789@d.example>`},
		{"in the carrier's format", func(r *store.Trunk) { r.Numbers = france; r.Numbers.Format = "+e164" }, anna,
			`"Anna "A"" sip:+33123456789@(ours)` + "\n" + `P-Asserted-Identity: "Anna \"A\"" <sip:+33123456789@proxy.example>`},
		{"in a format of its own", func(r *store.Trunk) { r.Numbers = france; r.Numbers.Format, r.Caller.Format = "national", "e164" }, anna,
			`"Anna "A"" sip:33123456789@(ours)` + "\n" + `P-Asserted-Identity: "Anna \"A\"" <sip:33123456789@proxy.example>`},
		{"by the name that is registered", func(r *store.Trunk) { account(r); r.Account.Name = "0199999999" }, anna,
			`"Anna "A"" sip:0199999999@proxy.example` + "\n" + `P-Asserted-Identity: "Anna \"A\"" <sip:0123456789@proxy.example>`},
		{"withheld", account, shy,
			`"Anonymous" sip:anonymous@anonymous.invalid` + "\n" + `P-Asserted-Identity: <sip:0123456789@proxy.example>` + "\nPrivacy: id"},
		{"withheld, and the carrier is not trusted", func(r *store.Trunk) { r.Caller.Untrusted = true }, shy,
			`"Anonymous" sip:anonymous@anonymous.invalid` + "\nPrivacy: id"},
		{"withheld, in Remote-Party-ID", func(r *store.Trunk) { r.Caller.By = "rpid" }, shy,
			`"Anonymous" sip:anonymous@anonymous.invalid` + "\n" + `Remote-Party-ID: <sip:0123456789@proxy.example>;party=calling;screen=yes;privacy=full` + "\nPrivacy: id"},
		{"nobody", plain, ivr.CallerID{}, `sip:@(ours)`},
	} {
		r := store.NewTrunk("acme", "x")
		r.Servers = []string{"proxy.example"}
		tt.change(&r)
		if got := identityOf(target(&r, sip.Login{}, parseServer("proxy.example", ""), "1", tt.caller)); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

// Nothing that a caller or a dialplan writes begins another header or leaves the URI.
func TestNumbersStayWithinTheirURI(t *testing.T) {
	r := store.NewTrunk("acme", "x")
	evil := "1\r\nX: y@evil.example>;a\"b"
	w := target(&r, sip.Login{}, parseServer("proxy.example", ""), evil, ivr.CallerID{Name: "a\r\nb", Number: evil, RDNIS: evil})
	for _, text := range append([]string{w.URI, w.From}, headerValues(w)...) {
		if strings.ContainsAny(text, "\r\n") || strings.Count(text, "@") > 1 {
			t.Errorf("%q", text)
		}
	}
	if want := "sip:1%0D%0AX%3A%20y%40evil.example%3E;a%22b@proxy.example"; w.URI != want {
		t.Errorf("URI %q, want %q", w.URI, want)
	}
}

func headerValues(w sip.Target) (values []string) {
	for _, h := range w.Headers {
		values = append(values, h.Value)
	}
	return values
}

func TestWhereACallGoes(t *testing.T) {
	for _, tt := range []struct{ server, transport, number, want string }{
		{"proxy.example", "", "0123", "sip:0123@proxy.example"},
		{"proxy.example:5070", "tcp", "0123", "sip:0123@proxy.example:5070;transport=tcp"},
		{"sip:proxy.example;transport=udp", "tcp", "0123", "sip:0123@proxy.example;transport=udp"},
		{"sips:proxy.example", "", "+33", "sips:+33@proxy.example"},
		{"2001:db8::1", "", "1", "sip:1@[2001:db8::1]"},
		{"[2001:db8::1]:5070", "", "1", "sip:1@[2001:db8::1]:5070"},
		{"proxy.example", "", "*31#0123", "sip:*31%230123@proxy.example"},
		{"proxy.example", "", "sip:bob@elsewhere.example", "sip:bob@elsewhere.example"},
	} {
		r := store.NewTrunk("acme", "x")
		s := parseServer(tt.server, tt.transport)
		s.hop = sip.Hop{Transport: "udp", Addr: netip.MustParseAddrPort("192.0.2.7:5060")}
		w := target(&r, sip.Login{User: "u", Password: "p"}, s, tt.number, ivr.CallerID{})
		if w.URI != tt.want {
			t.Errorf("%s by %s: %s, want %s", tt.number, tt.server, w.URI, tt.want)
		}
		// The account is shown to the trunk's own server alone, whatever URI is called.
		if *w.Hop != s.hop || w.Trunk != "acme" {
			t.Errorf("%s goes to %s", tt.number, w.Hop)
		}
	}
}

func TestWhoDivertedIsToldWhereWanted(t *testing.T) {
	r := store.NewTrunk("acme", "x")
	caller := ivr.CallerID{Number: "1", RDNIS: "1001"}
	if w := target(&r, sip.Login{}, parseServer("proxy.example", ""), "2", caller); w.Diversion != (sip.Diversion{}) {
		t.Errorf("told unasked: %+v", w.Diversion)
	}
	r.Caller.Diversion = true
	if w := target(&r, sip.Login{}, parseServer("proxy.example", ""), "2", caller); w.Diversion.By.User != "1001" || w.Diversion.By.Host != "proxy.example" {
		t.Errorf("%+v", w.Diversion)
	}
}

func TestServerThatFailsRestsLongerEachTime(t *testing.T) {
	now := time.Unix(0, 0)
	var h health
	var rests []time.Duration
	for range 7 {
		h.hear(503, 0, now)
		rests = append(rests, h.until.Sub(now))
	}
	want := []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, longPause, longPause}
	for i := range want {
		if rests[i] != want[i] {
			t.Fatalf("rests %v, want %v", rests, want)
		}
	}
	h.hear(200, 0, now)
	if h.down(now) {
		t.Error("down after an answer")
	}
	if h.hear(503, time.Hour, now); h.until.Sub(now) != longPause {
		t.Errorf("a Retry-After of an hour: %v, want no more than %v", h.until.Sub(now), longPause)
	}
	for status, down := range map[int]bool{200: false, 404: false, 486: false, 500: false, 603: false, 408: true, 503: true, 504: true} {
		h = health{}
		if h.hear(status, 0, now); h.down(now) != down {
			t.Errorf("%d: down is %v", status, !down)
		}
	}
}

func TestAnswersThatAreWorthAnotherServer(t *testing.T) {
	for status, want := range map[int]bool{200: false, 302: false, 403: false, 404: false, 408: true, 430: true, 480: false, 486: false, 487: false, 500: true, 501: false, 502: true, 503: true, 504: true, 505: false, 513: false, 603: false} {
		if got := worthAnother(status); got != want {
			t.Errorf("%d: %v, want %v", status, got, want)
		}
	}
}

func TestTimesOfARegistration(t *testing.T) {
	for _, tt := range []struct{ got, want time.Duration }{
		{refreshAfter(time.Hour, 0), 48 * time.Minute}, {refreshAfter(time.Hour, 1), 57 * time.Minute}, {refreshAfter(time.Second, 0), time.Second},
		{pauseAfter(1, false, firstRetry, 0), 10 * time.Second}, {pauseAfter(3, false, firstRetry, 0), 40 * time.Second}, {pauseAfter(3, false, firstRetry, 1), 48 * time.Second},
		{pauseAfter(1000, false, firstRetry, 0), 10 * time.Minute}, {pauseAfter(1, false, 20*time.Minute, 0), 20 * time.Minute}, {pauseAfter(16, false, 24*time.Hour, 0), 24 * time.Hour},
		{pauseAfter(1, true, firstRetry, 0), time.Minute}, {pauseAfter(9, true, firstRetry, 0), 30 * time.Minute},
	} {
		if tt.got != tt.want {
			t.Errorf("got %v, want %v", tt.got, tt.want)
		}
	}
}
