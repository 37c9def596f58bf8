package sip

import (
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// What stands in the headers of a dialog's extensions is a stranger's: it is read or refused, and what is read holds what the
// rest relies on.
func FuzzDialogHeaders(f *testing.F) {
	for _, value := range []string{
		"", "a@b;to-tag=1;from-tag=2;early-only", "1800;refresher=uac", "99999999999", "-1", "7 1 INVITE", "4294967296 1 INVITE",
		"<sip:1@example.com?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>", `"A, B" <sip:a@[::1]:5060;transport=tcp>;q=0.5, <tel:+1>;q=NaN, *`, "<sip:\x00@h>", "<sip:a@h?Replaces=%>",
		`SIP;cause=200;text="x`, "Q.850;cause=17 ; text=", "Q.850;cause=999", "10;duration=5 (later)",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if r, ok := parseReplaces(value); ok {
			if again, ok := parseReplaces(r.String()); !ok || *again != *r {
				t.Errorf("Replaces %q is read back from %q as %+v", value, r, again)
			}
		}
		req := gosip.NewRequest(gosip.INVITE, gosip.Uri{Scheme: "sip", Host: "h"})
		res := gosip.NewResponse(302, "Moved Temporarily")
		for _, name := range []string{"Refer-To", "Session-Expires", "Min-SE", "RAck", "RSeq", "Contact", "Reason", "Retry-After", "Supported", "Replaces"} {
			req.AppendHeader(gosip.NewHeader(name, value))
			res.AppendHeader(gosip.NewHeader(name, value))
		}
		if to, replaces, refusal := referTo(req); refusal == nil {
			if strings.ContainsAny(to, "\r\n\x00") || replaces != nil && controls(replaces.String()) {
				t.Errorf("Refer-To %q leads to %q", value, to)
			}
		}
		for _, uri := range redirections(res) {
			if controls(uri) {
				t.Errorf("Contact %q leads to %q", value, uri)
			}
		}
		if cause, _ := reasonOf(res, 16); cause < 1 || cause > 127 {
			t.Errorf("Reason %q has cause %d", value, cause)
		}
		now := time.Unix(1e9, 0)
		if s, headers, refusal := (Session{}).grant(askingOf(req), 1800, now); refusal == nil &&
			(s.Interval < leastSession || s.Interval > longestSession || !s.expires().After(s.refreshes()) || len(headers) == 0) {
			t.Errorf("Session-Expires %q grants %+v", value, s)
		}
		if s := (Session{}).granted(askingOf(res), 1800, now); s.Interval < leastSession || s.Interval > longestSession {
			t.Errorf("Session-Expires %q is %+v", value, s)
		}
		rackOf(req)
		rseqOf(res)
	})
}
