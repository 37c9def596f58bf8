package sip

import (
	"context"
	"sync"

	gosip "github.com/emiago/sipgo/sip"
)

// CheckSync is how a contact has answered that it is to fetch its settings.
type CheckSync struct {
	URI    string `json:"contact"`
	Status int    `json:"status,omitempty"` // of its answer; 0: there was none
	Error  string `json:"error,omitempty"`  // why not
}

// CheckSync asks every contact of a phone to fetch its settings and restart, by a NOTIFY of check-sync, as telephones of
// all makers know it. It returns when all have answered or ctx ends; none: the phone is not registered.
func (s *Server) CheckSync(ctx context.Context, number string) []CheckSync {
	targets := s.Contacts(number)
	answers := make([]CheckSync, len(targets))
	var all sync.WaitGroup
	for i, target := range targets {
		all.Go(func() {
			status, err := s.checkSync(ctx, &target)
			answers[i] = CheckSync{URI: target.URI, Status: status}
			if err != nil {
				answers[i].Error = err.Error()
			}
		})
	}
	all.Wait()
	return answers
}

func (s *Server) checkSync(ctx context.Context, target *Target) (status int, err error) {
	req, f, err := s.outside(ctx, gosip.NOTIFY, target)
	if err != nil {
		return 0, err
	}
	req.AppendHeader(gosip.NewHeader("Event", "check-sync;reboot=true"))
	req.AppendHeader(gosip.NewHeader("Subscription-State", "terminated;reason=noresource"))
	res, err := s.exchange(ctx, req, f)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, nil
}
