package media

import (
	"sync/atomic"

	"dialtone/dtmf"
	"dialtone/media/g711"
)

// relay is one direction of a bridge: what from hears is sent by to.
//
// The far end of to must hear one source. Timestamps are from's plus a number that is
// chosen anew where they jump, or where to sent something of its own in between; so is
// the sequence number, but gaps in it are kept: what was lost before is lost here, and
// what comes late goes out late, with the number that it would have had.
//
//	from   seq   7    8    -    10   9    11   (key)     15
//	to     seq  30   31         33   32   34   35 36 ... 44     own packets in between
//
// A packet is sent as it is if it is as long as a packet of to; else its samples are held
// until there are enough.
type relay struct {
	bridge   *Bridge
	from, to *Stream

	tones  atomic.Bool // from's far end has no events: its keys are tones
	events atomic.Bool // to's has

	// Under from's lock.
	withholds bool       // no keys
	apart     bool       // something that is not passed on has come since the last packet that was
	key       dtmf.Digit // the one that is passed on while it is down; else zero
	order     uint16     // sequence number of what was passed on in order
	expected  uint32     // timestamp after that

	// Under to's lock.
	ssrc   uint32
	known  bool   // ssrc and by are those of a packet
	by     uint32 // what is added to timestamps
	newest uint16 // sequence number that came last in order
	first  uint16 // sequence number sent since which all are from's, in its order
	broken bool   // something else was sent since the last packet
	late   int    // packets in a row that came too late
	empty  int    // samples that slots have lasted since a packet came
	owed   int    // samples by which the sender's timestamp is behind its slots; less than 0: ahead

	comfort *comfortNoise // what from's far end describes; nil: nothing yet
	quiet   bool          // that was the last that came of it

	held   [maxPtime*samplesPerMs + relayKept]byte
	count  int    // samples held
	heldAt uint32 // timestamp of the first
}

const (
	relayFill  = 200 * samplesPerMs  // without a packet for so long silence is sent
	relaySnap  = 60 * samplesPerMs   // what is so near to what was sent before is joined to it
	relayJump  = 1000 * samplesPerMs // timestamps further than this from the time that passed begin anew
	relayGap   = 64                  // steps of the sequence number from which on it begins anew: as far back packets are known
	relayLate  = 15                  // late packets in a row after which timestamps begin anew
	relayKey   = 40 * samplesPerMs   // the shortest press that is passed on
	relayPause = 40 * samplesPerMs   // and the shortest pause after it
	relayKept  = 24 * samplesPerMs   // what is kept back of audio in which there may be a tone
)

// audio passes on a packet that from hears; beside a key that is down it is the key's tone. from's lock is held.
func (r *relay) audio(h header, at int64, payload []byte, key bool) {
	if st := r.from; len(payload) == st.ptime*samplesPerMs {
		st.beat.add(at/samplesPerMs, st.ptime)
	}
	if key {
		r.apart = true
		return
	}
	r.pass(passed{kind: passAudio, header: h, law: r.from.params.Law, at: at, apart: r.apart}, payload)
	r.apart = false
}

// gated says that keys come as tones and leave as events: audio is passed on in order, after the detector has heard it,
// and so late that what it is still in doubt about does not reach to's far end, which would take it for a key of its own.
func (r *relay) gated() bool { return r.tones.Load() && r.events.Load() }

// inOrder passes on audio that the detector has heard, whose first sample has a timestamp; from's lock is held.
func (r *relay) inOrder(timestamp uint32, audio []byte, now int64) {
	if r.withholds && r.from.receiver.toneDown() {
		r.apart = true
		return
	}
	r.order++
	if gap := timestamp - r.expected; gap < relayJump {
		r.order += uint16(gap / (20 * samplesPerMs)) // it was lost
	}
	r.expected = timestamp + uint32(len(audio))
	h := header{seq: r.order, timestamp: timestamp, ssrc: r.from.receiver.jitter.ssrc}
	r.pass(passed{kind: passAudio, header: h, law: r.from.params.Law, at: now, apart: r.apart, kept: relayKept}, audio)
	r.apart = false
}

