package media

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/rtp"
)

func TestParseHeader(t *testing.T) {
	plain := rtpPacket(header{payloadType: 8, marker: true, seq: 7, timestamp: 9, ssrc: 11}, []byte{1, 2, 3})
	change := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(plain)) }
	for name, c := range map[string]struct {
		packet  []byte
		why     Drop
		payload []byte
	}{
		"plain":                     {plain, keep, []byte{1, 2, 3}},
		"no payload":                {plain[:12], keep, []byte{}},
		"empty":                     {nil, DropVersion, nil},
		"STUN":                      {make([]byte, 20), DropVersion, nil},
		"DTLS ClientHello":          {[]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}, DropVersion, nil},
		"version 3":                 {change(func(b []byte) []byte { b[0] = 0xc0; return b }), DropVersion, nil},
		"short":                     {plain[:11], DropShort, nil},
		"15 CSRC, not there":        {change(func(b []byte) []byte { b[0] |= 15; return b }), DropShort, nil},
		"a CSRC":                    {append(change(func(b []byte) []byte { b[0] |= 1; return b[:12] }), 0, 0, 0, 5, 6), keep, []byte{6}},
		"extension, cut":            {change(func(b []byte) []byte { b[0] |= 0x10; return b }), DropShort, nil},
		"extension of 0xffff words": {append(change(func(b []byte) []byte { b[0] |= 0x10; return b[:12] }), 0, 0, 0xff, 0xff), DropShort, nil},
		"extension":                 {append(change(func(b []byte) []byte { b[0] |= 0x10; return b[:12] }), 0, 0, 0, 1, 9, 9, 9, 9, 4), keep, []byte{4}},
		"padding":                   {append(change(func(b []byte) []byte { b[0] |= 0x20; return b }), 0, 2), keep, []byte{1, 2, 3}},
		"padding of 0":              {append(change(func(b []byte) []byte { b[0] |= 0x20; return b }), 0), DropShort, nil},
		"padding larger than all":   {append(change(func(b []byte) []byte { b[0] |= 0x20; return b }), 200), DropShort, nil},
		"padding into the header":   {append(change(func(b []byte) []byte { b[0] |= 0x20; return b }), 5), DropShort, nil},
	} {
		h, payload, why := parseHeader(c.packet)
		if why != c.why || !bytes.Equal(payload, c.payload) {
			t.Errorf("%s: %v, % x; want %v, % x", name, why, payload, c.why, c.payload)
		}
		if why == keep && (h.payloadType != 8 || !h.marker || h.seq != 7 || h.timestamp != 9 || h.ssrc != 11) {
			t.Errorf("%s: %+v", name, h)
		}
	}
}

// FuzzRTP holds our reader against pion's: what both take must say the same,
// and no packet may harm a stream.
func FuzzRTP(f *testing.F) {
	f.Add(rtpPacket(header{ssrc: 1}, make([]byte, 160)))
	f.Add(rtpPacket(header{payloadType: 101, marker: true, ssrc: 1}, eventPayload(5, true, 800)))
	f.Add([]byte{0xb1, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xbe, 0xde, 0, 1, 1, 2, 3, 4, 5, 1})
	f.Add(append([]byte{0x90, 0}, make([]byte, 60)...))
	l := newLab(f, Config{})
	p := muParams()
	st := l.stream(&p)
	seq := uint16(0)
	f.Fuzz(func(t *testing.T, b []byte) {
		h, payload, why := parseHeader(b)
		var want rtp.Packet
		if err := want.Unmarshal(b); err == nil && why == keep {
			got := header{want.PayloadType, want.Marker, want.SequenceNumber, want.Timestamp, want.SSRC}
			if diff := cmp.Diff(got, h, cmp.AllowUnexported(header{})); diff != "" {
				t.Errorf("pion/rtp (-) reads it differently:\n%s", diff)
			}
			if !bytes.Equal(payload, want.Payload) {
				t.Errorf("payload % x, pion/rtp has % x", payload, want.Payload)
			}
		}
		l.hear(st, there, b)
		if len(b) >= headerLen { // and as the next one of a stream that is believed
			b = bytes.Clone(b)
			seq++
			binary.BigEndian.PutUint16(b[2:], seq)
			binary.BigEndian.PutUint32(b[8:], 1)
			l.hear(st, there, b)
		}
		l.step(20)
		l.sent = nil
		digitsOf(st)
	})
}
