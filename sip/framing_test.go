package sip_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"dialtone/sip"
)

// A length that is a lie is answered, and on a connection, where nobody knows what comes next, ends it. Nothing is reserved by
// what it says.
func TestLengthsThatLie(t *testing.T) {
	for name, tt := range map[string]struct{ length, udp, tcp string }{
		"negative":                   {"Content-Length: -1", "400", "400"},
		"no number":                  {"Content-Length: many", "400", "400"},
		"huge":                       {"Content-Length: 2000000000", "513", "513"},
		"more than a message may be": {"Content-Length: 65600", "513", "513"},
		"more than there is":         {"Content-Length: 100", "400", "400"}, // on a connection once its time is over
		"two that differ":            {"Content-Length: 0\nContent-Length: 5", "400", "400"},
		"none":                       {"X: y", "200", "400"},
	} {
		t.Run(name, func(t *testing.T) {
			converse(t, sip.Config{}, func(r *room) {
				text := "OPTIONS sip:192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKlie\nMax-Forwards: 70\nFrom: <sip:x@192.0.2.10>;tag=1\n" +
					"To: <sip:192.0.2.1>\nCall-ID: lie\nCSeq: 1 OPTIONS\n" + tt.length + "\n\n"
				r.trunk.Send(text)
				r.trunk.Want("over UDP", tt.udp)
				conn := r.connect("192.0.2.10", serverAddr)
				conn.SetDeadline(time.Now().Add(time.Minute))
				if _, err := io.WriteString(conn, strings.ReplaceAll(strings.Replace(text, "/UDP", "/TCP", 1), "\n", "\r\n")); err != nil {
					r.Fatal(err)
				}
				all, err := io.ReadAll(conn)
				if err != nil || !strings.HasPrefix(string(all), "SIP/2.0 "+tt.tcp+" ") {
					r.Errorf("over TCP: %.60q, %v; want %s and the end", all, err, tt.tcp)
				}
			})
		})
	}
}
