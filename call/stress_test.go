package call_test

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"dialtone/call/softphone"
	"dialtone/dtmf"
)

// Many calls at once, each side of which does what people do, at any time: nothing is left of them, whatever crossed.
func TestWhateverTwoDoNothingIsLeft(t *testing.T) {
	l := newLab(t, labConfig{plan: transferPlan})
	before := runtime.NumGoroutine()
	var answering sync.WaitGroup
	some := func(most time.Duration) { time.Sleep(time.Duration(rand.Int64N(int64(most)))) }
	phone := func(number string) *softphone.Phone {
		p := l.phone(softphone.Config{User: number, Password: password, Way: dtmf.Event, Incoming: func(c *softphone.Call) {
			answering.Add(1)
			defer answering.Done()
			act := rand.IntN(8)
			if act > 0 {
				c.Ring()
			}
			some(100 * time.Millisecond)
			switch act {
			case 0:
				c.Refuse(486)
				return
			case 1:
				c.Divert("1002")
				return
			case 2:
				some(300 * time.Millisecond)
				c.Refuse(603)
				return
			}
			if c.Answer() != nil {
				return
			}
			some(200 * time.Millisecond)
			switch act {
			case 3:
				c.Transfer(t.Context(), "7", nil)
			case 4:
				c.Hold(t.Context(), true)
			case 5:
				c.Transfer(t.Context(), "4711", nil)
			}
			some(200 * time.Millisecond)
			c.Hangup()
		}})
		if _, err := p.Register(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		return p
	}
	callers := phone(number)
	phone("1001")
	phone("1001")
	phone("1002")
	var calling sync.WaitGroup
	for range 60 {
		calling.Go(func() {
			some(2 * time.Second)
			c, err := callers.Call(t.Context(), "100"+string('1'+byte(rand.IntN(2))))
			if err != nil {
				t.Error(err)
				return
			}
			some(600 * time.Millisecond)
			switch rand.IntN(5) {
			case 0:
				c.Transfer(t.Context(), "1002", nil)
			case 1:
				c.Hold(t.Context(), true)
				c.Hold(t.Context(), false)
			case 2:
				c.Transfer(t.Context(), "7", nil)
			}
			some(300 * time.Millisecond)
			c.Hangup()
			<-c.Done()
		})
	}
	calling.Wait()
	answering.Wait()
	l.nothingLeft()
	l.until("no goroutine is left but those of the phones", func() bool { return runtime.NumGoroutine() < before+60 })
}
