package sip_test

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
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

// A proxy that has connected to us is reached by that connection, though its Record-Route names the port on which it listens.
func TestRequestsGoBackByTheConnectionOfAProxy(t *testing.T) {
	converse(t, sip.Config{}, func(r *room) {
		conn := r.connect("192.0.2.10", serverAddr)
		conn.SetDeadline(time.Now().Add(time.Minute))
		lines := bufio.NewReader(conn)
		dialled := r.wire.Dialled()
		until := func(why, start string) {
			r.Helper()
			for {
				line, err := lines.ReadString('\n')
				if err != nil {
					r.Fatalf("%s: %v, want %s", why, err, start)
				}
				if strings.HasPrefix(line, start) {
					return
				}
			}
		}
		send := func(start, to, more string) {
			text := start + " SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.10;branch=z9hG4bK" + start[:3] + "\r\nMax-Forwards: 70\r\nFrom: <sip:1@192.0.2.10>;tag=a\r\nTo: <sip:8899@192.0.2.1>" + to +
				"\r\nCall-ID: proxied\r\nCSeq: 1 " + start[:strings.IndexByte(start, ' ')] + "\r\nContact: <sip:1@192.0.2.44>\r\n" + more
			if _, err := io.WriteString(conn, text); err != nil {
				r.Fatal(err)
			}
		}
		send("INVITE sip:8899@192.0.2.1", "", "Record-Route: <sip:192.0.2.10:5060;transport=tcp;lr>\r\nContent-Type: application/sdp\r\nContent-Length: "+strconv.Itoa(len(sdp))+"\r\n\r\n"+sdp)
		until("answered", "SIP/2.0 200")
		leg := r.leg()
		send("ACK sip:8899@192.0.2.1", ";tag="+leg.Dialog().LocalTag, "Content-Length: 0\r\n\r\n")
		synctest.Wait()
		leg.Hangup(16)
		until("hung up", "BYE sip:1@192.0.2.44 ")
		if n := r.wire.Dialled() - dialled; n != 0 {
			r.Errorf("%d connections of ours for it", n)
		}
	})
}
