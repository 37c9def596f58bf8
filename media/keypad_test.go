package media

import (
	"encoding/binary"
	"testing"

	"dialtone/dtmf"
)

// Events leave as RFC 4733 §2.5.1 wants them, and our own receiver hears one press of the right length.
func TestEventsAsTheyAreSent(t *testing.T) {
	for _, ptime := range []int{10, 20, 30, 60} {
		for _, ms := range []int{40, 95, 100, 1000, 8191, 8192, 9000, 20000} {
			l := newLab(t, Config{})
			p := muParams()
			p.Ptime = ptime
			st := l.stream(&p)
			st.Play(counting(30 * 8000))
			l.step(500)
			if err := st.SendDigit('8', ms, dtmf.Event); err != nil {
				t.Fatal(err)
			}
			l.step(int64(ms) + 500)
			var events []sentPacket
			slot := uint32(ptime * samplesPerMs)
			sent := l.take()
			var clock uint32 // timestamp that audio in the packet's slot would have
			for i, p := range sent {
				if i > 0 {
					if clock += slot; p.seq != sent[i-1].seq+1 {
						t.Fatalf("ptime %d, %d ms: sequence %d after %d", ptime, ms, p.seq, sent[i-1].seq)
					}
				} else {
					clock = p.timestamp
				}
				if p.payloadType == 101 {
					events = append(events, p)
				} else if p.timestamp != clock {
					t.Fatalf("ptime %d, %d ms: audio at %d, want %d", ptime, ms, p.timestamp, clock)
				}
			}
			var r dtmf.EventReceiver
			var digits []dtmf.Digit
			began, told, ends := events[0].timestamp, 0, 0
			for i, e := range events {
				word := binary.BigEndian.Uint32(e.payload)
				duration := int(word & 0xffff)
				segment := int(e.timestamp - began)
				if segment%0xffff != 0 || segment > 0 && told < segment {
					t.Errorf("ptime %d, %d ms: packet %d at %d of the press after %d were told", ptime, ms, i, segment, told)
				}
				told = segment + duration
				if want := min((i+1)*int(slot), ms*samplesPerMs, segment+0xffff); told != want {
					t.Errorf("ptime %d, %d ms: packet %d tells of %d samples, want %d", ptime, ms, i, told, want)
				}
				end := word&0x800000 != 0
				if last := told == ms*samplesPerMs; end != last {
					t.Errorf("ptime %d, %d ms: packet %d tells of %d samples, end %v", ptime, ms, i, told, end)
				}
				if end {
					ends++
				}
				if e.marker != (i == 0) || word>>24 != 8 || word&0x400000 != 0 {
					t.Errorf("ptime %d, %d ms: packet %d is %08x, marker %v", ptime, ms, i, word, e.marker)
				}
				if i > 0 && e.at-events[i-1].at != int64(ptime) {
					t.Errorf("ptime %d, %d ms: packet %d %d ms after the one before", ptime, ms, i, e.at-events[i-1].at)
				}
				digits = r.Packet(digits, e.at*samplesPerMs, e.ssrc, e.seq, e.timestamp, e.marker, e.payload)
			}
			if d, down := r.Press(); keysOf(digits) != "8" || ends != 3 || down || d.Length != int64(ms*samplesPerMs) {
				t.Errorf("ptime %d, %d ms: heard %q, %d samples, down %v, %d ends", ptime, ms, keysOf(digits), d.Length, down, ends)
			}
		}
	}
}
