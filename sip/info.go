package sip

import (
	"errors"

	gosip "github.com/emiago/sipgo/sip"
)

// The bodies of INFO that are taken: digits.
const infoTypes = "application/dtmf-relay, application/dtmf"

// info takes an INFO (RFC 6086, and what telephones sent before it): a digit becomes an event, an empty one is a sign of
// life.
func (l *Leg) info(req *gosip.Request, t *transaction) {
	if h := req.GetHeader("Info-Package"); h != nil {
		// RFC 6086 §4.2.2: we have announced no package.
		l.respond(req, t, 469, "Bad Info Package", gosip.NewHeader("Recv-Info", ""))
		return
	}
	kind := contentType(req)
	switch {
	case len(req.Body()) == 0:
	case kind == "application/dtmf-relay" || kind == "application/dtmf":
		l.happen(InfoEvent{ContentType: kind, Body: req.Body()})
	default:
		l.respond(req, t, 415, "Unsupported Media Type", gosip.NewHeader("Accept", infoTypes))
		return
	}
	l.respond(req, t, 200, "OK")
}

// SendInfo sends an INFO in an answered call, and returns when it was sent.
func (l *Leg) SendInfo(contentType string, body []byte) error {
	return l.ask(func() error {
		if l.state == ended {
			return ErrEnded
		}
		if l.state != up {
			return errors.New("an INFO is sent in an answered call only")
		}
		req, err := l.dialog.Request(gosip.INFO)
		if err != nil {
			return err
		}
		l.name(req)
		req.AppendHeader(gosip.NewHeader("Content-Type", contentType))
		req.SetBody(body)
		return l.send(req, func(res *gosip.Response, err error) {
			switch {
			case err != nil:
				l.logger().Warn("an INFO was not answered")
			case res.StatusCode >= 300:
				l.logger().Warn("an INFO was refused", "status", res.StatusCode, "reason", res.Reason)
			}
		})
	})
}
