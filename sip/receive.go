package sip

import (
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// request takes a request from the network. It runs on the goroutine that reads the socket and does not wait.
func (s *Server) request(req *gosip.Request, f *flow) {
	received(req, f.remote)
	if req.Method == gosip.ACK {
		s.ack(req, f)
		return
	}
	key := s.transactions.keyOf(req, req.Method, f.remote.Addr())
	if s.transactions.copied(key, f) {
		return
	}
	if refusal := Validate(req); refusal != nil {
		s.refuse(req, f, refusal)
		return
	}
	if req.Method == gosip.CANCEL {
		s.cancel(req, f)
		return
	}
	if tag := tagOf(req.To().Params); tag != "" && req.Method == gosip.SUBSCRIBE && !strings.EqualFold(eventOf(req), "refer") {
		s.resubscribe(req, f, key, tag)
		return
	} else if tag != "" && req.Method != gosip.REGISTER {
		s.inDialog(req, f, key, tag)
		return
	}
	if !s.guard.saw(req, f.remote, time.Now()) {
		return
	}
	if s.draining.Load() {
		s.refuse(req, f, Unavailable(stoppingTime, "the server is stopping"))
		return
	}
	switch req.Method {
	case gosip.INVITE:
		s.invite(req, f, key)
	case gosip.REGISTER:
		s.register(req, f, key)
	case gosip.SUBSCRIBE:
		s.subscribe(req, f, key)
	case gosip.OPTIONS:
		s.reply(req, f, 200, "OK", s.capabilities()...)
	case gosip.BYE, gosip.INFO, gosip.UPDATE, gosip.NOTIFY, gosip.PRACK:
		s.reply(req, f, 481, "Call/Transaction Does Not Exist")
	case gosip.REFER:
		s.refuse(req, f, Forbidden("a REFER outside of a call"))
	default:
		if known(req.Method) {
			s.reply(req, f, 405, "Method Not Allowed", gosip.NewHeader("Allow", allow))
			return
		}
		s.reply(req, f, 501, "Not Implemented", gosip.NewHeader("Allow", allow))
	}
}

// inDialog gives a request to its leg.
func (s *Server) inDialog(req *gosip.Request, f *flow, key transactionKey, tag string) {
	s.mu.Lock()
	l := s.legs[legKey{req.CallID().Value(), tag}]
	if l == nil || !l.with(tagOf(req.From().Params)) {
		s.mu.Unlock()
		s.reply(req, f, 481, "Call/Transaction Does Not Exist")
		return
	}
	t := s.transactions.start(key, req, f)
	took := l.post(func() { l.request(req, t) })
	s.mu.Unlock()
	if !took {
		s.transactions.abandon(t)
		s.refuse(req, f, Unavailable(time.Second, "too many requests in one call"))
	}
}

// ack takes an ACK: of a refusal, which ends the INVITE's transaction, or of a 200, which is the leg's.
func (s *Server) ack(req *gosip.Request, f *flow) {
	if Validate(req) != nil {
		s.counts.strays.Add(1)
		return
	}
	s.mu.Lock()
	l := s.legs[legKey{req.CallID().Value(), tagOf(req.To().Params)}]
	took := l != nil && l.with(tagOf(req.From().Params)) && l.post(func() { l.ack(req) })
	s.mu.Unlock()
	if !s.transactions.acked(s.transactions.keyOf(req, gosip.INVITE, f.remote.Addr())) && !took {
		s.counts.strays.Add(1)
	}
}

// cancel answers a CANCEL and tells the leg (RFC 3261 §9.2).
func (s *Server) cancel(req *gosip.Request, f *flow) {
	if !s.transactions.known(s.transactions.keyOf(req, gosip.INVITE, f.remote.Addr())) {
		s.reply(req, f, 481, "Call/Transaction Does Not Exist")
		return
	}
	s.reply(req, f, 200, "OK")
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.calls[callKey{req.CallID().Value(), tagOf(req.From().Params), req.CSeq().SeqNo}]; l != nil {
		l.post(func() { l.cancel(req) })
	}
}

// invite makes the leg of a call, if the caller may call.
func (s *Server) invite(req *gosip.Request, f *flow, key transactionKey) {
	if s.returns(req) {
		s.log.Warn("a call of ours has come back to us: a circle", "call", req.CallID().Value(), "to", clip(printable(req.Recipient.String()), 100))
		s.refuse(req, f, LoopDetected("an INVITE of our own has come back"))
		return
	}
	now := time.Now()
	came := f.came
	if f.stream != nil {
		came = now // how long it was in the kernel is not known
	}
	if s.overload.refuses(now) {
		s.counts.overload.Add(1)
		s.refuse(req, f, tooBusy())
		go s.overload.saw(time.Now, came) // how long a call would have waited
		return
	}
	phone, trunk, challenge := s.guard.caller(req, f)
	if challenge != nil {
		s.refuse(req, f, challenge)
		return
	}
	made := callKey{req.CallID().Value(), tagOf(req.From().Params), req.CSeq().SeqNo}
	s.mu.Lock()
	merged := s.calls[made] != nil
	s.mu.Unlock()
	if merged {
		s.reply(req, f, 482, "Loop Detected")
		return
	}
	offer, refusal := SDPBody(req)
	var replaces *Replaces
	if refusal == nil {
		replaces, refusal = replacesOf(req)
	}
	if refusal == nil {
		_, _, refusal = Session{}.grant(askingOf(req), s.sessionWanted(), time.Now())
	}
	if refusal == nil && s.config.Incoming == nil {
		refusal = RefusalOf(causeNoAnswer)
	}
	if refusal != nil {
		s.refuse(req, f, refusal)
		return
	}
	t := s.transactions.start(key, req, f)
	l := s.incoming(req, f, t, phone, trunk)
	l.offer, l.replaces = offer, replaces
	if err := s.begin(l); err != nil {
		l.reject(Unavailable(stoppingTime, "the server is stopping"), ByServer)
		return
	}
	go s.meet(l, came)
}

// meet calls Incoming with a call that came at a time. A panic in it ends the call, not the process.
func (s *Server) meet(l *Leg, came time.Time) {
	s.overload.saw(time.Now, came)
	defer func() {
		if p := recover(); p != nil {
			l.logger().Error("panic in a call", "panic", p, "stack", stack())
			l.Hangup(causeTemporary)
		}
	}()
	s.config.Incoming(l)
}

// reply answers a request without state.
func (s *Server) reply(req *gosip.Request, f *flow, status int, reason string, headers ...gosip.Header) {
	res := response(req, status, reason, s.guard.tag(req))
	for _, h := range headers {
		res.AppendHeader(h)
	}
	if s.config.UserAgent != "" {
		res.AppendHeader(gosip.NewHeader("Server", s.config.UserAgent))
	}
	res.SetBody(nil)
	s.write(res, f)
}

// refuse answers a request with a refusal, without state: should the answer be lost, the request comes again.
func (s *Server) refuse(req *gosip.Request, f *flow, r *Refusal) {
	s.write(r.Response(req, s.guard.tag(req)), f)
}

func (s *Server) write(res *gosip.Response, f *flow) {
	if !s.proportionate(res, f) {
		s.guard.limited.Add(1)
		return
	}
	if err := f.WriteMsg(res); err != nil {
		s.log.Debug("cannot send", "to", f.remote, "status", res.StatusCode, "error", err)
	}
}
