package ivr

import (
	"context"
	"time"
)

// Outside does something that waits for the world beyond the call, such as an HTTP
// request. ctx is done after limit, when the call is over and when its absolute
// time-out passes; Outside returns once f has, with ErrHangup or ErrAbsolute in the
// latter cases. Sound goes on meanwhile, and keys are kept.
//
// In virtual time, and when the call is over already (in h), f is only bounded by
// limit, and takes no time.
func (r *Run) Outside(limit time.Duration, f func(ctx context.Context)) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if r.over || r.ch.Pace() != RealTime {
		f(ctx)
		return nil
	}
	done := make(chan struct{})
	var panicked any
	go func() {
		defer close(done)
		defer func() { panicked = recover() }()
		f(ctx)
	}()
	_, err := r.Wait(Wait{For: -1, Wake: done, Keep: true})
	cancel()
	<-done
	if panicked != nil {
		panic(panicked) // in the goroutine of the run, which ends the call for it
	}
	return err
}

// Calls is how many calls are up.
func (r *Run) Calls() int {
	if r.o.Calls == nil {
		return 1
	}
	return r.o.Calls()
}
