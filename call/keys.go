package call

import (
	"time"

	"dialtone/ivr"
)

// keyLength is how long a key is pressed that we send.
const keyLength = 100 * time.Millisecond

// maxKeys bounds the keys that wait for who asks for them.
const maxKeys = 32

// overheard are the keys that the called one presses in a talk, for the run that has called it.
type overheard struct {
	keys []byte // guarded by the call's mu
	stop chan struct{}
	done chan struct{}
}

// overhear begins to take the call's keys, if it does not already; notice is rung at each.
func (c *Call) overhear(notice ivr.Notice) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys != nil || c.isOver() {
		return
	}
	o := &overheard{stop: make(chan struct{}), done: make(chan struct{})}
	c.keys = o
	go func() {
		defer close(o.done)
		for {
			select {
			case digit := <-c.stream.Digits():
				c.traceKey(digit.Key, true)
				c.mu.Lock()
				if len(o.keys) < maxKeys {
					o.keys = append(o.keys, digit.Key)
				}
				c.mu.Unlock()
				notice.Ring()
			case <-o.stop:
				return
			case <-c.over:
				return
			}
		}
	}()
}

// mind ends overhear: the keys are for the call's own run from here on.
func (c *Call) mind() {
	c.mu.Lock()
	o := c.keys
	c.keys = nil
	c.mu.Unlock()
	if o != nil {
		close(o.stop)
		<-o.done
	}
}

// overheardKey is the next key that overhear has taken.
func (c *Call) overheardKey() (key byte, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys == nil || len(c.keys.keys) == 0 {
		return 0, false
	}
	key = c.keys.keys[0]
	c.keys.keys = c.keys.keys[1:]
	return key, true
}
