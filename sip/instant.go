package sip

import (
	"context"

	gosip "github.com/emiago/sipgo/sip"
)

// maxText is what a MESSAGE may hold, so that it goes by UDP (RFC 3428 §8).
const maxText = 1000 // bytes

// SendMessage sends a text in an answered call (RFC 3428), cut to 1000 bytes, and returns with its answer: ErrNotAllowed
// when the far side takes none, a *StatusError when it refuses this one.
func (l *Leg) SendMessage(ctx context.Context, text string) error {
	return l.inquire(ctx, func(done func(error)) error {
		if err := l.mayAsk(gosip.MESSAGE); err != nil {
			return err
		}
		req, err := l.dialog.Request(gosip.MESSAGE)
		if err != nil {
			return err
		}
		l.name(req)
		req.AppendHeader(gosip.NewHeader("Content-Type", "text/plain;charset=UTF-8"))
		req.SetBody([]byte(cutText(text, maxText)))
		return l.send(req, func(res *gosip.Response, err error) {
			if err != nil || !res.IsProvisional() {
				done(finally(res, err))
			}
		})
	})
}

// cutText cuts a text to n bytes, not within a character.
func cutText(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && text[n]&0xc0 == 0x80 {
		n--
	}
	return text[:n]
}
