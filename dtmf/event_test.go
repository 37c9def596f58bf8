package dtmf

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

// The cases of testdata/dtmf were made with the specification of the receiver: a
// sequence of RTP packets with the digits a caller pressed, and why.
func TestEventCases(t *testing.T) {
	type packet struct {
		Ms      int64  `json:"t_ms"`
		PT      int    `json:"pt"`
		Seq     uint16 `json:"seq"`
		TS      uint32 `json:"ts"`
		Marker  bool   `json:"m"`
		SSRC    uint32 `json:"ssrc"`
		Payload string `json:"payload_hex"`
	}
	f, err := os.Open("../testdata/dtmf/rfc4733-cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	cases := 0
	for lines.Scan() {
		var c struct {
			Name    string   `json:"name"`
			EventPT int      `json:"event_pt"`
			Quiet   int64    `json:"quiet_ms"`
			Expect  string   `json:"expect"`
			Why     string   `json:"why"`
			Packets []packet `json:"packets"`
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases++
		t.Run(c.Name, func(t *testing.T) {
			var r EventReceiver
			var digits []Digit
			now := int64(0)
			tick := func(until int64) {
				for ; now < until; now += 20 {
					r.Tick(now * samplesPerMs)
				}
			}
			for _, p := range c.Packets {
				tick(p.Ms)
				if p.PT != c.EventPT {
					continue
				}
				payload, err := hex.DecodeString(p.Payload)
				if err != nil {
					t.Fatal(err)
				}
				digits = r.Packet(digits, p.Ms*samplesPerMs, p.SSRC, p.Seq, p.TS, p.Marker, payload)
			}
			tick(now + c.Quiet)
			if got := keysOf(digits); got != c.Expect {
				t.Errorf("heard %q, want %q: %s", got, c.Expect, c.Why)
			}
			if _, down := r.Press(); down {
				t.Error("a key is still down after a second without packets")
			}
		})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if cases != 26 {
		t.Errorf("%d cases, want 26", cases)
	}
}

// event is one packet of a case below.
type event struct {
	seq    uint16
	ts     uint32
	code   byte
	end    bool
	last   uint16
	marker bool
	ssrc   uint32
}

func (e event) payload() []byte {
	b := []byte{e.code, 10, 0, 0}
	if e.end {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], e.last)
	return b
}

func TestEventSequences(t *testing.T) {
	down := func(seq uint16, ts uint32, code byte, last uint16) event {
		return event{seq: seq, ts: ts, code: code, last: last, marker: last == 160}
	}
	up := func(seq uint16, ts uint32, code byte, last uint16) event {
		return event{seq: seq, ts: ts, code: code, last: last, end: true}
	}
	with := func(e event, change func(*event)) event { change(&e); return e }
	ssrc := func(e event) event { return with(e, func(e *event) { e.ssrc = 7 }) }
	mark := func(e event) event { return with(e, func(e *event) { e.marker = true }) }
	plain := func(e event) event { return with(e, func(e *event) { e.marker = false }) }
	for _, c := range []struct {
		why     string
		want    string
		packets []event
	}{
		{"ends alone are a press", "5", []event{up(1, 0, 5, 800), up(2, 0, 5, 800), up(3, 0, 5, 800)}},
		{"a hundred ends are one press", "5", append([]event{down(0, 9, 5, 160)}, func() (ends []event) {
			for i := range uint16(100) {
				ends = append(ends, up(1+i, 9, 5, 320))
			}
			return ends
		}()...)},
		{"one packet is a press", "1", []event{down(1, 0, 1, 160)}},
		{"a falling duration is the same press", "1", []event{down(1, 8, 1, 480), down(2, 8, 1, 320), down(3, 8, 1, 160), up(4, 8, 1, 80)}},
		{"two keys under one timestamp are two presses", "12", []event{down(1, 8, 1, 160), up(2, 8, 1, 320), down(3, 8, 2, 160), up(4, 8, 2, 320)}},
		{"a timestamp that stands still through three keys", "121", []event{up(1, 0, 1, 320), up(2, 0, 2, 320), mark(up(3, 0, 1, 320))}},
		{"a key twice under one timestamp is one press: the marker is a hint", "1", []event{down(1, 8, 1, 160), up(2, 8, 1, 320), mark(down(40, 8, 1, 160)), up(41, 8, 1, 320)}},
		{"the end of the press before, late", "12", []event{down(1, 0, 1, 160), down(5, 960, 2, 160), up(2, 0, 1, 320), up(3, 0, 1, 320), up(6, 960, 2, 320)}},
		{"sequence and timestamp wrap", "77", []event{down(65534, 1<<32-160, 7, 160), down(65535, 1<<32-160, 7, 320), up(0, 1<<32-160, 7, 480), down(1, 640, 7, 160), up(2, 640, 7, 320)}},
		{"a new SSRC is a new press", "55", []event{down(1, 0, 5, 160), ssrc(down(1, 0, 5, 160)), ssrc(up(2, 0, 5, 320))}},
		{"the old SSRC's stragglers are not", "55", []event{down(1, 0, 5, 160), ssrc(down(1, 0, 5, 160)), up(2, 0, 5, 320), ssrc(up(2, 0, 5, 320))}},
		{"segments of a long press", "5", []event{down(1, 100, 5, 65500), down(2, 100, 5, 65535), down(3, 65635, 5, 165), down(4, 65635, 5, 325), up(5, 65635, 5, 485)}},
		{"a segment whose first packets are lost", "5", []event{down(1, 100, 5, 60000), down(9, 65635, 5, 2000), up(10, 65635, 5, 2160)}},
		{"segments of whole packets, the last one lost", "5", []event{down(1, 100, 5, 65280), down(3, 65540, 5, 160+1), up(4, 65540, 5, 320)}},
		{"a straggler of the segment before", "5", []event{down(1, 100, 5, 65200), down(3, 65635, 5, 165), down(2, 100, 5, 65360), up(5, 65635, 5, 485)}},
		{"segments with markers", "5", []event{down(1, 100, 5, 65535), mark(down(2, 65635, 5, 165)), up(3, 65635, 5, 325)}},
		{"segments that end", "5", []event{up(1, 100, 5, 65535), down(2, 65635, 5, 325), up(3, 65635, 5, 325)}},
		{"the same key pressed later is no segment", "55", []event{down(1, 0, 5, 160), up(2, 0, 5, 800), plain(down(3, 65535, 5, 160))}},
		{"a timestamp that moves along with the packets", "5", []event{
			down(1, 0, 5, 160), plain(down(2, 160, 5, 320)), plain(down(3, 320, 5, 480)), up(4, 480, 5, 640), up(5, 640, 5, 640), up(6, 800, 5, 640)}},
		{"such packets out of order", "5", []event{down(1, 0, 5, 160), plain(down(3, 320, 5, 480)), plain(down(2, 160, 5, 320)), up(4, 480, 5, 640)}},
		{"a timestamp that moves along, each packet for itself", "5", []event{down(1, 0, 5, 160), plain(down(2, 160, 5, 160)), plain(down(3, 320, 5, 160)), up(4, 480, 5, 160)}},
		{"such packets, the first one late", "5", []event{plain(down(2, 160, 5, 320)), down(1, 0, 5, 160), plain(down(3, 320, 5, 480)), up(4, 480, 5, 640)}},
		{"a straggler of a timestamp that moves along, after the next key", "56", []event{
			down(1, 0, 5, 160), plain(down(2, 160, 5, 320)), down(7, 960, 6, 160), plain(down(3, 320, 5, 480)), up(4, 480, 5, 640), up(8, 960, 6, 320)}},
		{"a timestamp that moves along without durations", "5", []event{down(1, 0, 5, 0), down(2, 160, 5, 0), up(3, 320, 5, 0), up(4, 480, 5, 0)}},
		{"no durations: the same key again", "55", []event{down(1, 0, 5, 0), down(2, 0, 5, 0), up(3, 0, 5, 0), down(9, 960, 5, 0), up(10, 960, 5, 0)}},
		{"a timestamp that stands still through three keys, without markers", "121", []event{
			up(1, 0, 1, 320), up(2, 0, 2, 320), down(3, 0, 1, 320), up(4, 0, 1, 480)}},
		{"flash is no digit, and the key before is up", "3", []event{down(1, 0, 3, 160), down(2, 160, 16, 160), down(3, 320, 255, 160)}},
		{"A to D", "ABCD", []event{up(1, 0, 12, 160), up(2, 800, 13, 160), up(3, 1600, 14, 160), up(4, 2400, 15, 160)}},
		{"the whole sequence again", "12", []event{down(1, 0, 1, 160), up(2, 0, 1, 320), down(3, 800, 2, 160), up(4, 800, 2, 320), down(1, 0, 1, 160), up(2, 0, 1, 320), down(3, 800, 2, 160), up(4, 800, 2, 320)}},
		{"a sequence that jumps", "12", []event{down(1, 0, 1, 160), up(40000, 800, 2, 320), up(2, 0, 1, 320)}},
	} {
		for _, ticked := range []bool{false, true} { // timed out after each packet, or not
			var r EventReceiver
			var digits []Digit
			for i, e := range c.packets {
				at := int64(i) * 160
				if ticked {
					at *= 10
					r.Tick(at)
				}
				digits = r.Packet(digits, at, e.ssrc, e.seq, e.ts, e.marker, e.payload())
			}
			if got := keysOf(digits); got != c.want {
				t.Errorf("%s (timed out: %v): heard %q, want %q", c.why, ticked, got, c.want)
			}
		}
	}
}

func TestEventPayloads(t *testing.T) {
	for _, c := range []struct {
		payload, want, why string
	}{
		{"", "", "empty"},
		{"05", "", "cut short"},
		{"050a00", "", "cut short"},
		{"050a00a0", "5", "one event"},
		{"054a00a0", "5", "reserved bit"},
		{"053f00a0", "5", "volume of -63 dBm0 does not gate"},
		{"050a0000", "5", "no duration"},
		{"050a00a0ff", "5", "a byte too many"},
		{"00000000058a00a0", "5", "zeros before the event"},
		{"058a00a000000000", "5", "zeros after it"},
		{"00000000", "0", "zeros alone are the key 0 going down"},
		{"018a0190028a0190", "12", "two short ones"},
		{"058a0190058a0190", "55", "two short ones of one key"},
		{"018a0190108a0190028a0190", "12", "a flash between"},
		{"ff8a0190", "", "no such event"},
	} {
		b, err := hex.DecodeString(c.payload)
		if err != nil {
			t.Fatal(err)
		}
		var r EventReceiver
		digits := r.Packet(nil, 8000, 1, 1, 1, true, b)
		digits = r.Packet(digits, 8160, 1, 2, 1, false, b)
		if got := keysOf(digits); got != c.want {
			t.Errorf("%s (%s): heard %q, want %q", c.payload, c.why, got, c.want)
		}
	}
	var r EventReceiver
	var huge [4000]byte
	for i := range huge {
		huge[i] = byte(0x80 | i)
	}
	if n := len(r.Packet(nil, 0, 1, 1, 1, true, huge[:])); n > eventsAPacket {
		t.Errorf("%d digits of a payload of 4000 bytes", n)
	}
}

func TestEventTimes(t *testing.T) {
	var r EventReceiver
	digits := r.Packet(nil, 8000, 1, 1, 5000, true, event{code: 4, last: 160}.payload())
	if len(digits) != 1 || digits[0] != (Digit{Key: '4', Way: Event, Start: 7840}) {
		t.Fatalf("%+v, want the key down 20 ms before the packet that tells of 20 ms", digits)
	}
	r.Packet(nil, 8160, 1, 2, 5000, false, event{code: 4, last: 320}.payload())
	if d, down := r.Press(); !down || d.Length != 320 {
		t.Errorf("%+v, %v, want a length of 320 so far, down", d, down)
	}
	r.Tick(8160 + eventTimeout - 1)
	if _, down := r.Press(); !down {
		t.Error("up before 120 ms without update")
	}
	r.Tick(8160 + eventTimeout)
	if _, down := r.Press(); down {
		t.Error("down after 120 ms without update")
	}
	r.Packet(nil, 12000, 1, 3, 5000, false, event{code: 4, last: 4000}.payload())
	if d, down := r.Press(); !down || d.Length != 4000 {
		t.Errorf("%+v, %v, want the same press, down again", d, down)
	}
	late := r.Packet(nil, 20000, 1, 9, 90000, false, event{code: 4, last: 800, end: true}.payload())
	if len(late) != 1 || late[0] != (Digit{Key: '4', Way: Event, Start: 19200, Length: 800}) {
		t.Errorf("%+v, want a press whose length is known from its end", late)
	}
}

func TestSentEventsAreReceived(t *testing.T) {
	for _, c := range []struct{ samples, ptime, packets int }{
		{800, 160, 7}, {1, 160, 3}, {810, 160, 8}, {160, 160, 3}, {65535, 160, 412}, {70000, 160, 440}, {480000, 160, 3002}, {1000, 240, 7},
	} {
		s := NewEventSender('#', c.samples)
		var r EventReceiver
		var digits []Digit
		packets, ends := 0, 0
		for done := false; !done && packets < 1e4; packets++ {
			payload, marker, end, last := s.Next(c.ptime)
			done = last
			if marker != (packets == 0) {
				t.Errorf("%+v: marker %v on packet %d", c, marker, packets)
			}
			if end {
				ends++
			}
			digits = r.Packet(digits, int64(packets*c.ptime), 1, uint16(packets), 1<<32-1000+s.Offset(), marker, payload[:])
		}
		if keysOf(digits) != "#" || ends != 3 || packets != c.packets {
			t.Errorf("%+v: %d packets, %d ends, heard %q; want %d, 3, #", c, packets, ends, keysOf(digits), c.packets)
		}
		if d, down := r.Press(); down || d.Length != int64(c.samples) {
			t.Errorf("%+v: %d samples long, down %v", c, d.Length, down)
		}
	}
}

func FuzzEventReceiver(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 0, 1, 5, 10, 0, 160}, uint8(4))
	f.Add([]byte{0, 1, 0, 0, 0, 1, 1, 0x8a, 1, 144, 2, 0x8a, 1, 144}, uint8(8))
	f.Fuzz(func(t *testing.T, b []byte, size uint8) {
		var r EventReceiver
		at := int64(0)
		for len(b) >= 6 {
			seq, ts := binary.BigEndian.Uint16(b), binary.BigEndian.Uint32(b[2:])
			n := min(int(size), len(b)-6)
			payload := b[6 : 6+n]
			digits := r.Packet(nil, at, uint32(seq>>12), seq, ts, seq&1 == 0, payload)
			for _, d := range digits {
				if !Valid(d.Key) || d.Way != Event || d.Length < 0 || d.Start > at {
					t.Fatalf("%+v at %d", d, at)
				}
			}
			if again := r.Packet(nil, at, uint32(seq>>12), seq, ts, seq&1 == 0, payload); len(again) > 0 {
				t.Fatalf("the same packet twice reports %+v again", again)
			}
			b = b[6+n:]
			at += 160
			r.Tick(at)
		}
	})
}
