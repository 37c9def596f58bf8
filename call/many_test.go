package call_test

import (
	"os"
	"runtime"
	"sync"
	"testing"

	"dialtone/call/softphone"
)

// A thousand calls are answered, hear 100 ms and are hung up; then everything is as it was before.
func TestThousandCallsLeaveNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute under the race detector")
	}
	const calls, atOnce = 1000, 20
	l := newLab(t, labConfig{plan: `
[phones]
exten => 8899,1,Answer()
 same => n,Playback(beep)
 same => n,Hangup()
`})
	p := l.phone(softphone.Config{})
	one := func() {
		c, err := p.Call(t.Context(), "8899")
		if err != nil {
			t.Error(err)
			return
		}
		if e := c.End(); e.Cause != 16 || e.Status != 0 {
			t.Errorf("a call ended otherwise: %+v", e)
		}
	}
	one() // opens what stays open
	l.nothingLeft()
	files, routines := openFiles(t), runtime.NumGoroutine()

	work := make(chan struct{})
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for range work {
				one()
			}
		})
	}
	for range calls {
		work <- struct{}{}
	}
	close(work)
	wg.Wait()

	l.nothingLeft()
	if n := len(l.records()); n != calls+1 {
		t.Errorf("%d calls left %d records", calls+1, n)
	}
	l.until("as many files are open as before", func() bool { return openFiles(t) <= files })
	l.until("as many goroutines run as before", func() bool { return runtime.NumGoroutine() <= routines+5 })
	t.Logf("files %d, then %d; goroutines %d, then %d", files, openFiles(t), routines, runtime.NumGoroutine())
}

// openFiles counts the process's file descriptors.
func openFiles(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc/self/fd here: ", err)
	}
	return len(entries)
}
