package media

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"runtime/debug"
	"slices"
	"testing"
	"unsafe"

	"dialtone/dtmf"
	"dialtone/media/g711"
)

// bridged is two bridged streams: what the far end of one says is sent by the other.
type bridged struct {
	*lab
	caller, callee *Stream
	bridge         *Bridge
	seq            uint16 // of the caller's next packet
	timestamp      uint32
	said           int // samples that the caller has said
	far            *farCipher
}

func newBridged(t testing.TB, caller, callee Params) *bridged {
	l := newLab(t, Config{})
	p := &bridged{lab: l, seq: 65530, timestamp: 1<<32 - 1000}
	p.caller, p.callee = l.stream(&caller), l.stream(&callee)
	l.step(95)
	p.join()
	l.take()
	return p
}

func (p *bridged) join() {
	p.t.Helper()
	b, err := NewBridge(p.caller, p.callee)
	if err != nil {
		p.t.Fatal(err)
	}
	p.bridge = b
}

// audio is the caller's next packet of so many ms.
func (p *bridged) audio(ms int) []byte {
	n := ms * samplesPerMs
	b := make([]byte, n)
	for i := range b {
		b[i] = byte((p.said+i)*7 + (p.said+i)/256)
	}
	packet := rtpPacket(header{seq: p.seq, timestamp: p.timestamp, ssrc: 77, payloadType: p.caller.params.PayloadType}, b)
	p.lose(ms)
	return packet
}

// lose has the caller's next packet not be.
func (p *bridged) lose(ms int) {
	n := ms * samplesPerMs
	p.seq, p.timestamp, p.said = p.seq+1, p.timestamp+uint32(n), p.said+n
}

// say has the caller say so many packets.
func (p *bridged) say(packets, ms int) {
	for range packets {
		p.hear(p.caller, there, p.audio(ms))
		p.step(int64(ms))
	}
}

// event has the caller send a packet of an event that began at timestamp.
func (p *bridged) event(code byte, timestamp uint32, duration int, marker, end bool) {
	h := header{seq: p.seq, timestamp: timestamp, ssrc: 77, payloadType: uint8(p.caller.params.EventType), marker: marker}
	p.hear(p.caller, there, rtpPacket(h, eventPayload(code, end, duration)))
	p.seq++
}

// press has the caller press a key for so many packets of 20 ms and the three ends, with its tone beside the events.
func (p *bridged) press(code byte, packets int, beside bool) {
	began := p.timestamp
	for i := range packets + 2 {
		if beside {
			p.hear(p.caller, there, p.audio(20))
		} else {
			p.timestamp += 160
		}
		p.event(code, began, min(i+1, packets)*160, i == 0, i >= packets-1)
		p.step(20)
	}
}

// sentBy gives what a stream has sent since the last time.
func (p *bridged) sentBy(st *Stream) (sent []sentPacket) {
	for _, packet := range p.take() {
		if packet.st == st {
			sent = append(sent, packet)
		}
	}
	return sent
}

// inOrder checks that packets are those of one source without a gap.
func inOrder(t *testing.T, sent []sentPacket) {
	t.Helper()
	for i := 1; i < len(sent); i++ {
		a, b := sent[i-1], sent[i]
		if b.seq != a.seq+1 || b.timestamp != a.timestamp+uint32(len(a.payload)) || b.ssrc != a.ssrc {
			t.Fatalf("packet %d: seq %d timestamp %d after seq %d timestamp %d of %d", i, b.seq, b.timestamp, a.seq, a.timestamp, len(a.payload))
		}
	}
}

func aParams() Params {
	p := muParams()
	p.Law, p.PayloadType = g711.A, 8
	return p
}

func withPtime(p Params, ms int) Params { p.Ptime = ms; return p }

