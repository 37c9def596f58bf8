package confd

import (
	"context"
	"net/http"
	"time"
)

// places bound how many requests are worked on at once.
type places chan struct{}

// placeTime is how long a request may wait for its place: clients wait ten seconds for an answer.
const placeTime = 5 * time.Second

// enter waits for a place; leave gives it back.
func (p places) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-p }
	select {
	case p <- struct{}{}:
		return leave, nil
	default:
	}
	wait := time.NewTimer(placeTime)
	defer wait.Stop()
	select {
	case p <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-wait.C:
		return nil, &failure{http.StatusServiceUnavailable, []string{"Too many requests at once: try again"}}
	}
}
