package media

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Each slot is counted in the class of its delay, and a stream knows its latest.
func TestDelaysOfSlots(t *testing.T) {
	l := newLab(t, Config{})
	p := muParams()
	st := l.stream(&p)
	l.step(200)
	before := l.streams.Stats().Delays
	for _, late := range []int64{0, 1, 4, 5, 19} {
		l.now = st.at + late
		l.streams.shards[0].Tick(l.now)
		for st.at < l.now+10 { // what is late catches up: let it be on its grid again
			l.step(1)
		}
	}
	after := l.streams.Stats().Delays
	var got []uint64
	for i, n := range after.Counts {
		got = append(got, n-before.Counts[i])
	}
	if got[1] != 1 || got[2] != 1 || got[3] != 1 || got[4] < 1 || got[5] != 0 || after.Beyond(20) != 0 {
		t.Errorf("classes %v have %v", after.Bounds, got)
	}
	if d := st.Stats().Delay; d != 19*time.Millisecond {
		t.Errorf("the latest slot was %v late, want 19ms", d)
	}
}

func TestCountsLeaveOutWhatThereIsNone(t *testing.T) {
	var c Counts
	c.add(DropShort, 2)
	c.add(DropSource, 1)
	c.add(DropShort, 1)
	if diff := cmp.Diff(Counts{"short": 3, "source": 1}, c); diff != "" || c.Sum() != 4 {
		t.Error(diff)
	}
}