// noise passes on what from's far end says of its silence; from's lock is held.
func (r *relay) noise(payload []byte) { r.pass(passed{kind: passNoise}, payload) }

// press passes on a key that was pressed; from's lock is held.
func (r *relay) press(d dtmf.Digit) {
	if r.key.Key != 0 {
		r.pass(passed{kind: passHold}, nil)
		r.key = dtmf.Digit{}
	}
	if r.withholds {
		return
	}
	p := press{key: d.Key, samples: max(int(d.Length), relayKey), way: d.Way, down: d.Length == 0, pause: relayPause}
	if p.down {
		r.key = d
	}
	r.pass(passed{kind: passKey, press: p}, nil)
}

// hold passes on how long the key that is down has been so; from's lock is held.
func (r *relay) hold(from *receiver) {
	if r.key.Key == 0 {
		return
	}
	d, down := from.finder.events.Press()
	d.Start += from.eventSlip
	if r.key.Way == dtmf.Tone {
		d, down = from.finder.detector.Press()
	}
	if d.Key != r.key.Key || d.Start != r.key.Start {
		d.Length, down = 0, false // another one by now
	}
	if !down {
		r.key = dtmf.Digit{}
	}
	r.pass(passed{kind: passHold, press: press{samples: int(d.Length), down: down}}, nil)
}

// carries says that a slot of n samples is from's: what came has left already, and nothing else is sent.
func (r *relay) carries(st *Stream, n int, w *workspace) bool {
	s := &st.sender
	r.empty += n
	if !st.remote.valid() || !r.free(s) || r.quiet || r.empty > relayFill {
		r.interrupt(s)
		return false
	}
	if r.count > 0 && r.empty > maxPtime*samplesPerMs && st.maySend() {
		r.flush(st, min(r.count, maxPtime*samplesPerMs), w) // no more has come
	}
	s.keypad.rest(n)
	s.tellRelayed(st, n, w)
	r.owed += n
	return true
}

// free says that to has nothing of its own to send.
func (r *relay) free(s *sender) bool { return !s.keypad.busy() && s.player.over() }

// interrupt says that something else than from's audio is sent, or nothing.
func (r *relay) interrupt(s *sender) {
	s.timestamp += uint32(max(r.owed, 0))
	r.owed, r.count, r.broken = 0, 0, true
}

// describe takes the payload of a comfort noise packet.
func (r *relay) describe(payload []byte) {
	if r.comfort == nil {
		r.comfort = new(comfortNoise)
	}
	r.comfort.describe(payload)
	r.quiet = true
}

// fill fills audio with the noise that from's far end described, if that was the last
// that came of it, and says how much that is.
func (r *relay) fill(audio []byte, law g711.Law, w *workspace) int {
	if !r.quiet {
		return 0
	}
	pcm := w.pcm[:len(audio)]
	r.comfort.fill(pcm)
	law.EncodeTo(audio, pcm)
	return len(audio)
}

// send takes a packet of audio to the far end; the payload is overwritten. The lock of
// st, which is to, is held.
func (r *relay) send(st *Stream, p *passed, payload []byte, w *workspace) {
	s := &st.sender
	r.empty, r.quiet = 0, false
	if p.apart {
		r.broken = true
	}
	if !r.free(s) || !st.remote.valid() || !st.maySend() {
		r.interrupt(s)
		return
	}
	if p.law != st.params.Law {
		p.law.Transcode(payload)
	}
	whole := st.ptime * samplesPerMs
	asItIs := len(payload) == whole && r.count == 0 && p.kept == 0
	place, timestamp, lost := r.place(p.header, len(payload), s)
	if place == placeNone || place == placeLate && !asItIs {
		return
	}
	if s.tap != nil {
		s.overhear(p.at, st.ssrc, timestamp, payload, st.params.Law)
	}
	switch {
	case place == placeLate:
		r.emit(st, header{marker: p.header.marker, seq: s.seq - 1 - uint16(lost), timestamp: timestamp}, payload, w)
	case asItIs:
		s.seq += uint16(lost)
		s.lay(payload, st.params.Law)
		r.emitNext(st, timestamp, payload, w)
	default:
		r.cut(st, timestamp, lost*len(payload)/whole, payload, p.kept, w)
	}
}

