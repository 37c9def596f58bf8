package sip_test

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/sip"
	"dialtone/sip/siptest"
)

// sdp stands for an offer: what is agreed is the negotiator's business, and the one here takes all.
const sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"

const (
	serverAddr = "192.0.2.1:5060"
	trunkAddr  = "192.0.2.10:5060"
)

// media is a negotiator that notes what it is asked.
type media struct {
	mu     sync.Mutex
	log    []string
	refuse error
}

func (m *media) note(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.log = append(m.log, text)
}

func (m *media) noted() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.log
}

func (m *media) Offered(offer []byte) ([]byte, error) {
	if m.refuse != nil {
		return nil, m.refuse
	}
	m.note("offered " + string(offer))
	return []byte("v=0\r\ns=answer\r\n"), nil
}
func (m *media) Offer() ([]byte, error) { m.note("offer"); return []byte("v=0\r\ns=offer\r\n"), nil }
func (m *media) Answered(answer []byte) error {
	m.note("answered " + string(answer))
	return m.refuse
}

// trunks let one address in.
type trunks map[netip.Addr]string

func (t trunks) Match(a sip.Arrival) (sip.Trunk, bool) {
	name, ok := t[a.From.Addr()]
	return sip.Trunk{Name: name}, ok
}

func (t trunks) Knows(from netip.AddrPort) bool { return t[from.Addr()] != "" }

// everybody is a trunk that all calls come from.
type everybody struct{}

func (everybody) Knows(netip.AddrPort) bool { return true }

func (everybody) Match(sip.Arrival) (sip.Trunk, bool) { return sip.Trunk{Name: "anybody"}, true }

// room is a server on a wire, with a trunk beside it.
type room struct {
	*testing.T
	wire   *siptest.Wire
	server *sip.Server
	trunk  *siptest.Peer
	legs   chan *sip.Leg
	media  *media
}

// converse runs a test in virtual time against a server that answers each call, or does what config.Incoming says.
func converse(t *testing.T, config sip.Config, test func(r *room)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &room{T: t, wire: siptest.NewWire(), legs: make(chan *sip.Leg, 100), media: &media{}}
		host := r.wire.Host("192.0.2.1")
		if b, ok := config.Network.(*behind); ok {
			b.Network = host
		} else {
			config.Network = host
		}
		if config.Listen == nil {
			config.Listen = []sip.Listener{listener("udp:0.0.0.0:5060"), listener("tcp:0.0.0.0:5060")}
		}
		if config.Trunks == nil {
			config.Trunks = trunks{netip.MustParseAddr("192.0.2.10"): "carrier"}
		}
		if config.Incoming == nil {
			config.Incoming = func(l *sip.Leg) { l.Answer() }
		}
		incoming := config.Incoming
		config.Incoming = func(l *sip.Leg) {
			l.SetNegotiator(r.media)
			r.legs <- l
			incoming(l)
		}
		var err error
		if r.server, err = sip.New(config); err != nil {
			t.Fatal(err)
		}
		if err := r.server.Listen(); err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- r.server.Serve(context.Background()) }()
		r.trunk = r.wire.Peer(t, trunkAddr, serverAddr)
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
			defer cancel()
			if err := r.server.Shutdown(ctx); err != nil {
				t.Errorf("shutdown: %v", err)
			}
			if err := <-served; err != nil {
				t.Errorf("serve: %v", err)
			}
			if n := r.server.Legs(); n != 0 {
				t.Errorf("%d legs are left", n)
			}
		})
		test(r)
	})
}

func listener(text string) sip.Listener {
	l, err := sip.ParseListener(text)
	if err != nil {
		panic(err)
	}
	return l
}

// leg is the next call that came in.
func (r *room) leg() *sip.Leg {
	r.Helper()
	select {
	case l := <-r.legs:
		return l
	case <-time.After(time.Minute):
		r.Fatal("no call came in")
		return nil
	}
}

// calls is how many more calls came in.
func (r *room) calls() int { synctest.Wait(); return len(r.legs) }

// up has the trunk call 8899 and be answered.
func (r *room) up() (*siptest.Call, *sip.Leg) {
	r.Helper()
	call := r.trunk.Invite("8899", sdp)
	r.trunk.Want("at once", "100")
	call.Answered(r.trunk.Want("the call is answered", "200"))
	call.Ack()
	synctest.Wait()
	return call, r.leg()
}

// ended is how a leg ended; all other events before it are skipped.
func (r *room) ended(l *sip.Leg) sip.EndedEvent {
	r.Helper()
	for e := range l.Events() {
		if e, ok := e.(sip.EndedEvent); ok {
			if _, open := <-l.Events(); open {
				r.Fatal("an event after the end")
			}
			return e
		}
	}
	r.Fatal("the leg's events ended without EndedEvent")
	return sip.EndedEvent{}
}

// hangUp ends a call from the trunk's side.
func (r *room) hangUp(call *siptest.Call) {
	r.Helper()
	call.Send("BYE", "")
	r.trunk.Want("BYE is always accepted", "200")
}
