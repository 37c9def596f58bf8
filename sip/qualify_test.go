package sip_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dialtone/sip"
)

func TestQualifyMeasuresTheRoundTrip(t *testing.T) {
	converse(t, sip.Config{UserAgent: "dialtone/1"}, func(r *room) {
		far := r.wire.Peer(t, "192.0.2.40:5060", serverAddr)
		type answer struct {
			status int
			trip   time.Duration
			err    error
		}
		done := make(chan answer, 1)
		ask := func(target sip.Target, limit time.Duration) {
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			defer cancel()
			status, trip, err := r.server.Qualify(ctx, target)
			done <- answer{status, trip, err}
		}
		go ask(sip.Target{URI: "sip:carrier@192.0.2.40", From: "sip:dialtone@example.com", Path: []string{"<sip:edge;lr>"}}, 4*time.Second)
		req := far.Want("it is asked", "OPTIONS")
		if !strings.HasPrefix(req.Start, "OPTIONS sip:carrier@192.0.2.40 ") || req.URI("From") != "sip:dialtone@example.com" || req.Header("Route") != "<sip:edge;lr>" ||
			req.Header("Max-Forwards") != "70" || req.URI("Contact") == "" || req.Header("User-Agent") != "dialtone/1" {
			t.Errorf("RFC 3261 §11.1: %s %q", req.Start, req.Lines)
		}
		time.Sleep(30 * time.Millisecond)
		far.Reply(req, "404 Not Found")
		if got := <-done; got != (answer{404, 30 * time.Millisecond, nil}) {
			t.Errorf("any answer shows that it lives: %v", got)
		}
		start := time.Now()
		go ask(sip.Target{URI: "sip:carrier@192.0.2.40"}, 4*time.Second)
		for _, at := range []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond} {
			far.WantAt("RFC 3261 §17.1.2.2: it is asked again until the time is up", "OPTIONS", start, at)
		}
		if got := <-done; !errors.Is(got.err, context.DeadlineExceeded) {
			t.Errorf("without an answer: %v", got)
		}
		far.WantIdle("the time is up", time.Minute)
		for _, uri := range []string{"", "tel:123", "sip:a@[::1]", "sip:a@192.0.2.99;transport=tcp"} {
			if status, _, err := r.server.Qualify(context.Background(), sip.Target{URI: uri}); err == nil {
				t.Errorf("%q: %d", uri, status)
			}
		}
		synctest.Wait()
	})
}
