package media

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// JitterRange is how long received audio may wait to be played in order, from
// the coming of the fastest packets on.
type JitterRange struct{ Min, Max time.Duration }

// The delay goes down to 10 ms on a line that is even enough, and no packet
// waits for more than 200 ms, unless a setting says otherwise.
var defaultJitter = JitterRange{10 * time.Millisecond, 200 * time.Millisecond}

// maxJitter is what the buffer has room for, besides a packet and a slot.
const maxJitter = 300 * time.Millisecond

// ParseJitterRange reads "10-200", in milliseconds.
func ParseJitterRange(text string) (JitterRange, error) {
	low, high, _ := strings.Cut(text, "-")
	least, err1 := strconv.Atoi(strings.TrimSpace(low))
	most, err2 := strconv.Atoi(strings.TrimSpace(high))
	if err1 != nil || err2 != nil {
		return JitterRange{}, fmt.Errorf("jitter %q: not a range of milliseconds such as %v", text, defaultJitter)
	}
	r := JitterRange{time.Duration(least) * time.Millisecond, time.Duration(most) * time.Millisecond}
	return r, r.check()
}

// String is the range as ParseJitterRange reads it.
func (r JitterRange) String() string {
	return fmt.Sprintf("%d-%d", r.Min.Milliseconds(), r.Max.Milliseconds())
}

func (r JitterRange) check() error {
	if r.Min < 0 || r.Max < r.Min || r.Max < minPtime*time.Millisecond || r.Max > maxJitter {
		return fmt.Errorf("jitter %v: want the shortest and the longest delay in milliseconds, the longest of %d to %d, such as %v",
			r, minPtime, maxJitter.Milliseconds(), defaultJitter)
	}
	return nil
}
