package sip

import (
	gosip "github.com/emiago/sipgo/sip"
)

// What this side can do, as headers say it.
const (
	allow   = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, REGISTER"
	accepts = "application/sdp, application/dtmf-relay, application/dtmf"
)

// capabilities are the headers of an answer to OPTIONS (RFC 3261 §11.2).
func (s *Server) capabilities() []gosip.Header {
	return []gosip.Header{
		gosip.NewHeader("Allow", allow), gosip.NewHeader("Accept", accepts), gosip.NewHeader("Accept-Encoding", "identity"),
		gosip.NewHeader("Accept-Language", "en"), gosip.NewHeader("Supported", ""),
	}
}

// known tells whether a method is one that exists: those we do not serve are answered 405, others 501.
func known(method gosip.RequestMethod) bool {
	switch method {
	case gosip.INVITE, gosip.ACK, gosip.CANCEL, gosip.BYE, gosip.REGISTER, gosip.OPTIONS, gosip.SUBSCRIBE, gosip.NOTIFY,
		gosip.REFER, gosip.INFO, gosip.MESSAGE, gosip.PRACK, gosip.UPDATE, gosip.PUBLISH:
		return true
	}
	return false
}
