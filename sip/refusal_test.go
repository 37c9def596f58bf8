package sip

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestRefusalIsAResponse(t *testing.T) {
	req := request(t, "INVITE", "To: <sip:8899@192.0.2.1>")
	for _, tt := range []struct {
		refusal *Refusal
		want    []string
	}{
		{BadRequest("no Via"), []string{"SIP/2.0 400 Bad Request - no Via\r\n"}},
		{Forbidden("secret reason"), []string{"SIP/2.0 403 Forbidden\r\n"}},
		{NotFound("secret reason"), []string{"SIP/2.0 404 Not Found\r\n"}},
		{MethodNotAllowed(allow), []string{"SIP/2.0 405 Method Not Allowed\r\n", "\r\nAllow: " + allow + "\r\n"}},
		{UnsupportedMediaType("application/sdp", ""), []string{"SIP/2.0 415 Unsupported Media Type\r\n", "\r\nAccept: application/sdp\r\n"}},
		{UnsupportedScheme(""), []string{"SIP/2.0 416 Unsupported URI Scheme\r\n"}},
		{BadExtension([]string{"a", "b"}), []string{"SIP/2.0 420 Bad Extension\r\n", "\r\nUnsupported: a, b\r\n"}},
		{IntervalTooBrief(time.Minute), []string{"SIP/2.0 423 Interval Too Brief\r\n", "\r\nMin-Expires: 60\r\n"}},
		{NoDialog(""), []string{"SIP/2.0 481 Call/Transaction Does Not Exist\r\n"}},
		{LoopDetected(""), []string{"SIP/2.0 482 Loop Detected\r\n"}},
		{TooManyHops(""), []string{"SIP/2.0 483 Too Many Hops\r\n"}},
		{NotAcceptableHere(""), []string{"SIP/2.0 488 Not Acceptable Here\r\n"}},
		{ServerError(""), []string{"SIP/2.0 500 Server Internal Error\r\n"}},
		{NotImplemented(allow), []string{"SIP/2.0 501 Not Implemented\r\n", "\r\nAllow: "}},
		{Unavailable(1500*time.Millisecond, ""), []string{"SIP/2.0 503 Service Unavailable\r\n", "\r\nRetry-After: 2\r\n"}},
		{BadVersion(""), []string{"SIP/2.0 505 Version Not Supported\r\n"}},
		{TooLarge(""), []string{"SIP/2.0 513 Message Too Large\r\n"}},
		{RefusalOf(17), []string{"SIP/2.0 486 Busy Here\r\n", "\r\nReason: Q.850;cause=17\r\n"}},
	} {
		got := tt.refusal.Response(req, "abc").String()
		for _, want := range append(tt.want, "\r\nTo: <sip:8899@192.0.2.1>;tag=abc\r\n", "\r\nContent-Length: 0\r\n\r\n") {
			if !strings.Contains(got, want) {
				t.Errorf("%v: no %q in\n%s", tt.refusal, want, got)
			}
		}
		if strings.Contains(got, "secret") {
			t.Errorf("%v: what is for the log is sent", tt.refusal)
		}
	}
}

func TestARefusalSaysWhyOnce(t *testing.T) {
	for want, r := range map[string]*Refusal{
		"400 Bad Request - two Froms": BadRequest("two Froms"), "400 Bad Request - a length: 12 bytes": badRequest("a length", "12 bytes"),
		"403 Forbidden: a false number": Forbidden("a false number"), "405 Method Not Allowed": MethodNotAllowed("INVITE"), "486 Busy Here": Refuse(486, "Busy Here"),
	} {
		if got := r.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestAsRefusal(t *testing.T) {
	busy := RefusalOf(17)
	if got := AsRefusal(fmt.Errorf("call: %w", busy)); got != busy {
		t.Errorf("got %v", got)
	}
	if got := AsRefusal(errors.New("no disk")); got.Status != 500 || got.Log != "no disk" || got.Reason != "Server Internal Error" {
		t.Errorf("got %v", got)
	}
}

func TestCauses(t *testing.T) {
	for _, tt := range []struct{ status, cause int }{
		{200, 16}, {404, 1}, {486, 17}, {480, 18}, {403, 21}, {488, 58}, {499, 127}, {500, 41}, {503, 41}, {599, 41}, {600, 17}, {603, 21}, {699, 31}, {302, 23}, {399, 23}, {422, 127}, {433, 24}, {580, 47}, {607, 21},
	} {
		if got := CauseOf(tt.status); got != tt.cause {
			t.Errorf("status %d: cause %d, want %d", tt.status, got, tt.cause)
		}
	}
	for _, tt := range []struct{ cause, status int }{
		{1, 404}, {16, 603}, {17, 486}, {18, 408}, {19, 480}, {21, 403}, {34, 503}, {38, 503}, {58, 488}, {127, 500}, {0, 480}, {9, 480}, {46, 503}, {50, 403}, {69, 501}, {81, 400}, {99, 500}, {112, 500}, {-1, 480},
	} {
		if got := StatusOf(tt.cause); got != tt.status {
			t.Errorf("cause %d: status %d, want %d", tt.cause, got, tt.status)
		}
		if r := RefusalOf(tt.cause); (len(r.Headers) == 1) != (tt.cause > 0) {
			t.Errorf("cause %d: headers %v", tt.cause, r.Headers)
		}
	}
	for cause := range 128 {
		if s := StatusOf(cause); s < 400 || s > 699 || reasonPhrases[s] == "" {
			t.Errorf("cause %d: status %d", cause, s)
		}
	}
	for status := 300; status < 700; status++ {
		if c := CauseOf(status); c < 1 || c > 127 {
			t.Errorf("status %d: cause %d is none", status, c)
		}
		if reasonPhrase(status) == "" {
			t.Errorf("status %d has no phrase", status)
		}
	}
}
