package sip

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
)

// What this side can do, as headers say it.
const (
	supported = "100rel, timer, replaces, norefersub" // RFC 3262, RFC 4028, RFC 3891, RFC 4488
	allow     = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO, NOTIFY, REFER, REGISTER, SUBSCRIBE"
	accepts   = "application/sdp, application/dtmf-relay, application/dtmf"
)

// capabilities are the headers of an answer to OPTIONS (RFC 3261 §11.2).
func (s *Server) capabilities() []gosip.Header {
	return []gosip.Header{
		gosip.NewHeader("Allow", allow), gosip.NewHeader("Accept", accepts), gosip.NewHeader("Accept-Encoding", "identity"),
		gosip.NewHeader("Accept-Language", "en"), gosip.NewHeader("Allow-Events", allowEvents), gosip.NewHeader("Supported", supported),
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

// supports tells whether the sender of a message supports an extension, and requires whether it requires it.
func supports(msg gosip.Message, tag string) bool {
	return listed(msg, "Supported", tag) || listed(msg, "k", tag)
}

func requires(msg gosip.Message, tag string) bool { return listed(msg, "Require", tag) }

// listed tells whether an option tag stands in a header.
func listed(msg gosip.Message, name, tag string) bool {
	for _, h := range msg.GetHeaders(name) {
		for item := range strings.SplitSeq(h.Value(), ",") {
			if strings.EqualFold(strings.TrimSpace(item), tag) {
				return true
			}
		}
	}
	return false
}

// allowed lists the methods that the far side serves, as its Allow says; nil when it does not say.
func allowed(msg gosip.Message) []string {
	var list []string
	for _, h := range msg.GetHeaders("Allow") {
		for method := range strings.SplitSeq(h.Value(), ",") {
			list = append(list, strings.ToUpper(strings.TrimSpace(method)))
		}
	}
	return list
}

// ErrNotAllowed is returned for a request that the far side does not serve, as it says or has shown by 405 or 501.
var ErrNotAllowed = errors.New("the far side does not serve this")

// mayAsk tells whether a request can be sent in the call now.
func (l *Leg) mayAsk(method gosip.RequestMethod) error {
	switch {
	case l.state == ended:
		return ErrEnded
	case l.state != up:
		return fmt.Errorf("%s is sent in an answered call only", method)
	case l.allows != nil && !slices.Contains(l.allows, string(method)):
		return ErrNotAllowed
	}
	return nil
}

// finally is what the final answer to a request of ours means to whoever asked for it.
func finally(res *gosip.Response, err error) error {
	switch {
	case err != nil:
		return err
	case res.IsSuccess():
		return nil
	case res.StatusCode == 405 || res.StatusCode == 501:
		return ErrNotAllowed
	}
	return &StatusError{Status: res.StatusCode, Reason: res.Reason}
}

// inquire has ask send a request, out of the leg's mailbox, and waits for what it tells done.
func (l *Leg) inquire(ctx context.Context, ask func(done func(error)) error) error {
	done := make(chan error, 1)
	if err := l.ask(func() error { return ask(func(err error) { done <- err }) }); err != nil {
		return err
	}
	var end error
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		end = ctx.Err()
	case <-l.gone:
		end = ErrEnded
	}
	select {
	case err := <-done: // what came at the same time counts
		return err
	default:
		return end
	}
}