// What one says reaches the other as it is, in the same moment, as one source.
func TestBridgePassesAudio(t *testing.T) {
	for _, tt := range []struct {
		name   string
		callee Params
		in     int // ms of a packet that comes
		out    int // of one that leaves
	}{
		{"as it is", muParams(), 20, 20},
		{"the other law", aParams(), 20, 20},
		{"longer packets", withPtime(muParams(), 30), 20, 30},
		{"much longer packets", withPtime(aParams(), 60), 10, 60},
		{"shorter packets", withPtime(muParams(), 10), 20, 10},
		{"shorter packets that do not fit", withPtime(muParams(), 20), 30, 20},
		{"packets of no usual length", muParams(), 37, 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBridged(t, muParams(), tt.callee)
			before := p.callee.State()
			p.say(60, tt.in)
			sent := p.sentBy(p.callee)
			inOrder(t, sent)
			if len(sent) < 60*tt.in/tt.out-1 {
				t.Fatalf("%d packets left", len(sent))
			}
			if first := sent[0]; first.seq != before.Seq || first.ssrc != before.SSRC || !first.marker || sent[1].marker {
				t.Errorf("the first is seq %d of %x, marker %v, the second %v; want seq %d of %x", first.seq, first.ssrc, first.marker, sent[1].marker, before.Seq, before.SSRC)
			}
			var got []byte
			for _, packet := range sent {
				if len(packet.payload) != tt.out*samplesPerMs || packet.payloadType != tt.callee.PayloadType {
					t.Fatalf("a packet of %d samples, type %d", len(packet.payload), packet.payloadType)
				}
				got = append(got, packet.payload...)
			}
			want := counting(len(got))
			if tt.callee.Law != g711.Mu {
				g711.Mu.Transcode(want)
			}
			if !bytes.Equal(got, want) {
				t.Error("other audio than what was said")
			}
			if tt.in == tt.out && sent[0].at != 95 {
				t.Errorf("what came at 95 left at %d", sent[0].at)
			}
		})
	}
}

// What is lost or overtaken before is lost or overtaken after, so that the far end's buffer can do its work.
func TestBridgeKeepsWhatTheLineDid(t *testing.T) {
	p := newBridged(t, muParams(), muParams())
	p.say(3, 20)
	first := p.sentBy(p.callee)[0]
	p.lose(20)
	p.say(1, 20)
	late := p.audio(20)
	p.say(1, 20)
	p.hear(p.caller, there, late)
	p.hear(p.caller, there, late) // twice
	p.say(1, 20)
	var got []int
	for _, packet := range p.sentBy(p.callee) {
		place := int(packet.seq - first.seq)
		if packet.timestamp != first.timestamp+uint32(160*place) {
			t.Errorf("packet %d has timestamp +%d", place, packet.timestamp-first.timestamp)
		}
		got = append(got, place)
	}
	if want := []int{4, 6, 5, 7}; !slices.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
}

// A key is passed on once, as the other side takes it, and comes out of Digits too.
func TestBridgePassesKeys(t *testing.T) {
	tones := muParams()
	tones.EventType = -1
	for _, tt := range []struct {
		name   string
		callee Params
		beside bool
		events string // heard by the callee
		tones  string
	}{
		{"events to events", muParams(), false, "5", ""},
		{"with tones beside", muParams(), true, "5", ""},
		{"events to tones", tones, false, "", "5"},
		{"with tones beside, to tones", tones, true, "", "5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBridged(t, muParams(), tt.callee)
			p.say(10, 20)
			p.press(5, 8, tt.beside)
			p.say(10, 20)
			sent := p.sentBy(p.callee)
			var r dtmf.EventReceiver
			var events []dtmf.Digit
			var detector dtmf.Detector
			var heard []dtmf.Digit
			length := 0
			for i, packet := range sent {
				if i > 0 && packet.seq != sent[i-1].seq+1 {
					t.Errorf("packet %d: seq %d after %d", i, packet.seq, sent[i-1].seq)
				}
				if packet.payloadType == 101 {
					events = r.Packet(events, packet.at*samplesPerMs, packet.ssrc, packet.seq, packet.timestamp, packet.marker, packet.payload)
					if packet.payload[1]&0x80 != 0 {
						length = int(binary.BigEndian.Uint16(packet.payload[2:]))
					}
					continue
				}
				pcm := make([]int16, len(packet.payload))
				g711.Mu.DecodeTo(pcm, packet.payload)
				heard = detector.Samples(heard, packet.at*samplesPerMs, pcm)
			}
			if keysOf(events) != tt.events || keysOf(heard) != tt.tones {
				t.Errorf("the callee got events %q and tones %q, want %q and %q", keysOf(events), keysOf(heard), tt.events, tt.tones)
			}
			if tt.events != "" && (length < 7*160 || length > 9*160) {
				t.Errorf("a press of %d samples, want about %d", length, 8*160)
			}
			select {
			case d := <-p.caller.Digits():
				if d.Key != '5' {
					t.Errorf("Digits has %c", d.Key)
				}
			default:
				t.Error("Digits has nothing")
			}
		})
	}
}

