package sip_test

import (
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dialtone/sip"
)

// behind is a network of a machine that is so far behind: datagrams were there for that long when they are read.
type behind struct {
	sip.Network
	by atomic.Int64 // ns
}

func (b *behind) ListenPacket(addr netip.AddrPort) (sip.PacketConn, error) {
	conn, err := b.Network.ListenPacket(addr)
	return &behindConn{conn, b}, err
}

type behindConn struct {
	sip.PacketConn
	machine *behind
}

func (c *behindConn) ReadStamped(b []byte) (int, netip.AddrPort, time.Time, error) {
	n, from, err := c.ReadFromUDPAddrPort(b)
	return n, from, time.Now().Add(-time.Duration(c.machine.by.Load())), err
}

// More calls than the machine can set up: new ones are refused and told when to come back, nothing else is, and when the
// rush is over a new one is taken.
func TestOverloadRefusesNewCallsOnly(t *testing.T) {
	machine := new(behind)
	converse(t, sip.Config{Network: machine, Incoming: func(l *sip.Leg) { l.Reject(sip.RefusalOf(17)) }}, func(r *room) {
		calls := 0
		refused := func() (retryAfter string, is bool) {
			r.Helper()
			calls++
			time.Sleep(2 * time.Millisecond)
			call := r.trunk.NewCall(fmt.Sprint("caller", calls), "8899")
			call.Invite(sdp)
			answer := r.trunk.Next(time.Second)
			if answer != nil && answer.Is("100") {
				answer = r.trunk.Next(time.Second)
			}
			if answer == nil || !answer.Is("486") && !answer.Is("503") {
				r.Fatalf("call %d: %v", calls, answer)
			}
			call.AckRefusal(answer)
			if answer.Is("486") {
				r.leg()
			}
			return answer.Header("Retry-After"), answer.Is("503")
		}
		for range 100 {
			if _, is := refused(); is {
				r.Fatalf("call %d of a machine that is not behind is refused", calls)
			}
		}
		machine.by.Store(int64(200 * time.Millisecond))
		retryAfter, is := "", false
		for i := 0; !is; i++ {
			if retryAfter, is = refused(); i == 100 {
				r.Fatal("no call of a machine that is 200 ms behind is refused")
			}
		}
		if retryAfter == "" || strings.Trim(retryAfter, "0123456789") != "" {
			r.Errorf("Retry-After %q", retryAfter)
		}
		if n := r.server.Counts().Overload; n == 0 {
			r.Error("not counted")
		}
		r.trunk.NewCall("caller", "8899").Send("OPTIONS", "")
		r.trunk.Want("a request that is no new call", "200")
		machine.by.Store(0)
		for i := 0; is; i++ {
			if _, is = refused(); i == 1000 {
				r.Fatal("calls are refused after the rush")
			}
		}
	})
}
