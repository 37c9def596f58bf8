package interop

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"dialtone/sip"
)

// Every registration that was answered with 200 is there after a kill -9: the 200 is sent when it is on disk.
func TestNoRegistrationIsLostByAKill(t *testing.T) {
	t.Parallel()
	const phones, password = 400, "secret"
	data := filepath.Join(t.TempDir(), "data")
	putPhones(t, data, 2000, phones, password)
	s := startOn(t, data)
	agent := registering(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var mu sync.Mutex
	answered := map[string]bool{}
	var all sync.WaitGroup
	turns := make(chan struct{}, 40) // at once
	for i := range phones {
		number := fmt.Sprint(2000 + i)
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			if _, err := agent.RegisterWith(ctx, "sip:"+number+"@"+s.sip, number, password, time.Hour); err != nil {
				return // it was killed
			}
			mu.Lock()
			defer mu.Unlock()
			if answered[number] = true; len(answered) == phones/2 {
				s.cmd.Process.Kill()
				cancel()
			}
		})
	}
	all.Wait()
	s.cmd.Wait()
	if len(answered) < phones/2 {
		t.Fatalf("%d registrations were answered before the kill, want %d", len(answered), phones/2)
	}
	var kept []sip.Contact
	if err := json.Unmarshal([]byte(s.mustDialtone("registrations", "--json", "--data", data)), &kept); err != nil {
		t.Fatal(err)
	}
	for _, c := range kept {
		delete(answered, c.Phone)
	}
	if len(answered) > 0 {
		t.Errorf("%d registrations that had a 200 are lost: %v", len(answered), answered)
	}
}
