package media

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// most is the upper edge of the class that all packets but a share are within, whatever their transit times start from.
func TestLatenessKnowsTheShare(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, start := range []uint32{0, 1 << 31, 1<<32 - 50} {
		var l lateness
		var all []int
		for range 300 {
			late := int(300 * r.ExpFloat64())
			all = append(all, late)
			l.add(start + uint32(late))
		}
		slices.Sort(all)
		for _, but := range []uint32{2, 10, 100} {
			want := all[len(all)-1-len(all)/int(but)] - all[0]
			// The classes are 5 ms, and the newer packets count for more.
			if got := l.most(but); got < want*8/10-lateClass || got > want*13/10+2*lateClass {
				t.Errorf("from %d: all but one in %d are within %d samples, want about %d", start, but, got, want)
			}
		}
	}
}

func TestLatenessForgetsSlowly(t *testing.T) {
	var l lateness
	for i := range 2000 {
		l.add(1000 + uint32(i%10)*80) // up to 90 ms
	}
	if got := l.most(200); got < 720 || got > 760 {
		t.Fatalf("%d samples, want 720", got)
	}
	after := 0
	for l.most(200) > lateClass {
		l.add(1000)
		if after++; after > 10000 {
			t.Fatal("never forgotten")
		}
	}
	if after < 500 || after > 3500 { // 10 s to a minute
		t.Errorf("forgotten after %d packets", after)
	}
}

// The fastest packets set the beginning: faster ones at once, slower ones when those before are forgotten.
func TestLatenessFollowsTheFastest(t *testing.T) {
	var l lateness
	for range 100 {
		l.add(5000)
	}
	if late := l.add(4000); late >= lateClass {
		t.Errorf("a packet that is faster than all is %d late", late)
	}
	if late := l.add(5000); late < 1000 {
		t.Errorf("the others are %d late now, want 1000", late)
	}
	late := 0
	for range 10000 {
		late = l.add(5000)
	}
	if late >= lateClass {
		t.Errorf("still %d late, though none is faster any more", late)
	}
	l.add(1 << 31) // a leap takes nothing along
	if got := l.most(2); got > lateClasses*lateClass {
		t.Errorf("%d samples", got)
	}
}
