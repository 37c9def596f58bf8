package sip_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"dialtone/sip"
)

// A long INVITE goes by TCP where the far end takes that, by UDP where it does not or where UDP is asked for.
func TestLongRequestGoesByTCPWhereItCan(t *testing.T) {
	long := []sip.Header{{Name: "X-Long", Value: strings.Repeat("x", 1300)}}
	for name, tt := range map[string]struct {
		listen string
		target sip.Target
		want   string
	}{
		"short":          {"tcp", sip.Target{URI: "sip:8899@192.0.2.1"}, "udp"},
		"long":           {"tcp", sip.Target{URI: "sip:8899@192.0.2.1", Headers: long}, "tcp"},
		"long, fixed":    {"tcp", sip.Target{URI: "sip:8899@192.0.2.1;transport=udp", Headers: long}, "udp"},
		"long, route":    {"tcp", sip.Target{URI: "sip:8899@example.com", Route: "sip:192.0.2.1", Headers: long}, "tcp"},
		"long, no TCP":   {"", sip.Target{URI: "sip:8899@192.0.2.1", Headers: long}, "udp"},
		"fixed by route": {"tcp", sip.Target{URI: "sip:8899@192.0.2.1", Route: "sip:192.0.2.1;transport=udp", Headers: long}, "udp"},
	} {
		t.Run(name, func(t *testing.T) {
			config := sip.Config{Accounts: phones, Listen: []sip.Listener{listener("udp:0.0.0.0:5060")}}
			if tt.listen != "" {
				config.Listen = append(config.Listen, listener(tt.listen+":0.0.0.0:5060"))
			}
			converse(t, config, func(r *room) {
				phone := r.telephone("192.0.2.10", "udp:192.0.2.10:5070")
				for range 2 {
					tt.target.User, tt.target.Password = "1000", "secret"
					leg, err := phone.Dial(context.Background(), tt.target, &media{})
					if err != nil {
						r.Fatal(err)
					}
					if e, ok := r.event(leg).(sip.AnsweredEvent); !ok {
						r.Fatalf("not answered: %+v", e)
					}
					if d := leg.Dialog(); d.Transport != tt.want || strings.Contains(d.LocalTarget, "transport=tcp") != (tt.want == "tcp") {
						r.Errorf("went by %s, want %s; Contact %s", d.Transport, tt.want, d.LocalTarget)
					}
					leg.Hangup(16)
					r.ended(leg)
					time.Sleep(time.Second)
				}
				if n := r.wire.Dialled(); n > 1 {
					r.Errorf("%d connections for two calls", n)
				}
			})
		})
	}
}
