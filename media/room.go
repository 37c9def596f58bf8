package media

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"dialtone/media/g711"
)

// Room mixes what its parties say: each hears all others, never itself. Parties come
// and go at any time, on streams of any shard, law and ptime:
//
//	room := streams.NewRoom()
//	party := room.Join(media.PartyOptions{})
//	stream.Tap(party.Heard)
//	stream.Play(party)
//	...
//	party.Leave() // what plays is over then
//	stream.Tap(nil)
//
// A room has no goroutine. Its time is that of the streams' clock, in samples, cut
// into frames of 10 ms. What a stream hears in its slot at t lies from t on in the
// party's ring; a slot at t sends what lies before t - 10 ms, and whoever sends first
// mixes the frames for all:
//
//	               t-30        t-10       t          t+20
//	party A said ───┼───────────┼─────────┼───────────┤ written up to here at least,
//	party B said ───┼───────────┼─────────┤             or to here, a moment before its slot
//	party C sends   └── slot ───┘ margin
//
// So sound is later by the packet of the one who hears it and 10 to 20 ms: at most
// 40 ms at the usual 20 ms. What comes later than that is not waited for; it is
// silence, faded out and in.
//
// A frame is the sum of all who talk. Who is silent hears it as it is, encoded once
// for all of a law; who talks hears it less what it said. Below full scale the sum is
// exact; above it is turned down as a whole (limit), so that many who talk at once
// stay voices. Whom the gate finds silent costs a copy, whose stream is gone nothing.
//
// The shards meet in one lock. It is held for a microsecond as a rule, and for as long
// as the mixing takes where hundreds talk at once: some 50.
type Room struct {
	clock clock

	mu      sync.Mutex
	parties int
	talkers []*Party // those who may have a part in the next frame; room for all parties
	mixed   int64    // frames before this one are mixed
	gain    int32    // of the limiter, where the last frame ended
	frames  [roomFrames]roomFrame
}

const (
	frameLen   = 10 * samplesPerMs
	roomFrames = 32 // 320 ms: what is written ahead, the margin, and the slots of who reads late
	roomLen    = roomFrames * frameLen
	roomMargin = 10 * samplesPerMs  // what is sent lies so far back
	roomLate   = 100 * samplesPerMs // a stream that is later, or was away, is set to the time anew
	roomFade   = 5 * samplesPerMs   // of who comes, goes, or is not there

	gateLevel = 64                 // mean of |sample| from which on a party is heard: about -51 dBm0
	gateHold  = 300 * samplesPerMs // and so long after
	unity     = 1 << 12            // factor of a party's volume that changes nothing
	full      = 1 << 15            // factor of the limiter that changes nothing
)

// roomFrame is what all parties said in a frame.
type roomFrame struct {
	number   int64
	loud     bool // somebody is heard
	from, to int32
	sum      [frameLen]int32
	made     [2]bool
	audio    [2][frameLen]byte // what those hear who have no part in it, by law
}

// Party is somebody in a Room. It is the [Source] of what it hears, of one stream at
// a time. Its methods may be called from any goroutine.
type Party struct {
	room *Room
	left atomic.Bool // written under room.mu

	// room.mu guards what follows.
	voice *voice // nil: it listens only
	reads bool
	base  int64 // room time of the source's offset 0
	pace  pace
	slot  [maxPtime * samplesPerMs]byte
}

// voice is what a party says.
type voice struct {
	volume  int32
	muted   bool
	level   int32 // volume where its last part of a frame ended
	listed  bool  // among the talkers
	talks   int64 // it is taken to talk until then
	started int64 // what was written without a gap begins here, with a frame
	written int64 // and ends here
	pace    pace
	late    int64 // samples that came when their frame was mixed
	ring    [roomFrames][frameLen]int16
	part    [roomFrames]int64 // the frame of which the ring holds the party's part, as it was mixed
}

// PartyOptions say how a party takes part.
type PartyOptions struct {
	ListenOnly bool // it is never heard
}

// NewRoom makes an empty room for streams of s. It needs no end.
func (s *Streams) NewRoom() *Room {
	r := &Room{clock: s.clock, gain: full}
	r.mixed = r.time() / frameLen
	return r
}

// time is the room's: what a first slot sends lies before the clock's beginning.
func (r *Room) time() int64 { return r.clock.samples() + roomLen }

