package sip_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"dialtone/sip"
)

// Behind NAT, hosts outside are told the external address, in Contact and for the SDP, and those of the local networks the
// machine's own: in calls that come as in calls that go.
func TestExternalAddressIsByNetwork(t *testing.T) {
	external := netip.MustParseAddr("198.51.100.7")
	for _, tt := range []struct {
		name  string
		local string
		want  string
	}{
		{"no local networks", "", "198.51.100.7"},
		{"another network is local", "10.0.0.0/8", "198.51.100.7"},
		{"the trunk's network is local", "192.0.2.0/24", "192.0.2.1"},
		{"the trunk is in one of two", "10.0.0.0/8,192.0.2.10/32", "192.0.2.1"},
		{"a network of IPv6", "2001:db8::/32", "198.51.100.7"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := sip.Config{External: external}
			for _, text := range strings.FieldsFunc(tt.local, func(r rune) bool { return r == ',' }) {
				config.Local = append(config.Local, netip.MustParsePrefix(text))
			}
			converse(t, config, func(r *room) {
				call := r.trunk.Invite("8899", sdp)
				r.trunk.Want("the call is on its way", "100")
				contact := "<sip:8899@" + tt.want + ":5060>"
				if got := call.Answered(r.trunk.Want("the call is answered", "200")).Header("Contact"); got != contact {
					r.Errorf("Contact %s, want %s", got, contact)
				}
				call.Ack()
				leg := r.leg()
				if got := leg.LocalAddr().String(); got != tt.want {
					r.Errorf("the SDP of a call that came is for %s, want %s", got, tt.want)
				}
				placed := &placedMedia{}
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				defer cancel()
				if _, err := r.server.Dial(ctx, sip.Target{URI: "sip:1@" + trunkAddr}, placed); err != nil {
					r.Fatal(err)
				}
				if got := placed.local.String(); got != tt.want || placed.secure {
					r.Errorf("the SDP of a call that goes is for %s (secure %v), want %s", got, placed.secure, tt.want)
				}
				r.trunk.Reply(r.trunk.Want("the call that goes", "INVITE"), "486 Busy Here")
				r.trunk.Want("its refusal is acknowledged", "ACK")
				leg.Hangup(16)
				r.trunk.Reply(r.trunk.Want("the call that came is over", "BYE"), "200 OK")
			})
		})
	}
}

// placedMedia notes where its leg is.
type placedMedia struct {
	media
	local  netip.Addr
	secure bool
}

func (m *placedMedia) Placed(local, _ netip.Addr, secure bool) { m.local, m.secure = local, secure }
