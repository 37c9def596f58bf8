package sip

import (
	"errors"
	"fmt"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// Login is an account of ours with somebody else. It answers challenges of one realm alone, so that nobody who is met on
// the way of a call can have the password tried out on a nonce of his own.
type Login struct {
	User     string // empty: challenges are not answered
	Password string
	Secret   Secret // in place of the password, for who has only its hashes
	Realm    string // empty: the first that asks; from then on that one
}

// Secret is what answers challenges in place of a password: the hashes of user:realm:password, in hexadecimal.
type Secret struct {
	MD5, SHA256 string
}

// ErrChallenge is returned when credentials are asked for and there are none for that.
var ErrChallenge = errors.New("cannot answer the challenge")

// Answer puts credentials into a request, which answer the first challenge of a 401 or 407 that can be answered. The
// request's URI must be final. A new CSeq and branch are the caller's to give.
func (l *Login) Answer(req *gosip.Request, res *gosip.Response) error {
	from, to := "WWW-Authenticate", "Authorization"
	if res.StatusCode == 407 {
		from, to = "Proxy-Authenticate", "Proxy-Authorization"
	}
	why := fmt.Errorf("%d %s without a challenge", res.StatusCode, res.Reason)
	for _, h := range res.GetHeaders(from) {
		challenge, err := digest.ParseChallenge(h.Value())
		if err != nil {
			why = err
			continue
		}
		credentials, err := l.credentials(challenge, req)
		if err != nil {
			why = err
			continue
		}
		for req.RemoveHeader(to) {
		}
		req.AppendHeader(gosip.NewHeader(to, credentials))
		l.Realm = challenge.Realm
		return nil
	}
	return fmt.Errorf("%w: %w", ErrChallenge, why)
}

// credentials are the value of the header that answers a challenge.
func (l *Login) credentials(challenge *digest.Challenge, req *gosip.Request) (string, error) {
	if l.User == "" {
		return "", fmt.Errorf("there is no account")
	}
	if l.Realm != "" && challenge.Realm != l.Realm {
		return "", fmt.Errorf("realm %q asks, the account is %q's", clip(challenge.Realm, 60), l.Realm)
	}
	options := digest.Options{Username: l.User, Password: l.Password, Method: string(req.Method), URI: req.Recipient.String()}
	if l.Secret != (Secret{}) {
		switch strings.ToUpper(challenge.Algorithm) {
		case "", "MD5":
			options.A1 = l.Secret.MD5
		case "SHA-256":
			options.A1 = l.Secret.SHA256
		}
		if options.A1 == "" {
			return "", fmt.Errorf("no secret for algorithm %q", clip(challenge.Algorithm, 60))
		}
	}
	for i := range challenge.QOP {
		challenge.QOP[i] = strings.ToLower(strings.TrimSpace(challenge.QOP[i]))
	}
	if len(challenge.QOP) > 0 && !challenge.SupportsQOP("auth") {
		return "", fmt.Errorf("qop %q cannot be answered", clip(strings.Join(challenge.QOP, ","), 60))
	}
	c, err := digest.Digest(challenge, options)
	if err != nil {
		return "", err
	}
	return c.String(), nil
}

// challenged sends a request of the dialog again after a 401 or 407, once: where the account's realm is known already,
// from the INVITE, a registration or a setting. false: the answer stands.
func (l *Leg) challenged(d *Dialog, req *gosip.Request, res *gosip.Response, told func(*gosip.Response, error)) bool {
	if res.StatusCode != 401 && res.StatusCode != 407 || l.login.Realm == "" ||
		req.GetHeader("Authorization") != nil || req.GetHeader("Proxy-Authorization") != nil {
		return false
	}
	if err := l.login.Answer(req, res); err != nil {
		l.logger().Warn("a challenge in the call is not answered", "method", req.Method, "why", err)
		return false
	}
	d.LocalSeq++
	req.ReplaceHeader(&gosip.CSeqHeader{SeqNo: d.LocalSeq, MethodName: req.Method})
	req.RemoveHeader("Via")
	if err := l.sendIn(d, req, told); err != nil {
		l.sent(err)
		return false
	}
	return true
}
