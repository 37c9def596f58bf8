package media

import (
	"net/netip"

	"dialtone/dtmf"
	"dialtone/media/g711"
)

// receiver is what a stream remembers of its way in: the packet's source, the
// SSRC and its sequence, the audio in order, the digits.
type receiver struct {
	latch   Latch
	sources sources
	jitter  JitterBuffer

	finder       *finder // nil: nothing has come yet in which a digit could be
	eventsBefore uint8   // payload type of events before the last change of it; 0: there was none
	heardAt      int64   // receive clock of the next sample the detector gets
	eventSlip    int64   // what was added to the start of the newest event
	heardTo      uint32  // RTP timestamp after what it got last
	missing      int     // samples in a row that were not there

	tap      func(pcm []int16, missing bool)
	restorer *restorer // what the tap hears has passed through it; nil without a tap

	before      audioFormat // the one before the last change, and until when it may come
	beforeUntil int64       // receive clock

	lastAt     int64  // ns of the stream's clock; last believed packet
	lastStamp  uint32 // RTP timestamp of the last believed audio
	stampedAt  int64  // receive clock; when that came
	received   uint64
	dropped    [drops]uint32
	digits     [dtmf.Ways]uint32
	digitsLost uint64
}

// finder finds the digits. Most callers listen most of the time, many say nothing at
// all: a stream has one from the first sound or event on.
type finder struct {
	events   dtmf.EventReceiver
	detector dtmf.Detector
	merger   dtmf.Merger
}

// find gives the finder.
func (r *receiver) find(p *Params) *finder {
	if r.finder == nil {
		r.finder = &finder{merger: dtmf.NewMerger(mergeWindow(p))}
	}
	return r.finder
}

// update takes in a negotiation; at is the receive clock.
func (r *receiver) update(was, p Params, first bool, at int64) {
	if r.finder != nil && (was.EventType >= 0) != (p.EventType >= 0) {
		r.finder.merger = dtmf.NewMerger(mergeWindow(&p))
	}
	if was.EventType > 0 && was.EventType != p.EventType {
		r.eventsBefore = uint8(was.EventType)
	}
	if !first && was.format() != p.format() {
		r.before, r.beforeUntil = was.format(), at+formatChange
	}
	if was.Law != p.Law {
		r.jitter.Transcode(was.Law)
	}
	r.latch.Update(at/samplesPerMs, p.Remote, p.Signalling)
}

// mergeWindow is how long tones wait for their events.
func mergeWindow(p *Params) int64 {
	if p.EventType < 0 {
		return 0
	}
	return dtmf.MergeWindow
}

// isEvent says whether a payload type is that of telephone-events: the one that is negotiated, that of our own offer, or
// the one before a re-INVITE, as what is under way still has it (RFC 3264 §8.3.2: it means nothing else in this call).
func (r *receiver) isEvent(payloadType uint8, p *Params) bool {
	switch {
	case p.EventType < 0 || payloadType == p.PayloadType:
		return false
	case int(payloadType) == p.EventType:
		return true
	}
	return payloadType != 0 && (payloadType == p.EventsOffered || payloadType == r.eventsBefore)
}

// formatChange is how long, in samples, the far end may still send audio in the format that was in
// force before a re-INVITE: until it has our answer, and what is under way has come.
const formatChange = 2000 * samplesPerMs

// isBefore says whether a packet is audio in the format from before a re-INVITE.
func (r *receiver) isBefore(payloadType uint8, at int64) bool {
	return at < r.beforeUntil && payloadType == r.before.payloadType
}

// arrive takes in a packet from the RTP port. ns is when it came, by the
// stream's clock; st.mu is held.
func (st *Stream) arrive(ns int64, from netip.AddrPort, b []byte, w *workspace) {
	if st.params.RTCPMux && isRTCP(b) {
		st.arriveReport(ns, from, b, w)
		return
	}
	r := &st.receiver
	if st.cipher != nil && len(b) > 0 && b[0]>>6 == 2 {
		opened, ok := st.cipher.open(ns, b)
		if !ok {
			st.drop(DropSRTP, w)
			return
		}
		b = opened
	}
	if why := r.packet(st, ns, from, b, w); why != keep {
		st.drop(why, w)
		return
	}
	r.received++
	w.received++
	r.lastAt = ns
}

