package sip

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// What whole exchanges cost, from the datagram to the answer, without the kernel and the disk: the time of a run is the
// signalling's CPU for each.

// answers are what a server has sent.
type answers struct {
	nowhere
	sent chan string
}

func (a answers) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) {
	a.sent <- string(b)
	return len(b), nil
}

// want gives the next answer of a status; others before it are passed over.
func (a answers) want(b *testing.B, status string) string {
	for {
		select {
		case text := <-a.sent:
			if strings.HasPrefix(text, "SIP/2.0 "+status) {
				return text
			}
		case <-time.After(10 * time.Second):
			b.Fatalf("no %s came", status)
		}
	}
}

func exchanging(b *testing.B, config Config) (*edge, answers) {
	b.Helper()
	s, err := New(config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.close)
	a := answers{sent: make(chan string, 100)}
	return &edge{server: s, socket: a, local: netip.MustParseAddrPort("192.0.2.1:5060")}, a
}

// arrive has a request come from a phone.
func (e *edge) arrive(text string) {
	e.packet([]byte(text), netip.MustParseAddrPort("192.0.2.9:5060"), time.Now())
}

func BenchmarkChallengedREGISTER(b *testing.B) {
	e, a := exchanging(b, Config{Accounts: onePhone{}, Bindings: make(memory)})
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		via := fmt.Sprintf("Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKa%d", i)
		e.arrive(requestText("REGISTER", via, fmt.Sprintf("CSeq: %d REGISTER", 2*i), "Expires: 300"))
		_, nonce, _ := strings.Cut(a.want(b, "401"), `nonce="`)
		nonce, _, _ = strings.Cut(nonce, `"`)
		e.arrive(requestText("REGISTER", "Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKb"+fmt.Sprint(i), fmt.Sprintf("CSeq: %d REGISTER", 2*i+1), "Expires: 300",
			"Authorization: "+credentialsOf(nonce, "REGISTER", "sip:1000@192.0.2.1", "1000", "secret", "00000001")))
		a.want(b, "200")
	}
}

// agreeable takes every offer.
type agreeable struct{}

func (agreeable) Offered([]byte) ([]byte, error) { return []byte("v=0\r\n"), nil }
func (agreeable) Offer() ([]byte, error)         { return []byte("v=0\r\n"), nil }
func (agreeable) Answered([]byte) error          { return nil }

func BenchmarkIncomingCall(b *testing.B) {
	e, a := exchanging(b, Config{Trunks: openDoor{}, Incoming: func(l *Leg) {
		l.SetNegotiator(agreeable{})
		if l.Answer() != nil {
			return
		}
		<-l.Done()
	}})
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		id := fmt.Sprintf("Call-ID: call%d", i)
		text := func(method, branch, to string, seq int) string {
			lines := []string{
				fmt.Sprintf("Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK%s%d", branch, i), id, fmt.Sprintf("CSeq: %d %s", seq, method), "To: " + to,
			}
			if method == "INVITE" {
				lines = append(lines, "Content-Type: application/sdp", "body:v=0\r\n")
			}
			return requestText(method, lines...)
		}
		e.arrive(text("INVITE", "i", "<sip:8899@192.0.2.1>", 1))
		_, tag, _ := strings.Cut(a.want(b, "200"), "To: ")
		to, _, _ := strings.Cut(tag, "\r\n")
		e.arrive(text("ACK", "a", to, 1))
		e.arrive(text("BYE", "b", to, 2))
		a.want(b, "200")
	}
	_ = e.server.Shutdown(context.Background())
}