// A tone of who has no events is an event for who takes them, wherever in a packet it begins, and what of it goes through
// before it is known for one is too little to be heard as a key.
func TestBridgeMakesEventsOfTones(t *testing.T) {
	tones := muParams()
	tones.EventType = -1
	for begin := 0; begin < 160; begin += 8 {
		p := newBridged(t, tones, muParams())
		p.step(int64(begin) % 20)
		speech := counting(160)
		quiet := bytes.Repeat([]byte{0xff}, 160)
		say := func(audio []byte) {
			p.hear(p.caller, there, rtpPacket(header{seq: p.seq, timestamp: p.timestamp, ssrc: 77}, audio))
			p.lose(20)
			p.step(20)
		}
		for range 50 {
			say(quiet)
		}
		pcm := make([]int16, 1600)
		dtmf.ToneSamples(pcm[begin:1200+begin], '5', 0)
		tone := make([]byte, len(pcm))
		g711.Mu.EncodeTo(tone, pcm)
		for at := 0; at < len(tone); at += 160 {
			say(tone[at : at+160])
		}
		for range 25 {
			say(quiet)
		}
		for range 25 {
			say(speech)
		}
		var r dtmf.EventReceiver
		var detector dtmf.Detector
		var events, heard []dtmf.Digit
		var last []byte
		for _, packet := range p.sentBy(p.callee) {
			if packet.payloadType == 101 {
				events = r.Packet(events, packet.at*samplesPerMs, packet.ssrc, packet.seq, packet.timestamp, packet.marker, packet.payload)
				continue
			}
			pcm := make([]int16, len(packet.payload))
			g711.Mu.DecodeTo(pcm, packet.payload)
			heard = detector.Samples(heard, packet.at*samplesPerMs, pcm)
			last = packet.payload
		}
		d, down := r.Press()
		if keysOf(events) != "5" || down || d.Length < 120*samplesPerMs || d.Length > 260*samplesPerMs {
			t.Errorf("tone at %d: events %q of %d ms, down %v", begin, keysOf(events), d.Length/samplesPerMs, down)
		}
		if len(heard) != 0 {
			t.Errorf("tone at %d: the callee hears %q as a tone too", begin, keysOf(heard))
		}
		if !bytes.Contains(append(speech, speech...), last) {
			t.Errorf("tone at %d: what is said after it does not come through", begin)
		}
		if d := digitsOf(p.caller); d != "5" {
			t.Errorf("tone at %d: Digits has %q", begin, d)
		}
	}
}

// What is played on one stream is heard in place of the other; when it is over the other is heard again.
func TestBridgePausesForWhatPlays(t *testing.T) {
	p := newBridged(t, muParams(), muParams())
	p.say(10, 20)
	music := bytes.Repeat([]byte{0x42}, 20*160)
	done := p.callee.Play(clip(music))
	p.say(15, 20)
	if closedNow(done) {
		t.Fatal("the music was cut short")
	}
	p.say(15, 20)
	sent := p.sentBy(p.callee)
	inOrder(t, sent)
	var got []byte
	for _, packet := range sent {
		got = append(got, packet.payload...)
	}
	if at := bytes.Index(got, music); at != 10*160 {
		t.Errorf("the music is at %d", at)
	}
	if rest := got[len(got)-5*160:]; !bytes.Equal(rest, counting(40 * 160)[35*160:]) {
		t.Error("what is said after it is not heard")
	}
}

// Who says nothing is heard as silence after a moment, or as the noise that is said to be there.
func TestBridgeFillsSilence(t *testing.T) {
	p := newBridged(t, muParams(), muParams())
	p.say(10, 20)
	p.sentBy(p.callee)
	p.step(1000)
	sent := p.sentBy(p.callee)
	inOrder(t, sent)
	if n := len(sent); n < 39 || n > 41 {
		t.Errorf("%d packets in a second without any, want 200 ms less", n)
	}
	p.timestamp += 8000
	p.say(5, 20)
	back := p.sentBy(p.callee)
	inOrder(t, append(sent[len(sent)-1:], back...))
	p.hear(p.caller, there, rtpPacket(header{seq: p.seq, timestamp: p.timestamp, ssrc: 77, payloadType: noisePayload}, []byte{30}))
	p.seq++
	p.step(100)
	noise := p.sentBy(p.callee)
	inOrder(t, append(back[len(back)-1:], noise...))
	if len(noise) != 5 || g711.Mu.Quiet(noise[2].payload) {
		t.Errorf("%d packets of noise", len(noise))
	}
}

