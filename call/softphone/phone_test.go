package softphone

import "testing"

func TestServerOfATarget(t *testing.T) {
	for target, want := range map[string]string{
		"8899":                                   "",
		"+33123456789":                           "",
		"sip:":                                   "",
		"sip:echo@sip.example.com":               "udp:sip.example.com",
		"sip:8899@192.0.2.1:5070":                "udp:192.0.2.1:5070",
		"sip:8899@[2001:db8::1]:5070":            "udp:[2001:db8::1]:5070",
		"sip:8899@sip.example.com;transport=TCP": "tcp:sip.example.com",
		"sips:8899@sip.example.com":              "tls:sip.example.com",
		"sips:8899@192.0.2.1:5070;transport=tcp": "tls:192.0.2.1:5070",
		"sip:8899@sip.example.com?Subject=menu":  "udp:sip.example.com",
	} {
		if got := ServerOf(target); got != want {
			t.Errorf("ServerOf(%q) = %q, want %q", target, got, want)
		}
	}
}

// An address needs no name server; the port is the transport's unless it is said.
func TestResolve(t *testing.T) {
	for server, want := range map[string]string{
		"192.0.2.1":          "udp:192.0.2.1:5060",
		"tcp:192.0.2.1":      "tcp:192.0.2.1:5060",
		"tls:192.0.2.1":      "tls:192.0.2.1:5061",
		"tls:192.0.2.1:5060": "tls:192.0.2.1:5060",
		"udp:[2001:db8::1]":  "udp:[2001:db8::1]:5060",
		"[2001:db8::1]:5070": "udp:[2001:db8::1]:5070",
		"192.0.2.1:0":        "",
		"192.0.2.1:65536":    "",
		"192.0.2.1:sip":      "",
		"ws:192.0.2.1":       "",
		"":                   "",
	} {
		hop, err := Resolve(server)
		if got := hop.String(); err == nil && got != want || err != nil && want != "" {
			t.Errorf("Resolve(%q) = %s, %v, want %q", server, got, err, want)
		}
	}
}
