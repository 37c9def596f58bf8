package media

import "testing"

func TestReceptionFollowsTheSequence(t *testing.T) {
	for name, c := range map[string]struct {
		seqs []uint16
		want []Drop
		lost int64
	}{
		"in order":             {[]uint16{5, 6, 7}, []Drop{keep, keep, keep}, 0},
		"lost one":             {[]uint16{5, 7}, []Drop{keep, keep}, 1},
		"out of order":         {[]uint16{5, 7, 6}, []Drop{keep, keep, keep}, 0},
		"duplicate":            {[]uint16{5, 6, 6, 5}, []Drop{keep, keep, DropDuplicate, DropDuplicate}, 0},
		"wraps":                {[]uint16{65534, 65535, 0, 1}, []Drop{keep, keep, keep, keep}, 0},
		"late over the wrap":   {[]uint16{65534, 0, 65535}, []Drop{keep, keep, keep}, 0},
		"before the first":     {[]uint16{5, 4, 4, 2}, []Drop{keep, keep, DropDuplicate, keep}, 1},
		"one stray":            {[]uint16{5, 40000, 6}, []Drop{keep, DropSequence, keep}, 0},
		"began anew":           {[]uint16{5, 40000, 40001, 40002}, []Drop{keep, DropSequence, keep, keep}, 0},
		"replay of old ones":   {[]uint16{100, 101, 102, 30, 31}, []Drop{keep, keep, keep, DropDuplicate, DropDuplicate}, 0},
		"large but fair step":  {[]uint16{100, 2000}, []Drop{keep, keep}, 1899},
		"two strays, not next": {[]uint16{5, 40000, 50000, 6}, []Drop{keep, DropSequence, DropSequence, keep}, 0},
	} {
		var s sources
		for i, seq := range c.seqs {
			if _, got := s.accept(1, seq); got != c.want[i] {
				t.Errorf("%s: packet %d (%d): %v, want %v", name, i, seq, got, c.want[i])
			}
		}
		if s.lost() != c.lost {
			t.Errorf("%s: %d lost, want %d", name, s.lost(), c.lost)
		}
	}
}

func TestNewSSRCMustProveItself(t *testing.T) {
	var s sources
	for i, p := range []struct {
		ssrc uint32
		seq  uint16
		want Drop
	}{
		{1, 10, keep}, {2, 500, DropSSRC}, {1, 11, keep}, {3, 501, DropSSRC}, {2, 502, DropSSRC},
		{2, 503, keep},                // twice in sequence
		{1, 12, keep}, {2, 504, keep}, // both live side by side
		{4, 7, DropSSRC}, {4, 8, keep}, // the older, 1, is forgotten
		{1, 13, DropSSRC}, {2, 505, keep},
	} {
		if _, got := s.accept(p.ssrc, p.seq); got != p.want {
			t.Errorf("packet %d (SSRC %d, %d): %v, want %v", i, p.ssrc, p.seq, got, p.want)
		}
	}
}

func TestJitterAsInRFC3550(t *testing.T) {
	var r reception
	r.start(1, 0)
	at, ts := int64(1000), uint32(1<<32-800) // timestamps wrap on the way
	for i := range 2000 {
		late := int64(0)
		if i%2 == 1 {
			late = 80 // every other packet comes 10 ms late
		}
		r.arrived(at+late, ts)
		at, ts = at+160, ts+160
	}
	if got := r.jitter >> 4; got < 76 || got > 82 {
		t.Errorf("jitter %d samples, want about 80", got)
	}
}

func TestFractionLost(t *testing.T) {
	var r reception
	r.start(1, 0)
	for seq := uint16(1); seq < 100; seq++ {
		if seq%4 != 0 {
			r.packet(seq)
		}
	}
	if got := r.fractionLost(); got != 61 { // 24 of 100, in 1/256
		t.Errorf("fraction %d, want 61", got)
	}
	if got := r.fractionLost(); got != 0 {
		t.Errorf("fraction %d with nothing new, want 0", got)
	}
}
