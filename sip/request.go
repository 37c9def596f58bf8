package sip

import (
	"log/slog"

	gosip "github.com/emiago/sipgo/sip"
)

// quiet is the log that sipgo gets: what it would say of strangers' messages, a stranger could make it say.
var quiet = slog.New(slog.DiscardHandler)

func init() { gosip.SetDefaultLogger(quiet) }

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
