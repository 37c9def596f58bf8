package media

// Mix joins both sides of a stream into one, sample by sample:
//
//	m := &media.Mix{To: recording.Tap}
//	stream.TapSent(m.Sent)
//	stream.Tap(m.Heard)
//
// It begins with the first whole slot, allocates nothing, and belongs to the
// stream's shard.
type Mix struct {
	To func(pcm []int16, missing bool) // hears the sum

	slot [maxPtime * samplesPerMs]int16 // what was sent
	left []int16                        // of slot: not yet heard beside
	sum  [maxPiece]int16
}

// Sent is the function for [Stream.TapSent].
func (m *Mix) Sent(pcm []int16) { m.left = m.slot[:copy(m.slot[:], pcm)] }

// Heard is the function for [Stream.Tap].
func (m *Mix) Heard(pcm []int16, missing bool) {
	n := min(len(pcm), len(m.left), len(m.sum))
	for i := range n {
		m.sum[i] = int16(min(max(int(pcm[i])+int(m.left[i]), -1<<15), 1<<15-1))
	}
	m.left = m.left[n:]
	if n > 0 {
		m.To(m.sum[:n], missing)
	}
}
