package media

import "testing"

// With losses, comfort noise and a delay that changes, nothing is allocated for who listens either.
func TestRestoringAllocatesNothing(t *testing.T) {
	l := newLab(t, Config{})
	l.streams.shards[0].send = func(*Stream, []byte, *target) {}
	l.streams.shards[0].report = func(*Stream, []byte, *target) {}
	p := muParams()
	st := l.stream(&p)
	kinds := map[bool]int{}
	st.Tap(func(pcm []int16, missing bool) { kinds[missing] += len(pcm) })
	packet, noise := rtpPacket(header{}, counting(160)), noisePacket(0, 0, 40)
	i := 0
	next := func() {
		h := header{seq: uint16(i), timestamp: uint32(i * 160), ssrc: 3}
		switch {
		case i%7 == 6:
		case i%50 > 45:
			h.payloadType = noisePayload
			h.put(noise)
			l.hear(st, there, noise)
		default:
			h.put(packet)
			l.hear(st, there, packet)
		}
		if i%20 == 0 {
			st.receiver.jitter.wish = 160 - i%40*16 // ahead and back in turn
			st.receiver.restorer.waited = seamWait
		}
		i++
		l.step(20)
	}
	for range 200 {
		next()
	}
	if n := testing.AllocsPerRun(1000, next); n != 0 {
		t.Errorf("%v allocations per packet", n)
	}
	if kinds[true] == 0 || kinds[false] == 0 || kinds[true]+kinds[false] != i*160 {
		t.Errorf("%v samples missing and not in %d slots", kinds, i)
	}
}

// The delay is changed only where there is audio to do it with, and by no more than is wished.
func TestShiftNeedsAudio(t *testing.T) {
	var j JitterBuffer
	var r restorer
	quiet := make([]byte, 160)
	for i := range quiet {
		quiet[i] = 0xff // quiet: there is no better place
	}
	for i := range uint32(3) {
		j.Put(0, 1, i*160, false, quiet)
	}
	take := func(n int) {
		for n > 0 {
			var b [160]byte
			got, _ := j.Take(b[:min(n, 160)])
			n -= got
		}
	}
	take(320) // the delay at the start
	for _, c := range []struct{ wish, want int }{{0, 0}, {40, 40}, {500, 160}, {-40, -40}, {-500, -160}} {
		j.wish = c.wish
		piece, by := r.shift(160, &j, 0)
		if by != c.want || by != 0 && len(piece) != 160 {
			t.Errorf("a wish of %d: %d, %d samples; want %d", c.wish, by, len(piece), c.want)
		}
	}
	take(320)
	j.wish = 100
	if _, by := r.shift(160, &j, 0); by != 0 {
		t.Errorf("shifted by %d into what has not come", by)
	}
}

// Our slots and the far end's packets are of any lengths, and its clock is off by 1000 ppm: nothing is missing, and what
// is heard is as long as the time that passed.
func TestTapAtEveryPacketTime(t *testing.T) {
	voice := wave(8000, 50, 5000)
	for _, ours := range []int{10, 20, 30, 40, 60} {
		for _, theirs := range []int{10, 20, 30, 40, 60} {
			for _, ppm := range []float64{-1000, 1000} {
				l := newLab(t, Config{})
				p := muParams()
				p.Ptime = ours
				st := l.stream(&p)
				total, gone := 0, 0
				st.Tap(func(pcm []int16, missing bool) {
					total += len(pcm)
					if missing && total > 4000 {
						gone += len(pcm)
					}
				})
				n, at, next := theirs*samplesPerMs, 0, 0.0
				coded := make([]byte, n)
				for l.now < 60_000 {
					for ; next <= float64(l.now); next += float64(theirs) * (1 + ppm/1e6) {
						p.Law.EncodeTo(coded, voice[at*n%4000:at*n%4000+n])
						l.hear(st, there, rtpPacket(header{seq: uint16(at), timestamp: uint32(at * n), ssrc: 3}, coded))
						at++
					}
					l.step(1)
					l.sent = nil
				}
				if total < 59_900*8 || total > 60_000*8 || gone > 0 {
					t.Errorf("slots of %d ms, packets of %d, %+.0f ppm: %d samples in a minute, %d missing", ours, theirs, ppm, total, gone)
				}
				if next, _ := st.receiver.jitter.Position(); uint32(at*n)-next > 150*samplesPerMs {
					t.Errorf("slots of %d ms, packets of %d, %+.0f ppm: the delay has become %d ms", ours, theirs, ppm, (uint32(at*n)-next)/samplesPerMs)
				}
			}
		}
	}
}