// drop counts a packet that is not taken in.
func (st *Stream) drop(why Drop, w *workspace) {
	st.receiver.dropped[why]++
	w.dropped[why]++
}

// packet takes in what the checks leave of a packet, or says why it is dropped.
func (r *receiver) packet(st *Stream, ns int64, from netip.AddrPort, b []byte, w *workspace) Drop {
	h, payload, why := parseHeader(b)
	if why != keep {
		return why
	}
	at := ns * samplesPerMs / 1e6
	audio, event := h.payloadType == st.params.PayloadType, r.isEvent(h.payloadType, &st.params)
	before := !audio && !event && r.isBefore(h.payloadType, at)
	if !audio && !event && !before && h.payloadType != noisePayload || st.params.Ptime == 0 {
		return DropPayloadType
	}
	ok, moved := r.latch.Believe(ns/1e6, from, h.ssrc, h.seq)
	if !ok {
		return DropSource
	}
	if moved {
		st.setRemote(r.latch.Remote())
	}
	source, why := r.sources.accept(h.ssrc, h.seq)
	if why != keep {
		return why
	}
	if !event { // all packets of an event bear its beginning
		source.arrived(at, h.timestamp)
	}
	switch {
	case !st.params.Receive:
	case event:
		digits := r.find(&st.params).events.Packet(w.heard[:0], at, h.ssrc, h.seq, h.timestamp, h.marker, payload)
		if len(digits) > 0 {
			r.eventSlip = eventSlip(&r.jitter, r.heardAt, h, digits[0].Start)
		}
		for _, d := range digits {
			d.Start += r.eventSlip
			r.add(st, d)
		}
		r.extendEvent()
		if st.onward != nil {
			st.onward.apart = true
		}
	case audio, before:
		if before && r.before.law != st.params.Law {
			r.before.law.Transcode(payload)
		}
		if st.onward != nil && !st.onward.gated() {
			st.onward.audio(h, at, payload, r.keyDown())
		}
		if r.listens(st) {
			r.jitter.Put(at, h.ssrc, h.timestamp, h.marker, payload)
			r.lastStamp, r.stampedAt = h.timestamp, at
		}
	default:
		if st.onward != nil {
			st.onward.noise(payload)
		}
		r.jitter.Noise(h.timestamp)
		if r.restorer != nil {
			r.restorer.noise.describe(payload)
		}
	}
	return keep
}

const (
	missingHeld    = 300 * samplesPerMs  // so long what is missing may still come late
	missingUnknown = 100 * samplesPerMs  // so long what is missing may have been anything
	missingSilent  = 1000 * samplesPerMs // so long after it counts as silence; then nobody is speaking
	maxPiece       = 20 * samplesPerMs   // of audio, to detector and tap
	heardSlip      = 40 * samplesPerMs   // how far the detector's clock may be from the packets'
	maxSlip        = 400 * samplesPerMs  // how far an event may be from audio of its timestamp: what the line delays
)

// listen takes what n samples of time bring out of the jitter buffer to whoever
// listens. now is the receive clock in samples.
func (r *receiver) listen(st *Stream, now int64, n int, w *workspace) {
	r.jitter.Slot(now, n)
	if !r.listens(st) {
		r.jitter.Rest()
		return
	}
	if r.tap == nil {
		if !r.idle() {
			by := min(max(r.jitter.Wish(), -n), n) // there is nobody to notice
			r.jitter.Shifted(by)
			r.pass(st, now, n+by, w)
		}
		return
	}
	for n > 0 {
		pcm, by := r.restorer.shift(min(n, maxPiece), &r.jitter, st.params.Law)
		what := heard
		if by != 0 {
			r.jitter.Shifted(by)
			r.pass(st, now, len(pcm)+by, w)
		} else {
			pcm, what = r.take(st, now, min(n, maxPiece), w)
		}
		n -= len(pcm)
		r.restorer.restore(pcm, what)
		r.tap(pcm, what == missing)
	}
}

