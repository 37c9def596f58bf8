package media

// lateness is how late the packets of the last quarter of a minute came, compared
// with the fastest of them: a histogram in classes of 5 ms, in which a packet
// counts for less as others follow. The zero value is ready.
type lateness struct {
	base  uint32 // transit time (arrival less timestamp, in samples) at which the first class begins
	total uint32 // sum of count
	added int    // packets since all were made to count less
	count [lateClasses]uint16
}

const (
	lateClass   = 5 * samplesPerMs
	lateClasses = 96 // 480 ms; the last class is for all that is later
	lateWeight  = 64 // what a new packet counts
	lateFade    = 32 // packets after which all before count 1/16 less: half of the weight is of the last 7 s
)

// add takes in a packet's transit time and gives how much later it was than the
// fastest, in samples.
func (l *lateness) add(transit uint32) (late int) {
	if l.total == 0 {
		l.base = transit
	}
	if late = int(int32(transit - l.base)); late < 0 {
		l.shift(-((-late + lateClass - 1) / lateClass))
		late = int(int32(transit - l.base))
	}
	l.count[min(late/lateClass, lateClasses-1)] += lateWeight
	l.total += lateWeight
	if l.added++; l.added >= lateFade {
		l.added = 0
		l.fade()
	}
	return late
}

// fade has all packets count less, and lets the first class be that of the
// fastest which still counts.
func (l *lateness) fade() {
	l.total = 0
	fastest := -1
	for i, c := range l.count {
		c -= (c + 15) / 16
		l.count[i] = c
		l.total += uint32(c)
		if c > 0 && fastest < 0 {
			fastest = i
		}
	}
	if fastest > 0 {
		l.shift(fastest)
	}
}

// shift has the first class begin n classes later. What is later than the last
// one stays in it.
func (l *lateness) shift(n int) {
	l.base += uint32(n * lateClass)
	switch {
	case n >= lateClasses || n <= -lateClasses:
		clear(l.count[:])
		l.total = 0
	case n > 0:
		copy(l.count[:], l.count[n:])
		clear(l.count[lateClasses-n:])
	case n < 0:
		over := uint16(0)
		for _, c := range l.count[lateClasses+n:] {
			over += c
		}
		copy(l.count[-n:], l.count[:])
		clear(l.count[:-n])
		l.count[lateClasses-1] += over
	}
}

// restart keeps how the packets were spread, though this one's timestamp
// follows from none before: it is taken for one like most.
func (l *lateness) restart(transit uint32) {
	l.base = transit - uint32(max(l.most(2)-lateClass, 0))
}

// most is how late all packets were but one in so many.
func (l *lateness) most(but uint32) (late int) {
	beyond := uint32(0)
	for i := lateClasses - 1; i >= 0; i-- {
		if beyond += uint32(l.count[i]); beyond > l.total/but {
			return (i + 1) * lateClass
		}
	}
	return 0
}
