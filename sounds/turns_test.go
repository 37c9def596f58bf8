package sounds

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

func TestPromptThatRunsDryGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := turns{free: 2}
		var nobody atomic.Int64
		turns.take(0, &nobody)
		turns.take(0, &nobody)
		var order []string
		var mu sync.Mutex
		for _, w := range []struct {
			name          string
			length, heard int64
		}{{"not heard yet", 9000, 0}, {"far from its end", 90000, 10000}, {"nearly dry", 80000, 79840}, {"not heard, and long", 90000, 0}, {"just begun", 2000, 0}} {
			heard := new(atomic.Int64)
			heard.Store(w.heard)
			go func() {
				turns.take(int(w.length), heard)
				mu.Lock()
				order = append(order, w.name)
				mu.Unlock()
				turns.give()
			}()
		}
		synctest.Wait()
		turns.give() // from here on each gives its turn to the next
		synctest.Wait()
		if want := []string{"nearly dry", "just begun", "not heard yet", "far from its end", "not heard, and long"}; !slices.Equal(order, want) {
			t.Errorf("the order is %q, want %q", order, want)
		}
		turns.give()
		if turns.free != 2 || len(turns.waiting) != 0 {
			t.Errorf("%d turns are free, %d wait", turns.free, len(turns.waiting))
		}
	})
}

// What is heard tells the decoder how far it is, until all of it is there.
func TestPromptTellsHowFarItIsHeard(t *testing.T) {
	p := newPrompt()
	var g growth
	g.linear(make([]int16, 1000))
	p.show(g.extent())
	for _, c := range []struct{ at, want int }{{160, 160}, {0, 160}, {900, 900}, {1600, 1600}} {
		p.At(0, c.at, 160)
		if got := p.heard.Load(); got != int64(c.want) {
			t.Errorf("asked for %d: heard to %d, want %d", c.at, got, c.want)
		}
	}
}
