package simulate

import "time"

// HangUpAfter lets the caller hang up so long from now.
func (c *Caller) HangUpAfter(d time.Duration) { c.world.At(c.Now().Add(d), c.hangUp) }
