package call_test

import (
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"dialtone/call"
	"dialtone/call/softphone"
	"dialtone/sip"
)

const trunkPlan = `
[phones]
exten => _0X.,1,Dial(PJSIP/${EXTEN}@carrier,20)
 same => n,NoOp(${DIALSTATUS} ${HANGUPCAUSE})
exten => _1XXX,1,Dial(PJSIP/${EXTEN},20,tT)
[incoming]
exten => _0X.,1,Dial(PJSIP/${EXTEN}@carrier,20)
 same => n,NoOp(${DIALSTATUS} ${HANGUPCAUSE})
`

// carrier is a trunk whose servers are telephones of the lab, and counts its calls that are not given back.
type carrier struct {
	live atomic.Int32

	mu   sync.Mutex // guards what follows
	ways []sip.Target
	out  call.Exit
}

func (c *carrier) leave() *call.Exit {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live.Add(1)
	out := c.out
	out.Ways = slices.Clone(c.ways)
	out.Release = func() { c.live.Add(-1) }
	return &out
}

// serve sets the carrier's servers.
func (c *carrier) serve(ways []sip.Target) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ways = ways
}

// redirect says whether the carrier's 302 is followed.
func (c *carrier) redirect(follows bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out.Redirect = follows
}

// serves are the ways to a desk, as one of the carrier's servers.
func (d *desk) serves(number string) []sip.Target {
	ways := d.l.server.Contacts(number)
	for i := range ways {
		ways[i].From = "sip:0199@192.0.2.9"
	}
	return ways
}

func newCarrier(t *testing.T, tolls ...call.TollLimits) (*lab, *carrier) {
	c := new(carrier)
	config := labConfig{plan: trunkPlan, trunk: "incoming", ways: c.leave}
	for _, limits := range tolls {
		config.tolls = call.NewTolls(func(phone string) (call.TollLimits, bool) { return limits, phone == number })
	}
	l := newLab(t, config)
	t.Cleanup(func() {
		if n := c.live.Load(); n != 0 {
			t.Errorf("%d of the trunk's places are not given back", n)
		}
	})
	return l, c
}

// A server that is overloaded is no end of the call: the next one gets it.
func TestATrunksServersAreTriedInOrder(t *testing.T) {
	l, trunk := newCarrier(t)
	first, second := l.desk("1001"), l.desk("1002")
	trunk.serve(append(first.serves("1001"), second.serves("1002")...))
	a := l.call(l.phone(softphone.Config{}), "0612345678")
	first.next().Refuse(503)
	in := second.answer()
	l.await(a, softphone.Answered)
	l.linked(a, in)
	l.over(in, a)
}

// A server that says nothing at all is left for the next one long before the transaction has timed out.
func TestASilentServerIsLeft(t *testing.T) {
	l, trunk := newCarrier(t)
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	second := l.desk("1002")
	trunk.serve(append([]sip.Target{{URI: "sip:0612345678@" + silent.LocalAddr().String()}}, second.serves("1002")...))
	a := l.call(l.phone(softphone.Config{}), "0612345678")
	in := second.answer()
	l.await(a, softphone.Answered)
	l.linked(a, in)
	l.over(in, a)
	refuse(t, silent)
}

// refuse answers the INVITE that a socket has got, so that its sender does not repeat it any more.
func refuse(t *testing.T, socket net.PacketConn) {
	t.Helper()
	packet := make([]byte, 4096)
	n, from, err := socket.ReadFrom(packet)
	if err != nil {
		t.Fatal(err)
	}
	res := "SIP/2.0 503 Service Unavailable\r\n"
	for line := range strings.SplitSeq(string(packet[:n]), "\r\n") {
		for _, name := range []string{"Via:", "From:", "To:", "Call-ID:", "CSeq:"} {
			if strings.HasPrefix(line, name) {
				res += line + "\r\n"
			}
		}
	}
	if _, err := socket.WriteTo([]byte(res+"Content-Length: 0\r\n\r\n"), from); err != nil {
		t.Fatal(err)
	}
}

// That somebody is busy is said by whoever was called: no other server is asked.
func TestWhoIsCalledDecides(t *testing.T) {
	l, trunk := newCarrier(t)
	first, second := l.desk("1001"), l.desk("1002")
	trunk.serve(append(first.serves("1001"), second.serves("1002")...))
	a := l.call(l.phone(softphone.Config{}), "0612345678")
	first.next().Refuse(486)
	l.end(a)
	if got := shown(l.record())[0]; got != "BUSY 17" {
		t.Errorf("the dialplan said %q", got)
	}
	if len(second.calls) > 0 {
		t.Error("the second server was asked")
	}
	l.nothingLeft()
}

