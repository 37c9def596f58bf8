package ivr

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// wire is a channel in real time that can be hung up.
type wire struct {
	Channel
	over chan struct{}
}

func (w *wire) Pace() Pace     { return RealTime }
func (w *wire) Now() time.Time { return time.Now() }
func (w *wire) Wait(what Wait) (byte, error) {
	select {
	case <-w.over:
		return 0, ErrHangup
	case <-what.Wake:
		return 0, nil
	}
}

func TestWhatIsDoneOutsideEndsWithTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := &wire{over: make(chan struct{})}
		r := &Run{ch: ch, limits: DefaultLimits}
		time.AfterFunc(3*time.Second, func() { close(ch.over) })
		begun := time.Now()
		err := r.Outside(time.Minute, func(ctx context.Context) { <-ctx.Done() })
		if !errors.Is(err, ErrHangup) || time.Since(begun) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		begun = time.Now()
		err = r.Outside(2*time.Second, func(ctx context.Context) { <-ctx.Done() })
		if err != nil || time.Since(begun) != 2*time.Second {
			t.Errorf("in h, where nothing can be hung up: %v after %v", err, time.Since(begun))
		}
	})
}

func TestAPanicOutsideIsTheRuns(t *testing.T) {
	r := &Run{ch: &wire{over: make(chan struct{})}, limits: DefaultLimits}
	defer func() {
		if p := recover(); p != "outside" {
			t.Errorf("panic %v", p)
		}
	}()
	r.Outside(time.Minute, func(context.Context) { panic("outside") })
}