// listens says whether anybody hears the audio in order. The other stream of a bridge takes it as it comes; where keys come as
// events nobody looks for tones in what two people say to each other.
func (r *receiver) listens(st *Stream) bool {
	return st.onward == nil || r.tap != nil || st.params.EventType < 0
}

// keyDown says whether a key is down, by an event: what is heard beside it is its tone.
func (r *receiver) keyDown() bool {
	if r.finder == nil {
		return false
	}
	_, down := r.finder.events.Press()
	return down
}

// toneDown says whether a key is down, by a tone.
func (r *receiver) toneDown() bool {
	if r.finder == nil {
		return false
	}
	_, down := r.finder.detector.Press()
	return down
}

// pass has only the detector hear the next n samples.
func (r *receiver) pass(st *Stream, now int64, n int, w *workspace) {
	for n > 0 {
		pcm, _ := r.take(st, now, min(n, maxPiece), w)
		n -= len(pcm)
	}
}

// take takes up to n samples, at most maxPiece, that are of one kind, and has the
// detector hear them.
func (r *receiver) take(st *Stream, now int64, n int, w *workspace) (pcm []int16, what sound) {
	if r.jitter.Silent() {
		what = silent
	}
	n, ok := r.jitter.Take(w.audio[:n])
	pcm = w.pcm[:n]
	if !ok {
		r.detect(st, now, pcm, what, w)
		return pcm, what
	}
	if audio := w.audio[:n]; r.rests(audio, st.params.Law) {
		if r.tap != nil {
			st.params.Law.DecodeTo(pcm, audio)
		}
		r.hasHeard()
		r.heardAt = r.at(now) + int64(n)
	} else {
		st.params.Law.DecodeTo(pcm, audio)
		r.detect(st, now, pcm, heard, w)
	}
	if st.onward != nil && st.onward.gated() {
		next, _ := r.jitter.Position()
		st.onward.inOrder(next-uint32(n), w.audio[:n], now)
	}
	return pcm, heard
}

// rests says that audio is quiet and has been so for as long as matters: there is no
// digit to be found in it.
func (r *receiver) rests(audio []byte, law g711.Law) bool {
	return (r.finder == nil || r.finder.detector.Resting()) && law.Quiet(audio)
}

// idle says that nothing has come for a while and the detector knows.
func (r *receiver) idle() bool {
	_, started := r.jitter.Position()
	return !started && (r.missing == 0 || r.missing >= missingSilent)
}

// detect gives the detector what was heard and, once it is known, what is missing between: after a spike of the line
// play goes back to what came late, and then nothing is. When it has lasted it counts as missing, and then as silence,
// as what the far end says to be silent does at once. pcm is overwritten then.
func (r *receiver) detect(st *Stream, now int64, pcm []int16, what sound, w *workspace) {
	at, n := r.at(now), len(pcm)
	r.heardAt += int64(n)
	var f *finder
	if what == heard {
		f = r.find(&st.params)
	} else if f = r.finder; f == nil {
		r.missing += n
		return
	}
	digits := w.heard[:0]
	switch {
	case what == heard:
		if gap := r.gap(n); gap > 0 {
			digits = f.detector.Missing(digits, at-int64(gap), gap)
		}
		digits = f.detector.Samples(digits, at, pcm)
		r.hasHeard()
	case r.missing >= missingSilent:
	case what == silent || r.missing >= missingHeld:
		if r.missing < missingHeld {
			r.missing = missingHeld
			digits = f.detector.Missing(digits, at-missingUnknown, missingUnknown)
		}
		r.missing += n
		clear(pcm)
		digits = f.detector.Samples(digits, at, pcm)
	default:
		if r.missing += n; r.missing >= missingHeld {
			digits = f.detector.Missing(digits, at+int64(n)-missingUnknown, missingUnknown)
		}
	}
	for _, d := range digits {
		r.add(st, d)
	}
	if d, down := f.detector.Press(); d.Key != 0 {
		f.merger.Extend(d, down)
	}
}

