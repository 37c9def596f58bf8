package call

import (
	"strconv"
	"sync/atomic"
	"time"
)

// ids makes the calls' own identities: the second in which the server started, and a number. A Call-ID
// will not do, since strangers choose it.
type ids struct {
	prefix string
	last   *atomic.Uint64
}

func newIDs(start time.Time) ids {
	return ids{prefix: strconv.FormatInt(start.Unix(), 10) + ".", last: new(atomic.Uint64)}
}

func (i ids) next() (id string, number uint64) {
	number = i.last.Add(1)
	return i.prefix + strconv.FormatUint(number, 10), number
}
