package sip

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gosip "github.com/emiago/sipgo/sip"
)

// request makes a request of lines; those that begin with "-" take away a header of the usual ones, others replace it or
// stand beside it.
func request(t *testing.T, method string, lines ...string) *gosip.Request {
	t.Helper()
	return parseRequest(t, requestText(method, lines...))
}

func requestText(method string, lines ...string) string {
	headers := []string{
		"Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1", "Max-Forwards: 70", "From: <sip:1000@192.0.2.1>;tag=f1",
		"To: <sip:1000@192.0.2.1>", "Call-ID: c1@192.0.2.9", "CSeq: 1 " + method, "Contact: <sip:1000@192.0.2.9:5060>",
	}
	line, body := method+" sip:1000@192.0.2.1 SIP/2.0", ""
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ":")
		switch {
		case name == "line":
			line = value
		case name == "body":
			body = value
		case name == "more":
			headers = append(headers, value)
		case strings.HasPrefix(name, "-"):
			headers = slices.DeleteFunc(headers, func(h string) bool { return strings.HasPrefix(h, name[1:]+":") })
		default:
			at := slices.IndexFunc(headers, func(h string) bool { return strings.HasPrefix(h, name+":") })
			if at < 0 {
				headers = append(headers, l)
			} else {
				headers[at] = l
			}
		}
	}
	if !slices.ContainsFunc(headers, func(h string) bool { return strings.HasPrefix(h, "Content-Length:") }) {
		headers = append(headers, fmt.Sprintf("Content-Length: %d", len(body)))
	}
	return line + "\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n" + body
}

