package sip

import gosip "github.com/emiago/sipgo/sip"

// late takes a 2xx to an INVITE of ours that was given up or refused meanwhile (RFC 3261 §9.1, §13.2.2.4): by a telephone that picked up
// as the CANCEL was on its way, or by another branch of a fork. It belongs to its leg; where that is gone, what was begun is
// ended here, by ACK and BYE.
func (s *Server) late(res *gosip.Response, f *flow) {
	if l := s.leg(res.CallID().Value(), tagOf(res.From().Params)); l != nil && l.post(func() { l.accepted(res) }) {
		return
	}
	s.spawn(func() { s.disown(res, f) }) // a connection may have to be made
}

// disown ends the call of a 2xx.
func (s *Server) disown(res *gosip.Response, f *flow) {
	from, to := res.From(), res.To()
	d := Dialog{
		CallID: res.CallID().Value(), LocalTag: tagOf(from.Params), LocalURI: nameAddr(from.DisplayName, &from.Address),
		RemoteURI: nameAddr(to.DisplayName, &to.Address), RemoteTarget: to.Address.String(), LocalSeq: res.CSeq().SeqNo,
		Transport: lower(f.transport()), Local: f.local, Remote: f.remote, Caller: true,
	}
	d.establish(res)
	way, err := s.flowOf(&d, f, false)
	if err != nil {
		return
	}
	for _, method := range []gosip.RequestMethod{gosip.ACK, gosip.BYE} {
		req, err := d.Request(method)
		if err != nil {
			return
		}
		req.PrependHeader(s.newVia(way))
		req.SetBody(nil)
		if method == gosip.ACK {
			err = way.WriteMsg(req)
		} else {
			_, err = s.send(req, way, func(*gosip.Response, error) {})
		}
		if err != nil {
			s.log.Debug("cannot send", "to", way.remote, "error", err)
		}
	}
}