// Join adds a party. It is heard from the next slot of its stream on.
func (r *Room) Join(o PartyOptions) *Party {
	p := &Party{room: r}
	if !o.ListenOnly {
		p.voice = &voice{volume: unity, written: -1}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.parties++
	r.talkers = slices.Grow(r.talkers, r.parties) // the shards, which list them, do not allocate
	return p
}

// Leave has the party be heard no more and hear nothing. Later calls do nothing.
func (p *Party) Leave() {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	if !p.left.Swap(true) {
		p.room.parties--
	}
}

// Mute has the party not be heard, or again.
func (p *Party) Mute(on bool) {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	if p.voice != nil {
		p.voice.muted = on
	}
}

// SetVolume has the others hear the party louder, or softer, by dB: -40 to 20.
func (p *Party) SetVolume(dB float64) {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	if p.voice != nil {
		p.voice.volume = int32(math.Round(unity * math.Pow(10, min(max(dB, -40), 20)/20)))
	}
}

// PartyStats is how a party fares.
type PartyStats struct {
	Talking bool  `json:"talking"`
	Late    int64 `json:"late"` // samples that were not heard because they came too late
}

// Stats tells how the party fares.
func (p *Party) Stats() (s PartyStats) {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	if v := p.voice; v != nil {
		s.Talking = !p.left.Load() && !v.muted && v.talks > p.room.mixed*frameLen
		s.Late = v.late
	}
	return s
}

// Heard is the function for [Stream.Tap]: what the party says.
func (p *Party) Heard(pcm []int16, _ bool) {
	r, v := p.room, p.voice
	if v == nil {
		return
	}
	loud := isLoud(pcm)
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.left.Load() {
		return
	}
	v.keepTime(r.time(), r.mixed)
	v.write(pcm, r.mixed)
	if loud {
		v.talks = v.written + gateHold
	}
	if v.talks > r.mixed*frameLen && !v.muted && !v.listed {
		v.listed = true
		r.talkers = append(r.talkers, p)
	}
}

// isLoud tells whether there may be speech in pcm.
func isLoud(pcm []int16) bool {
	sum := 0
	for _, s := range pcm {
		sum += max(int(s), -int(s))
	}
	return sum >= gateLevel*len(pcm) && len(pcm) > 0
}

// keepTime sets where the next samples lie: at now, when the first of them come, or
// the first after a while, or when they are too late too often. From then on it is
// their number that counts, as a slot that is served late has its samples where they
// belong. A first slot that was late itself is made up for when the party is silent.
func (v *voice) keepTime(now, mixed int64) {
	ahead := v.written - now
	if v.written < 0 || ahead < -roomLate || ahead > roomLate || v.pace.late > paceSlots/5 {
		v.written, v.pace = now/frameLen*frameLen, pace{}
		v.started = v.written
		if v.level != 0 { // what was said before fades away in the next frame
			v.started = max(v.started, (mixed+1)*frameLen)
		}
		return
	}
	if surplus := v.pace.surplus(ahead); surplus > 0 && v.talks < v.written {
		v.written -= surplus
		v.started = v.written/frameLen*frameLen + frameLen
	}
}

// write puts samples behind those before; those of frames that are mixed are too late.
func (v *voice) write(pcm []int16, mixed int64) {
	if late := min(mixed*frameLen-v.written, int64(len(pcm))); late > 0 {
		v.late += late
		v.pace.late++
		v.written += late
		pcm = pcm[late:]
	}
	for len(pcm) > 0 {
		frame, at := v.written/frameLen%roomFrames, v.written%frameLen
		n := copy(v.ring[frame][at:], pcm)
		v.part[frame] = -1
		v.written += int64(n)
		pcm = pcm[n:]
	}
}

// pace tells by how much a slot is always further than it should be: late ones aside.
type pace struct {
	least int64
	seen  int
	late  int // of those seen, how many came too late
}

const paceSlots = 50

// surplus takes how much it was this time; once in a while it gives the frames by
// which it was never less.
func (p *pace) surplus(x int64) int64 {
	if p.seen == 0 || x < p.least {
		p.least = x
	}
	if p.seen++; p.seen < paceSlots {
		return 0
	}
	p.seen, p.late = 0, 0
	return (max(p.least, 0) + frameLen - 1) / frameLen * frameLen
}

// More tells that a party hears on until it leaves.
func (p *Party) More() bool { return !p.left.Load() }

var _ Growing = (*Party)(nil)

// At gives what the party hears. What it gives is valid until it is called again.
func (p *Party) At(law g711.Law, offset, n int) []byte {
	r := p.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.left.Load() {
		return nil
	}
	n = min(n, len(p.slot))
	end := p.until(r.time(), int64(offset), int64(n))
	r.mixUntil(end)
	for at, out := end-int64(n), p.slot[:n]; len(out) > 0; {
		k := p.listen(out, law, at)
		at, out = at+int64(k), out[k:]
	}
	return p.slot[:n]
}

// until gives the room time up to which the slot at hand is, by the same rules as
// [voice.keepTime].
func (p *Party) until(now, offset, n int64) (end int64) {
	end = p.base + offset + n
	behind := now - roomMargin - end
	surplus := p.pace.surplus(behind - (frameLen - 1))
	if surplus > 0 && !p.room.frames[(end/frameLen)%roomFrames].loud {
		end += surplus
	}
	if !p.reads || behind < 0 || behind > roomLate {
		p.reads, p.pace, end = true, pace{}, (now-roomMargin)/frameLen*frameLen
	}
	p.base = end - offset - n
	return end
}

// listen fills out with what the party hears from the room time at on, to the end of
// its frame at the most, and says how much that is.
func (p *Party) listen(out []byte, law g711.Law, at int64) (n int) {
	number, from := at/frameLen, int(at%frameLen)
	f := &p.room.frames[number%roomFrames]
	n = min(len(out), frameLen-from)
	out = out[:n]
	switch {
	case f.number != number || !f.loud:
		fillSilence(out, law)
	case p.voice != nil && p.voice.part[number%roomFrames] == number:
		own := &p.voice.ring[number%roomFrames]
		for i := range out {
			out[i] = law.Encode(f.limited(from+i, f.sum[from+i]-int32(own[from+i])))
		}
	default:
		copy(out, f.encoded(law)[from:])
	}
	return n
}

// encoded is the frame as those hear it who have no part in it.
func (f *roomFrame) encoded(law g711.Law) []byte {
	audio := &f.audio[law]
	if !f.made[law] {
		f.made[law] = true
		for i, s := range f.sum {
			audio[i] = law.Encode(f.limited(i, s))
		}
	}
	return audio[:]
}

// mixUntil mixes the frames up to a room time that nobody has asked for yet.
func (r *Room) mixUntil(end int64) {
	last := (end + frameLen - 1) / frameLen
	if last-r.mixed > roomFrames { // nobody has listened for a while
		r.mixed = last - roomFrames/2
	}
	for ; r.mixed < last; r.mixed++ {
		r.mix(r.mixed)
	}
}

// mix makes a frame of those who talk.
func (r *Room) mix(number int64) {
	f := &r.frames[number%roomFrames]
	f.number, f.loud, f.made = number, false, [2]bool{}
	for i := 0; i < len(r.talkers); {
		p := r.talkers[i]
		said, talks := p.voice.say(number, p.left.Load())
		if said != nil {
			if !f.loud {
				f.loud = true
				clear(f.sum[:])
			}
			for i, s := range said {
				f.sum[i] += int32(s)
			}
		}
		if talks {
			i++
			continue
		}
		p.voice.listed = false
		last := len(r.talkers) - 1
		r.talkers[i], r.talkers[last] = r.talkers[last], nil
		r.talkers = r.talkers[:last]
	}
	r.limit(f)
}

// say makes the party's part of a frame, in its ring; nil: it has none. It talks as
// long as it may have a part in the next one.
func (v *voice) say(number int64, left bool) (said *[frameLen]int16, talks bool) {
	begin := number * frameLen
	want := v.volume
	if left || v.muted || v.talks <= begin {
		want = 0
	}
	there := 0
	if v.started <= begin && v.written-begin <= roomLen {
		there = int(min(max(v.written-begin, 0), frameLen))
	}
	talks = v.talks > begin && !v.muted && !left
	if v.level == 0 && (want == 0 || there < frameLen) {
		return nil, talks
	}
	said = &v.ring[number%roomFrames]
	if there == frameLen {
		v.turn(said[:], want)
	} else {
		v.turn(said[:there], v.level)
		v.fadeAway(said, there, &v.ring[(number+roomFrames-1)%roomFrames])
	}
	v.part[number%roomFrames] = number
	return said, talks || v.level != 0
}

// turn applies the volume, which goes from what it was to what is wanted at the
// beginning of said.
func (v *voice) turn(said []int16, want int32) {
	if v.level == unity && want == unity {
		return
	}
	for i, s := range said {
		level := want
		if i < roomFade {
			level = v.level + (want-v.level)*int32(i)/roomFade
		}
		said[i] = saturate(int(s) * int(level) / unity)
	}
	v.level = want
}

// fadeAway fills a frame of which only so much is there: with what was said last,
// backwards and fading, so that it does not end with a click.
func (v *voice) fadeAway(said *[frameLen]int16, there int, before *[frameLen]int16) {
	for i := there; i < frameLen; i++ {
		past, left := 2*there-1-i, roomFade-(i-there)
		switch {
		case left <= 0:
			said[i] = 0
		case past >= 0:
			said[i] = int16(int(said[past]) * left / roomFade)
		default:
			said[i] = int16(int(before[frameLen+past]) * left / roomFade)
		}
	}
	v.level = 0
}

const (
	limitAttack  = 2 * samplesPerMs // in which the limiter turns down
	limitRelease = 32               // frames in which it turns up by as much again, at first
)

// limit sets how far a frame is turned down: so far that its peak is full scale, at
// once; and slowly less when it could be.
func (r *Room) limit(f *roomFrame) {
	peak := int32(0)
	if f.loud {
		for _, s := range f.sum {
			peak = max(peak, s, -s)
		}
	}
	f.from, f.to = r.gain, min(full, r.gain+r.gain/limitRelease+1)
	if peak > math.MaxInt16 {
		f.to = min(f.to, int32(math.MaxInt16*int64(full)/int64(peak)))
	}
	r.gain = f.to
}

// limited is a sample as it is heard, the ith of the frame.
func (f *roomFrame) limited(i int, s int32) int16 {
	if f.from == full && f.to == full {
		return saturate(int(s))
	}
	over := frameLen // in which the factor changes
	if f.to < f.from {
		over = limitAttack
	}
	gain := int64(f.to)
	if i < over {
		gain = int64(f.from) + int64(f.to-f.from)*int64(i)/int64(over)
	}
	return saturate(int(int64(s) * gain / full))
}