// A trunk that leads back to this server: the circle ends when Max-Forwards is used up, soon, and leaves nothing.
func TestACircleOfCallsEnds(t *testing.T) {
	l, trunk := newCarrier(t)
	trunk.serve([]sip.Target{{URI: "sip:0612345678@" + l.at("udp:127.0.0.1:").Addr.String(), From: "sip:0199@192.0.2.9"}})
	begun := time.Now()
	a := l.call(l.phone(softphone.Config{}), "0612345678")
	l.end(a)
	t.Logf("the circle took %v, %d records", time.Since(begun), len(l.records()))
	if log := l.log.tail(100000); !strings.Contains(log, "circle") {
		t.Error("the log does not tell of a circle")
	}
	l.nothingLeft()
}

// A 302 of a trunk is followed where its record says so, by the same trunk and once.
func TestATrunkSendsTheCallElsewhere(t *testing.T) {
	for _, follows := range []bool{true, false} {
		l, trunk := newCarrier(t)
		trunk.redirect(follows)
		server := l.desk("1001")
		trunk.serve(server.serves("1001"))
		a := l.call(l.phone(softphone.Config{}), "0612345678")
		if err := server.next().Divert("0699"); err != nil {
			t.Fatal(err)
		}
		if follows {
			in := server.answer()
			l.await(a, softphone.Answered)
			in.Hangup()
		}
		l.end(a)
		l.nothingLeft()
	}
}

// What a phone may not call at trunks does not leave, and its places there are given back with its calls.
func TestTollsBeforeATrunk(t *testing.T) {
	l, trunk := newCarrier(t, call.TollLimits{MaxCalls: 1, Allow: []string{"_06."}})
	server := l.desk("1001")
	trunk.serve(server.serves("1001"))
	phone := l.phone(softphone.Config{})
	l.end(l.call(phone, "0899123456"))
	for range 2 {
		first := l.call(phone, "0612345678")
		in := server.answer()
		l.await(first, softphone.Answered)
		l.end(l.call(phone, "0612345678")) // one more than it may have
		in.Hangup()
		l.end(first)
	}
	var got []string
	for _, r := range l.records() {
		got = append(got, strings.Join(shown(r), "; "))
	}
	slices.Sort(got) // they end in any order
	if want := []string{"", "", "CHANUNAVAIL 21", "CHANUNAVAIL 21", "CHANUNAVAIL 21"}; !slices.Equal(got, want) {
		t.Errorf("the dialplan said %q, want %q", got, want)
	}
	if len(server.calls) > 0 {
		t.Error("a call left that may not")
	}
	if log := l.log.tail(100000); !strings.Contains(log, `phone 1000 may not call \"0899123456\" by a trunk: it may call _06.`) {
		t.Errorf("the log does not say why:\n%s", log)
	}
	l.nothingLeft()
}

// A phone that sends others to a trunk answers for it, by its own limits, however it sends them: those of whom it sends do not
// count.
func TestWhoTransfersAnswersForIt(t *testing.T) {
	for _, way := range []string{"REFER of the called one", "keys of the called one", "keys of the called one, who asks first", "REFER of the caller", "302 of the called one"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			limited := "1001"
			if strings.Contains(way, "of the caller") {
				limited = number
			}
			trunk := new(carrier)
			l := newLab(t, labConfig{plan: trunkPlan, trunk: "incoming", ways: trunk.leave, tolls: call.NewTolls(func(phone string) (call.TollLimits, bool) {
				if phone == limited {
					return call.TollLimits{Allow: []string{"_06."}}, true
				}
				return call.TollLimits{}, true
			})})
			b, server := l.desk("1001"), l.desk("1002")
			trunk.serve(server.serves("1002"))
			a := l.call(l.phone(softphone.Config{}), "1001")
			in := b.next()
			if way != "302 of the called one" {
				in.Answer()
				l.await(a, softphone.Answered)
				l.linked(a, in)
			}
			switch way {
			case "302 of the called one":
				in.Divert("0899123456")
			case "REFER of the called one":
				l.referring(in, "0899123456")
			case "REFER of the caller":
				l.referring(a, "0899123456")
			case "keys of the called one":
				l.press(in, "#0899123456")
			default:
				l.press(in, "*2w0899123456")
			}
			l.until("the log tells of the limit", func() bool {
				return strings.Contains(l.log.tail(100000), "phone "+limited+" may not call")
			})
			a.Hangup()
			in.Hangup()
			l.end(a)
			l.end(in)
			if len(server.calls) > 0 {
				t.Error("the call left by the trunk")
			}
			l.nothingLeft()
		})
	}
}
