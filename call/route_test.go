package call

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/ivr/dialplan"
	"dialtone/sip"
	"dialtone/sip/siptest"
	"dialtone/store"
)

// everyCall is a trunk that all calls come from.
type everyCall struct{}

func (everyCall) Match(sip.Arrival) (sip.Trunk, bool) { return sip.Trunk{Name: "acme"}, true }
func (everyCall) Knows(netip.AddrPort) bool           { return true }

func TestWhereTheCalledNumberStands(t *testing.T) {
	const to, pcpid, diversion = "To: <sip:+33111@c.example>", "P-Called-Party-ID: <sip:+33222@c.example>", `Diversion: "A" <sip:+33333@c.example>;reason=unconditional`
	for _, tt := range []struct {
		didFrom, uri string
		headers      []string
		want         string
	}{
		{"", "+33000", []string{to, pcpid, diversion}, "+33000 +33111 +33222"},
		{"auto", "line", []string{to, pcpid, diversion}, "+33111 +33222 line"}, // the line is no number
		{"auto", "line", []string{"To: <sip:line@c.example>"}, "line"},
		{"auto", "+33000", []string{"To: <sip:+33000@c.example>"}, "+33000"},
		{"ruri", "+33000", []string{to, pcpid, diversion}, "+33000"},
		{"to", "+33000", []string{to, pcpid, diversion}, "+33111 +33000"},
		{"to", "+33000", []string{"To: <tel:+33-111;phone-context=x>"}, "+33111 +33000"},
		{"pcpid", "+33000", []string{to, pcpid, diversion}, "+33222 +33000"},
		{"pcpid", "+33000", []string{to}, "+33000"},
		{"diversion", "+33000", []string{to, pcpid, diversion}, "+33333 +33000"},
		{"diversion", "+33000", []string{to, "Diversion: <<>"}, "+33000"},
		{"auto", "", []string{"To: <sip:c.example>"}, ""},
	} {
		t.Run(tt.didFrom+" "+tt.uri, func(t *testing.T) {
			r := store.NewTrunk("acme", "x")
			r.Account.Line, r.Numbers.DIDFrom = "line", tt.didFrom
			if got := strings.Join(numbersOf(r, arrivingLeg(t, tt.uri, tt.headers)), " "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// arrivingLeg is the leg of an INVITE with headers in place of its own. It is over when it is given.
func arrivingLeg(t *testing.T, user string, headers []string) (leg *sip.Leg) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		wire := siptest.NewWire()
		server, err := sip.New(sip.Config{
			Network: wire.Host("192.0.2.1"), Listen: []sip.Listener{{Transport: "udp", Addr: netip.MustParseAddrPort("0.0.0.0:5060")}},
			Trunks: everyCall{}, Incoming: func(l *sip.Leg) { leg = l; l.Reject(sip.NotFound("seen")) },
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Listen(); err != nil {
			t.Fatal(err)
		}
		go server.Serve(context.Background())
		peer := wire.Peer(t, "192.0.2.10:5060", "192.0.2.1:5060")
		uri := "sip:192.0.2.1"
		if user != "" {
			uri = "sip:" + user + "@192.0.2.1"
		}
		if !slices.ContainsFunc(headers, func(h string) bool { return strings.HasPrefix(h, "To:") }) {
			headers = append(headers, "To: <"+uri+">")
		}
		peer.Send("INVITE " + uri + " SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK1\nMax-Forwards: 70\nFrom: <sip:a@b.example>;tag=1\nCall-ID: 1\nCSeq: 1 INVITE\n" +
			"Contact: <sip:a@192.0.2.10>\n" + strings.Join(headers, "\n") + "\nContent-Length: 0\n\n")
		peer.Want("at once", "100")
		peer.Want("seen", "404")
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = server.Shutdown(ctx)
		if leg == nil {
			t.Fatal("no call came in")
		}
	})
	return leg
}

func TestPlaceOfACall(t *testing.T) {
	plan := readPlan(t, `
[from-carrier]
exten => 0123456789,1,NoOp()
exten => _+33X.,1,NoOp()
exten => s,1,NoOp()
[menus]
exten => main,1,NoOp()
`)
	incall := func(forms []string) (dialplan.Place, bool) {
		return dialplan.Place{Context: "menus", Exten: "main", Priority: 1}, slices.Contains(forms, "+33123456700")
	}
	door := Door{Trunk: "acme", Context: "from-carrier"}
	for _, tt := range []struct {
		name    string
		door    Door
		numbers []string
		want    string // or what the refusal's log says
	}{
		{"an incall, in a form of its own", door, []string{"0123456700"}, "menus,main,1"},
		{"the second number is an incall: it goes before an extension", door, []string{"0123456789", "0033123456700"}, "menus,main,1"},
		{"as it was written", door, []string{"0123456789"}, "from-carrier,0123456789,1"},
		{"the first that is an extension", door, []string{"acme-line", "0123456789"}, "from-carrier,0123456789,1"},
		{"a pattern, not in another form", door, []string{"+33987654321"}, "from-carrier,+33987654321,1"},
		{"no user in the URI", door, []string{""}, "from-carrier,s,1"},
		{"nobody", door, []string{"112", "acme"}, `no extension "112" or "acme" in context "from-carrier" (trunk acme)`},
		{"no context", Door{Trunk: "acme", Context: "nowhere"}, []string{"1"}, `context "nowhere" of trunk acme is not in the dialplan`},
	} {
		got, refusal := Route(tt.door, tt.numbers, france, incall, "", plan, time.Now())
		if refusal != nil {
			if refusal.Status != 404 || !strings.Contains(refusal.Log, tt.want) {
				t.Errorf("%s: %v, want %s", tt.name, refusal, tt.want)
			}
			continue
		}
		if place(got) != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, place(got), tt.want)
		}
	}
}

func TestStrangersAreTooManyToRemember(t *testing.T) {
	var s strangers
	if !s.first("a", "1") || s.first("a", "1") || !s.first("b", "1") {
		t.Error("a number is new once for each trunk")
	}
	for i := range 3 * maxStrangers {
		s.first("a", time.Duration(i).String())
	}
	if len(s.seen) > maxStrangers {
		t.Errorf("%d numbers are remembered", len(s.seen))
	}
}