// Both sides' recordings hear both.
func TestBridgeIsHeardByTaps(t *testing.T) {
	p := newBridged(t, muParams(), muParams())
	var heard, sent []int16
	p.callee.TapSent(func(pcm []int16) { sent = append(sent, pcm...) })
	p.caller.Tap(func(pcm []int16, _ bool) { heard = append(heard, pcm...) })
	p.say(40, 20)
	want := make([]int16, 10*160) // after which the delay shrinks
	g711.Mu.DecodeTo(want, counting(len(want)))
	for name, got := range map[string][]int16{"heard": heard, "sent": sent} {
		if at := indexOf(got, want[160:320]); at < 0 || indexOf(got, want[160:]) != at {
			t.Errorf("%s: %d samples, those of the second packet at %d", name, len(got), at)
		}
	}
}

func indexOf(in, want []int16) int {
	for i := 0; i+len(want) <= len(in); i++ {
		if slices.Equal(in[i:i+len(want)], want) {
			return i
		}
	}
	return -1
}

// After its end both streams are their own again.
func TestBridgeEnds(t *testing.T) {
	p := newBridged(t, muParams(), muParams())
	p.say(5, 20)
	p.callee.Close()
	p.say(5, 20)
	for _, packet := range p.take() {
		if packet.st == p.callee && packet.at > 195 {
			t.Fatal("a closed stream sends")
		}
	}
	if p.caller.onward != nil || p.caller.fed != nil {
		t.Error("the caller is still bridged")
	}
	if _, err := NewBridge(p.caller, p.callee); err != ErrClosed {
		t.Errorf("a bridge to a closed stream: %v", err)
	}
	other := p.stream(&Params{Remote: netip.MustParseAddrPort("192.0.2.10:4000"), EventType: -1, Send: true, Receive: true})
	p.callee = other
	p.join()
	p.say(5, 20)
	inOrder(t, p.sentBy(other))
}

// Packets of who guessed a port, sooner and faster than the telephone's, reach nobody, and are sent nothing.
func TestStrangersAreNotPassedOn(t *testing.T) {
	p := newBridged(t, muParams(), muParams())
	stranger := addr("203.0.113.66:6666")
	for i := range 2000 {
		h := header{seq: uint16(i), timestamp: uint32(8 * i), ssrc: 66}
		if i%2 == 1 {
			h.payloadType = 101
		}
		p.hear(p.caller, stranger, rtpPacket(h, bytes.Repeat([]byte{9}, 160)))
		if i%20 == 10 {
			p.hear(p.caller, there, p.audio(20))
		}
		p.step(1)
	}
	var got []byte
	for _, packet := range p.take() {
		if packet.to != makeTarget(here, there) {
			t.Fatal("a packet went to the stranger")
		}
		if packet.st == p.callee {
			got = append(got, packet.payload...)
		}
	}
	if !bytes.Equal(got, counting(100*160)) {
		t.Error("the callee heard something else than the caller")
	}
	if d := digitsOf(p.caller); d != "" {
		t.Errorf("the stranger pressed %q", d)
	}
}

// underRace tells whether the race detector watches: it keeps what pion/srtp has on its stack.
func underRace() bool {
	build, _ := debug.ReadBuildInfo()
	return slices.Contains(build.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// A bridged packet costs no allocation, in clear or encrypted, whatever has to be done to it.
func TestBridgeAllocatesNothing(t *testing.T) {
	for name, tt := range map[string]struct{ caller, callee Params }{
		"as it is":            {muParams(), muParams()},
		"the other law":       {muParams(), aParams()},
		"another packet time": {muParams(), withPtime(muParams(), 30)},
		"encrypted":           {encrypted(muParams(), secret(suite80, 1, 50)), encrypted(muParams(), secret(suite32, 60, 90))},
	} {
		p := newBridged(t, tt.caller, tt.callee)
		shard := p.streams.shards[0]
		shard.send, shard.report = func(*Stream, []byte, *target) {}, func(*Stream, []byte, *target) {}
		var packets [][]byte
		for range 2200 {
			packet := p.audio(20)
			if tt.caller.SRTP.Suite != "" {
				if len(packets) == 0 {
					p.far = newFarCipher(t, tt.caller.SRTP)
				}
				packet = p.far.seal(packet)
			}
			packets = append(packets, packet)
		}
		next := func() {
			p.hear(p.caller, there, packets[0])
			packets = packets[1:]
			p.now += 20
			shard.Tick(p.now)
		}
		for range 100 {
			next() // buffers find their size
		}
		if n := testing.AllocsPerRun(2000, next); n != 0 && !(p.far != nil && underRace()) {
			t.Errorf("%s: %v allocations a packet", name, n)
		}
		if sent := p.callee.Stats().Sent; sent < 1300 {
			t.Errorf("%s: only %d packets left", name, sent)
		}
	}
	if n := unsafe.Sizeof(Bridge{}); n > 1700 {
		t.Errorf("a bridge takes %d bytes", n)
	}
}