// place is where a packet of from's goes in what is sent.
type place uint8

const (
	placeNone place = iota // nowhere: it is not sent
	placeLate              // back, where it is missing
	placeNext              // after what was sent last
)

// place says where a packet of n samples goes, its timestamp, and how many are missing before it (placeNext), or came after
// it (placeLate). The sender's timestamp is then the one after all in order.
func (r *relay) place(h header, n int, s *sender) (p place, timestamp uint32, between int) {
	now := s.timestamp + uint32(max(r.owed, 0))
	if off := int32(h.timestamp + r.by - now); !r.known || h.ssrc != r.ssrc || off > relayJump || off < -relayJump {
		r.known, r.ssrc, r.by, r.broken = true, h.ssrc, now-h.timestamp, true
		s.marker = true
	}
	ahead := int(int32(h.timestamp + r.by - s.timestamp))
	step := int(int16(h.seq - r.newest))
	if step <= -relayGap || step > relayGap {
		r.broken = true // numbers begin anew
	}
	switch {
	case r.broken:
		if ahead < -relaySnap && !h.marker && r.late < relayLate {
			r.late++
			return placeNone, 0, 0 // while it was on its way something else was sent
		}
		if ahead <= relaySnap {
			r.by -= uint32(ahead)
			ahead = 0
		}
		r.broken, r.late, r.first = false, 0, s.seq
		s.marker = s.marker || ahead > 0
	case step <= 0:
		if int16(s.seq-1+uint16(step)-r.first) < 0 {
			return placeNone, 0, 0 // it is from before what was sent in between
		}
		return placeLate, h.timestamp + r.by, -step
	default:
		if ahead < 0 {
			r.by -= uint32(ahead)
			ahead = 0
			s.marker = true
		}
		between = step - 1
		s.marker = s.marker || ahead > 0 && between == 0 // silence that was not sent
	}
	s.marker = s.marker || h.marker
	r.newest, r.owed = h.seq, -n
	timestamp = h.timestamp + r.by
	s.timestamp = timestamp + uint32(n)
	return placeNext, timestamp, between
}

// cut sends samples in packets of the length that is due; what is left is held, and kept back as long as more does not come.
// lost packets are missing before them.
func (r *relay) cut(st *Stream, timestamp uint32, lost int, audio []byte, kept int, w *workspace) {
	whole := st.ptime * samplesPerMs
	if r.count > 0 && r.heldAt+uint32(r.count) != timestamp {
		r.flush(st, min(r.count, whole), w)
		r.count = 0
	}
	st.sender.seq += uint16(lost)
	if r.count == 0 {
		r.heldAt = timestamp
	}
	for {
		for r.count >= whole+kept {
			r.flush(st, whole, w)
		}
		if len(audio) == 0 {
			break
		}
		n := copy(r.held[r.count:whole+kept], audio)
		audio, r.count = audio[n:], r.count+n
	}
	r.first = st.sender.seq // what was overtaken has no place in what was cut anew
}

// flush sends the first n samples of what is held.
func (r *relay) flush(st *Stream, n int, w *workspace) {
	st.sender.lay(r.held[:n], st.params.Law)
	r.emitNext(st, r.heldAt, r.held[:n], w)
	copy(r.held[:], r.held[n:r.count])
	r.heldAt, r.count = r.heldAt+uint32(n), r.count-n
}

// emitNext sends the next packet in order.
func (r *relay) emitNext(st *Stream, timestamp uint32, audio []byte, w *workspace) {
	s := &st.sender
	r.emit(st, header{marker: s.marker, seq: s.seq, timestamp: timestamp}, audio, w)
	s.seq++
	s.marker = false
}

func (r *relay) emit(st *Stream, h header, audio []byte, w *workspace) {
	packet := w.packet[:headerLen+len(audio)]
	copy(packet[headerLen:], audio)
	h.payloadType, h.ssrc = st.params.PayloadType, st.ssrc
	st.emit(h, packet)
}
