package sip

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// ErrNoAnswer is returned when a request of ours was not answered within 64·T1, or could not be sent.
var ErrNoAnswer = errors.New("no answer")

const (
	// timerD is how long the final answer to an INVITE may come again (RFC 3261 §17.1.1.2).
	timerD = 32 * time.Second
	// maxProvisional is how many provisional answers to one request are told in a second: more is a flood.
	maxProvisional = 20
)

// sending is a request of ours until its final answer (RFC 3261 §17.1). On UDP it is sent again until an answer comes.
//
//	INVITE   ──► 1xx ──► 2xx, whose ACK is the leg's
//	               └───► 3xx-6xx ──► ACK, for each copy again, for timer D
//	another  ──► 1xx ──► final answer
//
// It has no goroutine: answers are told on that which reads the socket, in the order of their arrival.
type sending struct {
	server *Server
	key    string
	flow   flow
	req    *gosip.Request               // of an INVITE, until its final answer: for the ACK
	told   func(*gosip.Response, error) // answers, then nil and why there is none; not after a final answer

	mu      sync.Mutex
	data    []byte // the request; then the ACK of an INVITE that was refused
	timer   *time.Timer
	repeat  repetition
	flood   rateLimit
	invite  bool
	stopped bool // told is called no more
}

// sendings are the requests of ours that wait for answers.
type sendings struct {
	mu  sync.Mutex
	all map[string]*sending
}

// send sends a request by f. told must not block for long.
func (s *Server) send(req *gosip.Request, f *flow, told func(*gosip.Response, error)) (*sending, error) {
	key, err := gosip.ClientTxKeyMake(req)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	t := &sending{server: s, key: key, flow: *f, told: told, data: wire(req), invite: req.Method == gosip.INVITE}
	most := gosip.T2
	if t.invite {
		t.req, most = req, 64*gosip.T1 // RFC 3261 §17.1.1.2: timer A doubles without end
		// sipgo finds a header when it is first asked for, and notes it: from here on two may ask, who acknowledges and who cancels.
		_, _, _, _ = req.Via(), req.From(), req.CallID(), req.CSeq()
	}
	t.repeat = repeated(now, f.stream != nil, most)
	if !s.sendings.add(t) {
		return nil, net.ErrClosed
	}
	t.mu.Lock()
	defer t.mu.Unlock() // an answer that overtakes this waits
	if err := f.write(t.data); err != nil {
		t.stopped = true
		s.sendings.drop(t)
		return nil, err
	}
	wait, _ := t.repeat.next(now)
	t.timer = time.AfterFunc(wait, t.fire)
	return t, nil
}

// fire sends the request again, or gives it up.
func (t *sending) fire() {
	t.mu.Lock()
	wait, more := t.repeat.next(time.Now())
	switch {
	case t.stopped:
		t.mu.Unlock()
	case more:
		_ = t.flow.write(t.data) // it is sent again
		t.timer.Reset(wait)
		t.mu.Unlock()
	default:
		t.mu.Unlock()
		t.giveUp()
	}
}

// giveUp ends the waiting.
func (t *sending) giveUp() {
	if t.stop() {
		t.told(nil, ErrNoAnswer)
	}
}

// abandon waits no longer than timerD for an answer that nobody waits for any more.
func (t *sending) abandon() { time.AfterFunc(timerD, t.giveUp) }

// stop ends the sending; false: it had ended already.
func (t *sending) stop() bool {
	t.mu.Lock()
	was := t.stopped
	t.stopped = true
	if t.timer != nil {
		t.timer.Stop()
	}
	t.mu.Unlock()
	t.server.sendings.drop(t)
	return !was
}

// arrive takes an answer from the network.
func (t *sending) arrive(res *gosip.Response) {
	t.mu.Lock()
	if t.stopped {
		if t.invite && res.StatusCode >= 300 {
			_ = t.flow.write(t.data) // RFC 3261 §17.1.1.2: each copy of a final answer gets the ACK
		}
		t.mu.Unlock()
		if t.invite && res.IsSuccess() {
			t.server.late(res, &t.flow)
		}
		return
	}
	if res.IsProvisional() {
		flood := t.flood.over(time.Now(), maxProvisional)
		if t.invite {
			t.timer.Stop() // how long it may ring is the leg's to say
		} else {
			t.repeat.wait = gosip.T2 // RFC 3261 §17.1.2.2
		}
		t.mu.Unlock()
		if !flood {
			t.told(res, nil)
		}
		return
	}
	t.stopped = true
	t.timer.Stop()
	if t.invite && res.StatusCode >= 300 {
		t.data, t.req = wire(ackFailure(t.req, res)), nil
		_ = t.flow.write(t.data) // a copy of the answer asks for it again
		time.AfterFunc(timerD, func() { t.server.sendings.drop(t) })
		t.mu.Unlock()
	} else {
		t.mu.Unlock()
		t.server.sendings.drop(t)
	}
	t.told(res, nil)
}

func (s *sendings) get(key string) *sending {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[key]
}

// add takes a sending in; false when all is closed.
func (s *sendings) add(t *sending) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		return false
	}
	s.all[t.key] = t
	return true
}

func (s *sendings) drop(t *sending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all[t.key] == t {
		delete(s.all, t.key)
	}
}

// lost ends what waits for an answer on a connection that is gone.
func (s *sendings) lost(c *stream) {
	var lost []*sending
	s.mu.Lock()
	for _, t := range s.all {
		if t.flow.stream == c {
			lost = append(lost, t)
		}
	}
	s.mu.Unlock()
	for _, t := range lost {
		t.giveUp()
	}
}

func (s *sendings) close() {
	s.mu.Lock()
	all := s.all
	s.all = nil
	s.mu.Unlock()
	for _, t := range all {
		t.giveUp()
	}
}

// response takes an answer to a request of ours.
func (s *Server) response(res *gosip.Response) {
	if !validAnswer(res) {
		s.counts.strays.Add(1)
		return
	}
	key, err := gosip.ClientTxKeyMake(res)
	if err == nil {
		if t := s.sendings.get(key); t != nil {
			t.arrive(res)
			return
		}
	}
	// RFC 3261 §13.2.2.4: a 2xx to INVITE that comes again, or from another branch of a fork, belongs to the leg.
	if res.IsSuccess() && res.CSeq().MethodName == gosip.INVITE {
		if leg := s.leg(res.CallID().Value(), tagOf(res.From().Params)); leg != nil && leg.post(func() { leg.accepted(res) }) {
			return
		}
	}
	s.counts.strays.Add(1)
}

// exchange sends a request and waits for its final answer.
func (s *Server) exchange(ctx context.Context, req *gosip.Request, f *flow) (*gosip.Response, error) {
	type result struct {
		res *gosip.Response
		err error
	}
	done := make(chan result, 1)
	t, err := s.send(req, f, func(res *gosip.Response, err error) {
		if err != nil || !res.IsProvisional() {
			done <- result{res, err}
		}
	})
	if err != nil {
		return nil, err
	}
	select {
	case r := <-done:
		return r.res, r.err
	case <-ctx.Done():
		t.stop()
		return nil, ctx.Err()
	}
}
