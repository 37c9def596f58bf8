package sip

import (
	"context"
	"fmt"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// Qualify asks a target by OPTIONS whether it is there, and gives the status of its answer and how long that took. Any
// answer shows that it lives. An error is that of ctx, or why nothing could be sent.
func (s *Server) Qualify(ctx context.Context, target Target) (status int, trip time.Duration, err error) {
	req, f, err := s.outside(ctx, gosip.OPTIONS, &target)
	if err != nil {
		return 0, 0, err
	}
	req.AppendHeader(gosip.NewHeader("Accept", "application/sdp"))
	sent := time.Now()
	res, err := s.exchange(ctx, req, f)
	if err != nil {
		return 0, 0, err
	}
	return res.StatusCode, time.Since(sent), nil
}

// outside makes a request to a target that belongs to no dialog, and finds the way that it goes.
func (s *Server) outside(ctx context.Context, method gosip.RequestMethod, target *Target) (*gosip.Request, *flow, error) {
	var uri gosip.Uri
	if err := gosip.ParseUri(target.URI, &uri); err != nil {
		return nil, nil, fmt.Errorf("%q is no URI that can be asked: %w", target.URI, err)
	}
	f, err := s.flowFor(ctx, target, &uri)
	if err != nil {
		return nil, nil, err
	}
	at := s.reachedAt(f)
	from := target.From
	if from == "" {
		from = "sip:" + at.String()
	}
	d := Dialog{
		CallID: newTag() + "@" + hostOf(at.Addr()), LocalTag: newTag(), LocalURI: "<" + from + ">",
		RemoteURI: "<" + target.URI + ">", RemoteTarget: target.URI,
	}
	for _, hop := range target.Path {
		d.RouteSet = append(d.RouteSet, uriOf(hop))
	}
	req, err := d.Request(method)
	if err != nil {
		return nil, nil, err
	}
	req.PrependHeader(s.newVia(f))
	req.AppendHeader(gosip.NewHeader("Contact", "<"+f.uri(uri.Scheme, target.User, at)+">"))
	if s.config.UserAgent != "" {
		req.AppendHeader(gosip.NewHeader("User-Agent", s.config.UserAgent))
	}
	req.SetBody(nil)
	return req, f, nil
}