func parseRequest(t *testing.T, text string) *gosip.Request {
	t.Helper()
	msg, err := gosip.ParseMessage([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return msg.(*gosip.Request)
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int // 0: valid
		method string
		lines  []string
	}{
		{"a plain INVITE", 0, "INVITE", nil},
		{"a plain REGISTER", 0, "REGISTER", nil},
		{"no Max-Forwards, as in RFC 2543", 0, "OPTIONS", []string{"-Max-Forwards"}},
		{"Max-Forwards 0 ends here and is served", 0, "INVITE", []string{"Max-Forwards: 0"}},
		{"no From tag, as in RFC 2543", 0, "INVITE", []string{"From: <sip:1000@192.0.2.1>"}},
		{"no branch, as in RFC 2543", 0, "INVITE", []string{"Via: SIP/2.0/UDP 192.0.2.9"}},
		{"Via with spaces, as in RFC 3261 §20.42", 0, "INVITE", []string{"Via: SIP / 2.0 / UDP first.example.com;branch=z9hG4bK7"}},
		{"IPv6", 0, "INVITE", []string{"line:INVITE sip:8899@[2001:db8::1]:5060 SIP/2.0", "Via: SIP/2.0/UDP [2001:db8::9]:5060;branch=z9hG4bK1", "Contact: <sip:1000@[2001:db8::9]>"}},
		{"a tel URI", 0, "INVITE", []string{"line:INVITE tel:+1-555-0100 SIP/2.0"}},
		{"a raw # in the user, as telephones send it", 0, "INVITE", []string{"line:INVITE sip:#31#555@192.0.2.1 SIP/2.0"}},
		{"lower-case method in CSeq", 0, "INVITE", []string{"CSeq: 1 invite"}},
		{"Accept with SDP among others", 0, "INVITE", []string{"Accept: text/plain, application/sdp;level=1"}},
		{"Accept with everything", 0, "INVITE", []string{"Accept: */*"}},
		{"an empty Accept says nothing", 0, "INVITE", []string{"Accept:"}},
		{"PRACK goes to its dialog", 0, "PRACK", nil},
		{"Require of CANCEL is ignored", 0, "CANCEL", []string{"Require: 100rel"}},
		{"Require: path of a registrar", 0, "REGISTER", []string{"Require: path"}},
		{"Proxy-Require is for proxies", 0, "INVITE", []string{"Proxy-Require: privacy"}},

		{"no Via", 400, "INVITE", []string{"-Via"}},
		{"no From", 400, "INVITE", []string{"-From"}},
		{"no To", 400, "INVITE", []string{"-To"}},
		{"no Call-ID", 400, "INVITE", []string{"-Call-ID"}},
		{"no CSeq", 400, "INVITE", []string{"-CSeq"}},
		{"two From", 400, "INVITE", []string{"more:From: <sip:b@example.com>;tag=2"}},
		{"two To, one short", 400, "INVITE", []string{"more:t: <sip:b@example.com>"}},
		{"two Call-ID, one short", 400, "INVITE", []string{"more:i: other"}},
		{"two CSeq", 400, "INVITE", []string{"more:CSeq: 2 INVITE"}},
		{"two Max-Forwards", 400, "INVITE", []string{"more:Max-Forwards: 5"}},
		{"two Content-Length", 400, "INVITE", []string{"more:Content-Length: 0", "more:Content-Length: 0"}},
		{"CSeq of another method", 400, "INVITE", []string{"CSeq: 1 BYE"}},
		{"the branch is only the cookie", 400, "INVITE", []string{"Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK"}},
		{"Via without a host", 400, "INVITE", []string{"Via: SIP/2.0/UDP ;branch=z9hG4bK1"}},
		{"Via of another version", 400, "INVITE", []string{"Via: SIP/3.0/UDP 192.0.2.9;branch=z9hG4bK1"}},
		{"no Contact in INVITE", 400, "INVITE", []string{"-Contact"}},
		{"two Contacts in INVITE", 400, "INVITE", []string{"more:Contact: <sip:b@192.0.2.8>"}},
		{"Contact * in INVITE", 400, "INVITE", []string{"Contact: *"}},
		{"Contact is a web page", 400, "INVITE", []string{"Contact: <http://192.0.2.9/>"}},
		{"Contact port 99999", 400, "INVITE", []string{"Contact: <sip:a@192.0.2.9:99999>"}},
		{"a body without type", 400, "INVITE", []string{"body:v=0"}},
		{"headers in the Request-URI", 400, "INVITE", []string{"line:INVITE sip:1@192.0.2.1?Subject=x SIP/2.0"}},
		{"port 70000 in the Request-URI", 400, "INVITE", []string{"line:INVITE sip:1@192.0.2.1:70000 SIP/2.0"}},
		{"no host in the Request-URI", 400, "INVITE", []string{"line:INVITE sip:1@ SIP/2.0"}},
		{"a line feed in the From name", 400, "INVITE", []string{"From: \"a\nX: y\" <sip:1000@192.0.2.1>;tag=1"}},
		{"a NUL in the Call-ID", 400, "INVITE", []string{"Call-ID: a\x00b"}},
		{"a line feed in a tag", 400, "INVITE", []string{"From: <sip:1000@192.0.2.1>;tag=1\nX: y"}},
		{"a line feed in the called user", 400, "INVITE", []string{"line:INVITE sip:1\n2@192.0.2.1 SIP/2.0"}},
		{"REGISTER of a tel URI", 400, "REGISTER", []string{"To: <tel:+15550100>"}},

		{"MESSAGE", 405, "MESSAGE", nil},
		{"SUBSCRIBE", 0, "SUBSCRIBE", nil},
		{"Accept without SDP", 406, "INVITE", []string{"Accept: text/plain"}},
		{"a mail address", 416, "INVITE", []string{"line:INVITE mailto:x@example.com SIP/2.0"}},
		{"sips without TLS", 416, "INVITE", []string{"line:INVITE sips:1@192.0.2.1 SIP/2.0"}},
		{"Require: precondition", 420, "INVITE", []string{"Require: precondition"}},
		{"Require: resource-priority", 420, "INVITE", []string{"Require: resource-priority"}},
		{"an unknown method", 501, "FROBNICATE", nil},
		{"version 3", 505, "INVITE", []string{"line:INVITE sip:1@192.0.2.1 SIP/3.0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := 0
			refusal := Validate(request(t, tt.method, tt.lines...))
			if refusal != nil {
				got = refusal.Status
			}
			if got != tt.status {
				t.Errorf("got %v, want status %d", refusal, tt.status)
			}
		})
	}
}

func TestUnsupportedListsWhatIsRequired(t *testing.T) {
	refusal := Validate(request(t, "INVITE", "Require: precondition,  100rel, events", "more:Require: x\x01y"))
	if refusal == nil || refusal.Headers[0].Name() != "Unsupported" || refusal.Headers[0].Value() != "precondition, events, xy" {
		t.Errorf("got %v", refusal)
	}
}

func TestValidateFindsTagsWithSpacesAround(t *testing.T) {
	req := request(t, "INVITE", "From: <sip:1000@192.0.2.1> ; tag = f1", "To: <sip:1@192.0.2.1> ;\ttag=\tt1", "CSeq: 5    INVITE")
	if refusal := Validate(req); refusal != nil {
		t.Fatal(refusal)
	}
	if f, o := tagOf(req.From().Params), tagOf(req.To().Params); f != "f1" || o != "t1" || req.CSeq().MethodName != "INVITE" {
		t.Errorf("tags %q and %q, method %q", f, o, req.CSeq().MethodName)
	}
}

// A refusal's reason phrase and headers must never hold what a stranger wrote raw.
func TestRefusalsDoNotEcho(t *testing.T) {
	for _, lines := range [][]string{
		{"CSeq: 1 EVIL"}, {"line:INVITE sip:EVIL\x7f@192.0.2.1 SIP/2.0"}, {"line:INVITE EVIL:x SIP/2.0"},
		{"line:INVITE sip:1@192.0.2.1 SIP/EVIL"}, {"Contact: <EVIL:x>"},
	} {
		refusal := Validate(request(t, "INVITE", lines...))
		if refusal == nil {
			t.Errorf("%q is valid", lines)
			continue
		}
		if strings.Contains(refusal.Reason, "EVIL") {
			t.Errorf("%q: %s", lines, refusal.Reason)
		}
	}
}

func TestReplyToGarbage(t *testing.T) {
	from := netip.MustParseAddrPort("198.51.100.7:5071")
	long := requestText("INVITE", "-Via", "Via: SIP/2.0/UDP "+strings.Repeat("h", 9000))
	for _, tt := range []struct {
		name, raw string
		want      string // the first line; empty: no answer
	}{
		{"a bad CSeq", requestText("INVITE", "CSeq: 99999999999 INVITE"), "SIP/2.0 400 Bad Request"},
		{"a number that is negative", requestText("INVITE", "Content-Length: -1"), "SIP/2.0 400 Bad Request"},
		{"another scheme with dots", requestText("INVITE", "line:INVITE a.b:c SIP/2.0"), "SIP/2.0 416 Unsupported URI Scheme"},
		{"brackets around the URI", requestText("INVITE", "line:INVITE <sip:a@b> SIP/2.0"), "SIP/2.0 400 Bad Request"},
		{"another version", requestText("INVITE", "line:INVITE <sip:a@b> SIP/7.0"), "SIP/2.0 505 Version Not Supported"},
		{"bare line feeds", strings.ReplaceAll(requestText("INVITE"), "\r\n", "\n"), "SIP/2.0 400 Bad Request"},
		{"an ACK", requestText("ACK", "CSeq: x ACK"), ""},
		{"a response", "SIP/2.0 200 OK SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n", ""},
		{"no Via", requestText("INVITE", "-Via", "CSeq: x"), ""},
		{"web", "GET / HTTP/1.1\r\nVia: 1.1 x\r\n\r\n", ""},
		{"nothing", "", ""},
		{"noise", "\x16\x03\x01\x02\x00\x01\x00\x01", ""},
		{"longer than is answered", long, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := string(ReplyToGarbage([]byte(tt.raw), from, nil))
			if first, _, _ := strings.Cut(got, "\r\n"); first != tt.want {
				t.Errorf("got %q, want %q", first, tt.want)
			}
		})
	}
	if got := string(ReplyToGarbage([]byte(requestText("INVITE")), from, gosip.ErrMessageTooLarge)); !strings.HasPrefix(got, "SIP/2.0 513 ") {
		t.Errorf("a message that is too large: %q", got)
	}
}

