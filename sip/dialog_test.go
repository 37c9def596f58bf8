package sip

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"
)

// d is a dialog with a route of two loose routers.
func d() Dialog {
	return Dialog{
		CallID: "1", LocalTag: "ours", RemoteTag: "theirs", LocalURI: "<sip:8899@us>", RemoteURI: `"A" <sip:1000@them>`,
		LocalSeq: 7, RemoteSeq: 3, LocalTarget: "sip:us", RemoteTarget: "sip:1000@10.0.0.5:5070;ob",
		RouteSet: []string{"sip:192.0.2.7:5080;lr", "sip:192.0.2.8;lr"}, Transport: "udp",
		Local: netip.MustParseAddrPort("192.0.2.1:5060"), Remote: netip.MustParseAddrPort("198.51.100.1:40000"), Confirmed: true,
	}
}

func TestDialogIsPlainJSON(t *testing.T) {
	text, err := json.Marshal(d())
	if err != nil {
		t.Fatal(err)
	}
	var back Dialog
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, d()) {
		t.Errorf("%v\n%s\n%+v", err, text, back)
	}
}

func TestDialogRequest(t *testing.T) {
	for _, test := range []struct {
		name      string
		change    func(*Dialog)
		start     string
		routes    string
		host      string
		port      int
		fromTrunk bool
	}{
		{"loose routers", func(*Dialog) {}, "BYE sip:1000@10.0.0.5:5070;ob SIP/2.0", "<sip:192.0.2.7:5080;lr> <sip:192.0.2.8;lr>", "192.0.2.7", 5080, false},
		// RFC 3261 §12.2.1.1: the target is the last route.
		{"strict router", func(d *Dialog) { d.RouteSet[0] = "sip:192.0.2.7" }, "BYE sip:192.0.2.7 SIP/2.0", "<sip:192.0.2.8;lr> <sip:1000@10.0.0.5:5070;ob>", "192.0.2.7", 0, false},
		{"no route, a phone", func(d *Dialog) { d.RouteSet = nil }, "BYE sip:1000@10.0.0.5:5070;ob SIP/2.0", "", "198.51.100.1", 40000, false},
		{"no route, a trunk behind NAT", func(d *Dialog) { d.RouteSet = nil }, "BYE sip:1000@10.0.0.5:5070;ob SIP/2.0", "", "198.51.100.1", 40000, true},
		{"no route, a trunk", func(d *Dialog) { d.RouteSet, d.RemoteTarget = nil, "sip:203.0.113.3" }, "BYE sip:203.0.113.3 SIP/2.0", "", "203.0.113.3", 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			dialog := d()
			test.change(&dialog)
			req, err := dialog.Request(gosip.BYE)
			if err != nil {
				t.Fatal(err)
			}
			var routes []string
			for _, h := range req.GetHeaders("Route") {
				routes = append(routes, h.Value())
			}
			if req.StartLine() != test.start || strings.Join(routes, " ") != test.routes {
				t.Errorf("%s by %s", req.StartLine(), routes)
			}
			if req.CSeq().SeqNo != 8 || dialog.LocalSeq != 8 {
				t.Errorf("CSeq %d, dialog %d, want 8", req.CSeq().SeqNo, dialog.LocalSeq)
			}
			if got := req.GetHeader("To").Value(); got != `"A" <sip:1000@them>;tag=theirs` {
				t.Errorf("To: %s", got)
			}
			if host, port := dialog.hop(test.fromTrunk); host != test.host || port != test.port {
				t.Errorf("goes to %s:%d, want %s:%d", host, port, test.host, test.port)
			}
		})
	}
}

func TestDialogReceive(t *testing.T) {
	dialog := d()
	for _, step := range []struct {
		seq uint32
		ok  bool
	}{{4, true}, {3, false}, {4, true}, {100, true}, {5, false}} {
		if ok := dialog.Receive(step.seq); ok != step.ok {
			t.Errorf("CSeq %d after %d: %v, want %v", step.seq, dialog.RemoteSeq, ok, step.ok)
		}
	}
}

func TestUserEscapes(t *testing.T) {
	for _, test := range [][2]string{{"1000", "1000"}, {"#31#", "%2331%23"}, {"*98", "*98"}, {"a b<>@", "a%20b%3C%3E%40"}, {"é", "%C3%A9"}} {
		if got := escapeUser(test[0]); got != test[1] {
			t.Errorf("escapeUser(%q) is %q, want %q", test[0], got, test[1])
		}
		if got := unescapeUser(test[1]); got != test[0] {
			t.Errorf("unescapeUser(%q) is %q, want %q", test[1], got, test[0])
		}
	}
	if got := unescapeUser("a%0d%zz%"); got != "a%0d%zz%" {
		t.Errorf("a line end came through: %q", got)
	}
}
