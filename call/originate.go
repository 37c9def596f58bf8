package call

import (
	"cmp"
	"context"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/sip"
)

// defaultForwards is how often a call that begins with us may be passed on (RFC 3261 §8.1.1.6).
const defaultForwards = 70

// Originate calls somebody, and has the first who answers go to a place of the dialplan. It returns then, with the call as it
// is, or with a *ivr.NotAnsweredError or *ivr.NoWayError, or when ctx ends. What it costs where it goes from there is on
// account of who was called: a phone's limits hold.
func (s *Switch) Originate(ctx context.Context, o ivr.Origination) (Snapshot, error) {
	_, resource, _ := strings.Cut(o.Destination, "/")
	_, account, err := s.destination(resource)
	if err != nil {
		return Snapshot{}, err
	}
	return s.originate(ctx, account, defaultForwards, o)
}

// Originate is the switch's, on account of the channel's call (ivr.Originator).
func (ch *channel) Originate(ctx context.Context, o ivr.Origination) error {
	_, err := ch.call.sw.originate(ctx, ch.account(), ch.call.forwards-1, o)
	return err
}

func (s *Switch) originate(ctx context.Context, account Door, forwards int, o ivr.Origination) (Snapshot, error) {
	if refusal := s.limits.Admit(); refusal != nil {
		return Snapshot{}, noWay(42, "%s", refusal.Log)
	}
	technology, resource, _ := strings.Cut(o.Destination, "/")
	calls, err := s.place(account, forwards, technology, resource, o.Caller)
	if err != nil {
		s.limits.Leave()
		return Snapshot{}, err
	}
	changed := ivr.NewNotice()
	for _, c := range calls {
		c.out.changed = changed.Ring
		c.begin()
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(o.Timeout, 30*time.Second))
	defer cancel()
	winner, cause := firstUp(ctx, calls, changed)
	for _, c := range calls {
		if c != winner {
			c.hangup(cause, sip.ByServer)
		}
	}
	if winner == nil {
		s.limits.Leave()
		return Snapshot{}, &ivr.NotAnsweredError{Cause: cause}
	}
	run := winner.newRun(o.Place)
	for name, value := range o.Variables {
		run.Set(name, value)
	}
	s.joins.Lock()
	alive := winner.own()
	s.joins.Unlock()
	if !alive {
		s.limits.Leave()
		return Snapshot{}, &ivr.NotAnsweredError{Cause: causeNormal}
	}
	go func() {
		defer s.limits.Leave()
		winner.execute(run, func() ivr.Outcome {
			if o.App != "" {
				return run.ExecuteApp(o.App, o.Args)
			}
			return run.Execute()
		})
	}()
	return winner.Snapshot(), nil
}

// firstUp is the first of some calls that is answered, and with which cause the others are to be ended; nil when none is: cause
// then tells why.
func firstUp(ctx context.Context, calls []*Call, changed ivr.Notice) (winner *Call, cause int) {
	for {
		left := false
		for _, c := range calls {
			switch state, why := c.state(); state {
			case ivr.CalledUp:
				return c, causeElsewhere
			case ivr.CalledOver:
				cause = why
			default:
				left = true
			}
		}
		if !left {
			return nil, cause
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, causeNoAnswer
		}
	}
}

var _ ivr.Originator = (*channel)(nil)