func TestReplyToGarbageGoesBackWhereItCameFrom(t *testing.T) {
	raw := requestText("INVITE", "Via: SIP/2.0/UDP 10.0.0.9:5060;received=203.0.113.1;branch=z9hG4bKx;rport, SIP/2.0/UDP 10.0.0.8;branch=z9hG4bKy",
		"To: <sip:8899@192.0.2.1>", "CSeq: bad")
	got := string(ReplyToGarbage([]byte(raw), netip.MustParseAddrPort("198.51.100.7:5071"), nil))
	want := "Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKx;received=198.51.100.7;rport=5071, SIP/2.0/UDP 10.0.0.8;branch=z9hG4bKy\r\n"
	if !strings.Contains(got, want) || !strings.Contains(got, "To: <sip:8899@192.0.2.1>;tag=") || !strings.Contains(got, "\r\nCSeq: bad\r\n") {
		t.Errorf("got\n%s", got)
	}
}

// tortureSeeds gives every torture message to a fuzz target.
func tortureSeeds(f *testing.F) {
	files, err := filepath.Glob(torture + "/*/*.dat")
	if err != nil || len(files) != 61 {
		f.Fatalf("%d messages of RFC 4475 and 5118, not 61: %v", len(files), err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// What Validate lets through has what all others rely on, and can be refused.
func FuzzValidate(f *testing.F) {
	tortureSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		msg, err := gosip.ParseMessage(data)
		if err != nil {
			return
		}
		req, ok := msg.(*gosip.Request)
		if !ok {
			return
		}
		refusal := Validate(req)
		if refusal == nil {
			if req.From() == nil || req.To() == nil || req.CallID() == nil || req.CSeq() == nil || req.Via() == nil {
				t.Fatal("a header is missing in what is valid")
			}
			CallerOf(req)
			TrunkCallerOf(req)
			CalledOf(req)
			SDPBody(req)
			if req.Method == gosip.REGISTER {
				r := Registrar{Bindings: make(memory)}
				headers, refusal := r.Register(req, Account{User: unescapeUser(req.To().Address.User)}, phoneSource, noon)
				if refusal == nil && len(headers) > MaxContacts+16 {
					t.Errorf("%d contacts and hops", len(headers))
				}
			}
			return
		}
		if refusal.Status < 400 || refusal.Status > 599 {
			t.Errorf("refused with %d", refusal.Status)
		}
		if strings.ContainsAny(refusal.Reason, "\r\n") {
			t.Errorf("a line end in the reason %q", refusal.Reason)
		}
		_ = refusal.Response(req, "tag").String()
	})
}

// Garbage is answered by one well-formed response, or not at all, and never by much more than it was.
func FuzzReplyToGarbage(f *testing.F) {
	tortureSeeds(f)
	from := netip.MustParseAddrPort("198.51.100.7:5071")
	f.Fuzz(func(t *testing.T, data []byte) {
		answer := ReplyToGarbage(data, from, nil)
		if answer == nil {
			return
		}
		text := string(answer)
		if !strings.HasPrefix(text, "SIP/2.0 ") || !strings.HasSuffix(text, "\r\n\r\n") || strings.Count(text, "\r\n\r\n") != 1 {
			t.Errorf("no response: %q", text)
		}
		if len(answer) > len(data)+len("SIP/2.0 505 Version Not Supported;received=198.51.100.7;rport=5071;tag=0123456789abcdef01234567Content-Length: 0\r\n\r\n\r\n")+64+len(data)/2 {
			t.Errorf("%d bytes for %d", len(answer), len(data))
		}
	})
}
