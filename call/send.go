package call

import (
	"context"
	"errors"
	"time"

	"dialtone/dtmf"
	"dialtone/ivr"
	"dialtone/sip"
	"dialtone/store"
)

// SendDigit presses a key: by SIP INFO where the far side takes it so, else as an event of RFC 4733 if that was agreed on, or as a tone.
func (ch *channel) SendDigit(key byte, d time.Duration) error {
	if ch.TakesKeys() && ch.answered.Load() {
		return ch.call.leg().SendInfo(dtmf.InfoType, dtmf.FormatInfo(key, int(d.Milliseconds())))
	}
	if err := ch.Progress(); err != nil {
		return err
	}
	return ch.call.stream.SendDigit(key, int(d.Milliseconds()), dtmf.Event)
}

// TakesKeys tells whether the keys of who it is joined to get there by SendDigit alone (ivr.KeyTaker): by SIP INFO.
func (ch *channel) TakesKeys() bool {
	switch ch.call.rules.Keys {
	case store.KeysByInfo:
		return true
	case store.KeysAutoInfo:
		agreed, known := ch.call.media.Agreed()
		return known && agreed.EventType < 0
	}
	return false
}

// referPatience is how long the caller's telephone has to tell how a transfer went. It rings meanwhile where the caller
// is sent to.
const referPatience = 3 * time.Minute

// SendText sends a text within the call.
func (ch *channel) SendText(text string) error {
	if !ch.answered.Load() {
		return ivr.ErrUnsupported
	}
	return ch.inquire(referPatience, func(ctx context.Context) error { return ch.call.leg().SendMessage(ctx, text) })
}

// Transfer sends the caller elsewhere: by 302 before the answer, by REFER after it.
func (ch *channel) Transfer(destination string) error {
	if !ch.answered.Load() {
		return told(ch.call.leg().Redirect(destination))
	}
	return ch.inquire(referPatience, func(ctx context.Context) error { return ch.call.leg().Refer(ctx, destination) })
}

// inquire asks the far side for something and waits for the answer, as long as the call lasts.
func (ch *channel) inquire(patience time.Duration, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = ask(ctx)
	}()
	_, ended := ch.Wait(ivr.Wait{For: -1, Wake: done, Keep: true})
	cancel()
	<-done
	if ended != nil && err != nil {
		return ended
	}
	return told(err)
}

// told is what the leg's answer means to the dialplan.
func told(err error) error {
	status, refused := errors.AsType[*sip.StatusError](err)
	switch {
	case refused:
		return &ivr.RefusedError{Status: status.Status, Reason: status.Reason}
	case errors.Is(err, sip.ErrNotAllowed):
		return ivr.ErrUnsupported
	case errors.Is(err, sip.ErrEnded):
		return ivr.ErrHangup
	case errors.Is(err, sip.ErrNoAnswer), errors.Is(err, context.DeadlineExceeded):
		return &ivr.RefusedError{Reason: err.Error()}
	}
	return err
}