// gap is how many samples are missing between what the detector has heard and the n samples that were taken last, as far as
// that matters.
func (r *receiver) gap(n int) int {
	if r.missing >= missingHeld {
		return 0 // it was told
	}
	next, _ := r.jitter.Position()
	gap := int(int32(next - uint32(n) - r.heardTo))
	if gap < 0 {
		return missingUnknown // another beginning
	}
	return min(gap, missingUnknown)
}

// hasHeard notes what the detector has heard by now.
func (r *receiver) hasHeard() {
	r.missing = 0
	r.heardTo, _ = r.jitter.Position()
}

// eventSlip is what is to be added to the start of an event so that it lies where audio of its timestamp does, heardAt being
// the clock of the sample that is taken next: then what the line does to one packet or another does not part the event from
// its tone. It is 0 when the timestamp has nothing to do with the audio's.
func eventSlip(j *JitterBuffer, heardAt int64, h header, start int64) int64 {
	next, ok := j.Position()
	if !ok || h.ssrc != j.ssrc {
		return 0
	}
	by := heardAt + int64(int32(h.timestamp-next)) - start
	if by > maxSlip || by < -maxSlip {
		return 0
	}
	return by
}

// at is the receive clock of the sample that comes next, as if it had not
// waited in the jitter buffer: then a tone and an event of one press begin
// at the same time. It goes on by the samples unless it has strayed far.
func (r *receiver) at(now int64) int64 {
	at := now
	if next, ok := r.jitter.Position(); ok {
		at = r.stampedAt + int64(int32(next-r.lastStamp))
	}
	if d := at - r.heardAt; d > heardSlip || d < -heardSlip {
		r.heardAt = at
	}
	return r.heardAt
}

// tick lets the time pass for events whose end was lost, and for digits that
// wait to be told apart.
func (r *receiver) tick(st *Stream, now int64, w *workspace) {
	f := r.finder
	if f == nil {
		return
	}
	f.events.Tick(now)
	r.extendEvent()
	for _, d := range f.merger.Tick(w.merged[:0], now) {
		r.deliver(st, d)
	}
	if st.onward != nil {
		st.onward.hold(r)
	}
}

// extendEvent tells the merger how long the newest event has lasted.
func (r *receiver) extendEvent() {
	if d, down := r.finder.events.Press(); d.Key != 0 {
		d.Start += r.eventSlip
		r.finder.merger.Extend(d, down)
	}
}

// add has the merger take a digit, whichever way it came.
func (r *receiver) add(st *Stream, d dtmf.Digit) {
	var merged [8]dtmf.Digit
	for _, d := range r.find(&st.params).merger.Add(merged[:0], d) {
		r.deliver(st, d)
	}
}

func (r *receiver) deliver(st *Stream, d dtmf.Digit) {
	r.digits[d.Way]++
	st.streams.digits[d.Way].Add(1)
	if st.onward != nil {
		st.onward.press(d)
	}
	select {
	case st.digits <- d:
	default:
		r.digitsLost++
	}
}

func (r *receiver) stats(s *StreamStats, c clock) {
	s.Received, s.DigitsLost = r.received, r.digitsLost
	for why, n := range r.dropped {
		if n > 0 {
			s.Dropped.add(Drop(why), uint64(n))
		}
	}
	for way, n := range r.digits {
		if n > 0 {
			s.Digits.add(dtmf.Way(way), uint64(n))
		}
	}
	s.Lost, s.Late = r.sources.lost(), r.jitter.late
	s.Jitter = samples(r.sources.newest.jitter >> 4)
	s.Latched = r.latch.Locked()
	if r.lastAt != 0 {
		s.LastReceived = c.wall(r.lastAt)
	}
}
