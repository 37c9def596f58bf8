package sip

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// quiet is the log that sipgo gets: what it would say of strangers' messages, a stranger could make it say.
var quiet = slog.New(slog.DiscardHandler)

func init() { gosip.SetDefaultLogger(quiet) }

// ErrNoAnswer is returned when a request of ours was not answered within 64·T1, or could not be sent.
var ErrNoAnswer = errors.New("no answer")

// timerD is how long the final answer to an INVITE may come again (RFC 3261 §17.1.1.2).
const timerD = 32 * time.Second

// sending is a request of ours with its answers (RFC 3261 §17.1). sipgo's machine repeats it until an answer comes;
// answers are told one after the other, in the order of their arrival.
type sending struct {
	server *Server
	key    string
	flow   flow
	req    *gosip.Request
	tx     *gosip.ClientTx
	told   func(*gosip.Response, error) // answers, then nil and why there is none; not after a final answer

	mu      sync.Mutex
	arrived []*gosip.Response // not yet in the machine
	feeding bool
	ack     *gosip.Request // of a final answer other than 2xx to INVITE, which may come again
}

// sendings are the requests of ours that wait for answers.
type sendings struct {
	mu  sync.Mutex
	all map[string]*sending
}

// send sends a request by f. told is called on goroutines of the transaction and must not block for long.
func (s *Server) send(req *gosip.Request, f *flow, told func(*gosip.Response, error)) (*sending, error) {
	key, err := gosip.ClientTxKeyMake(req)
	if err != nil {
		return nil, err
	}
	s.guard.met(f.remote.Addr(), time.Now())
	t := &sending{server: s, key: key, flow: *f, req: req, told: told}
	req.SetTransport(f.transport())
	t.tx = gosip.NewClientTx(key, req, &t.flow, quiet)
	s.sendings.mu.Lock()
	s.sendings.all[key] = t
	s.sendings.mu.Unlock()
	t.tx.OnTerminate(func(string, error) {
		t.mu.Lock()
		keep := t.ack != nil
		t.mu.Unlock()
		if !keep {
			s.sendings.drop(t)
		}
	})
	// An answer that overtakes Init would find no timers to stop: it waits in arrive.
	t.mu.Lock()
	err = t.tx.Init()
	t.mu.Unlock()
	if err != nil {
		t.tx.Terminate()
		return nil, err
	}
	if !s.spawn(t.wait) {
		t.tx.Terminate()
		return nil, net.ErrClosed
	}
	return t, nil
}

// wait tells the answers that the machine lets through, until the final one.
func (t *sending) wait() {
	for {
		select {
		case res := <-t.tx.Responses():
			t.told(res, nil)
			if !res.IsProvisional() {
				// The machine has done its work. What a late copy of the answer needs, arrive and Server.response know.
				t.tx.Terminate()
				return
			}
		case <-t.tx.Done():
			t.told(nil, ErrNoAnswer)
			return
		}
	}
}

// arrive takes an answer from the network. The machine takes one only when the one before was told, so that a
// goroutine feeds it as long as there are any.
func (t *sending) arrive(res *gosip.Response) {
	t.mu.Lock()
	if ack := t.ack; ack != nil {
		t.mu.Unlock()
		if res.StatusCode >= 300 {
			_ = t.flow.WriteMsg(ack) // RFC 3261 §17.1.1.2: each copy of a final answer gets the ACK
		}
		return
	}
	if t.req.Method == gosip.INVITE && res.StatusCode >= 300 {
		// The machine sends the first of them. The transaction stays for timer D, so that copies find it.
		t.ack = ackFailure(t.req, res)
		time.AfterFunc(timerD, func() { t.server.sendings.drop(t) })
	}
	if len(t.arrived) < 16 { // more at once is a flood
		t.arrived = append(t.arrived, res)
	}
	start := !t.feeding
	t.feeding = true
	t.mu.Unlock()
	if start {
		t.server.spawn(t.feed)
	}
}

func (t *sending) feed() {
	for {
		t.mu.Lock()
		if len(t.arrived) == 0 {
			t.feeding = false
			t.mu.Unlock()
			return
		}
		res := t.arrived[0]
		t.arrived = t.arrived[1:]
		t.mu.Unlock()
		t.tx.Receive(res)
	}
}

func (s *sendings) get(key string) *sending {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[key]
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
		t.tx.Terminate()
	}
}

func (s *sendings) close() {
	s.mu.Lock()
	all := s.all
	s.all = make(map[string]*sending)
	s.mu.Unlock()
	for _, t := range all {
		t.tx.Terminate()
	}
}

// response takes an answer to a request of ours.
func (s *Server) response(res *gosip.Response) {
	key, err := gosip.ClientTxKeyMake(res)
	if err == nil {
		if t := s.sendings.get(key); t != nil {
			t.arrive(res)
			return
		}
	}
	// RFC 3261 §13.2.2.4: a 2xx to INVITE that comes again, or from another branch of a fork, belongs to the leg.
	cseq, from, id := res.CSeq(), res.From(), res.CallID()
	if res.IsSuccess() && cseq != nil && cseq.MethodName == gosip.INVITE && from != nil && id != nil {
		if leg := s.leg(id.Value(), tagOf(from.Params)); leg != nil && leg.post(func() { leg.accepted(res) }) {
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
		t.tx.Terminate()
		return nil, ctx.Err()
	}
}

// newVia is the Via of a request of ours by f, with a branch of its own. It asks for rport (RFC 3581).
func (s *Server) newVia(f *flow) *gosip.ViaHeader {
	at := s.reachedAt(f)
	return &gosip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: f.transport(),
		Host: hostOf(at.Addr()), Port: int(at.Port()),
		Params: gosip.HeaderParams{{K: "rport"}, {K: "branch", V: gosip.RFC3261BranchMagicCookie + newTag()}},
	}
}

// ackFailure is the ACK of an answer other than 2xx (RFC 3261 §17.1.1.3): part of the INVITE's transaction.
func ackFailure(invite *gosip.Request, res *gosip.Response) *gosip.Request {
	ack := ofTransaction(invite, gosip.ACK)
	if to := res.To(); to != nil {
		ack.AppendHeader(to)
	}
	ack.SetBody(nil)
	return ack
}

// cancelOf is the CANCEL of an INVITE of ours (RFC 3261 §9.1).
func cancelOf(invite *gosip.Request) *gosip.Request {
	cancel := ofTransaction(invite, gosip.CANCEL)
	if to := invite.To(); to != nil {
		cancel.AppendHeader(to)
	}
	cancel.SetBody(nil)
	return cancel
}

// ofTransaction makes a request with the branch of an INVITE, which lacks only its To.
func ofTransaction(invite *gosip.Request, method gosip.RequestMethod) *gosip.Request {
	req := gosip.NewRequest(method, invite.Recipient)
	if via := invite.Via(); via != nil {
		req.AppendHeader(via.Clone())
	}
	for _, h := range invite.Headers() {
		if route, ok := h.(*gosip.RouteHeader); ok {
			req.AppendHeader(route)
		}
	}
	req.AppendHeader(maxForwards())
	req.AppendHeader(invite.From())
	req.AppendHeader(invite.CallID())
	req.AppendHeader(&gosip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: method})
	return req
}
