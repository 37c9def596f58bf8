package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dialtone/dtmf"
	"dialtone/media/g711"
)

// timedPacket is an RTP packet of a capture.
type timedPacket struct {
	at time.Duration
	b  []byte
}

// pressing is a stream that presses keys: events, tones, or both.
func pressing(keys string, events, tones bool) (packets []timedPacket) {
	at := time.Duration(0)
	h := header{seq: 65530, timestamp: 1<<32 - 5000, ssrc: 42}
	send := func(pt uint8, ts uint32, payload []byte) {
		h := h
		h.payloadType, h.timestamp = pt, ts
		packets = append(packets, timedPacket{at, rtpPacket(h, payload)})
	}
	frame := make([]byte, 160)
	step := func(pcm []int16) {
		g711.A.EncodeTo(frame, pcm)
		send(8, h.timestamp, frame)
		h.seq++
	}
	advance := func() { h.timestamp += 160; at += 20 * time.Millisecond }
	var quiet, pcm [160]int16
	for _, key := range []byte(keys) {
		for range 10 {
			step(quiet[:])
			advance()
		}
		began := h.timestamp
		for i := range 6 {
			if tones {
				dtmf.ToneSamples(pcm[:], key, i*160)
				step(pcm[:])
			}
			if events {
				e := eventPayload(byte(strings.IndexByte("0123456789*#ABCD", key)), i == 5, (i+1)*160)
				for range map[bool]int{true: 3, false: 1}[i == 5] {
					send(101, began, e)
					h.seq++
				}
			}
			advance()
		}
	}
	for range 20 {
		step(quiet[:])
		advance()
	}
	return packets
}

var (
	capturedFrom = netip.MustParseAddrPort("192.0.2.9:4000")
	capturedTo   = netip.MustParseAddrPort("192.0.2.1:20000")
)

// ipv4Frame wraps a datagram.
func ipv4Frame(payload []byte) []byte {
	b := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0}
	b = append(b, capturedFrom.Addr().AsSlice()...)
	b = append(b, capturedTo.Addr().AsSlice()...)
	binary.BigEndian.PutUint16(b[2:], uint16(28+len(payload)))
	return append(b, udpFrame(payload)...)
}

func udpFrame(payload []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, capturedFrom.Port())
	b = binary.BigEndian.AppendUint16(b, capturedTo.Port())
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(payload)))
	return append(append(b, 0, 0), payload...)
}

func ipv6Frame(payload []byte) []byte {
	udp := udpFrame(payload)
	b := []byte{0x60, 0, 0, 0, 0, 0, 0, 64}
	binary.BigEndian.PutUint16(b[4:], uint16(len(udp)+8))
	a, c := netip.MustParseAddr("2001:db8::9").As16(), netip.MustParseAddr("2001:db8::1").As16()
	b = append(append(b, a[:]...), c[:]...)
	b = append(b, 17, 0, 0, 0, 0, 0, 0, 0) // hop-by-hop options, then UDP
	return append(b, udp...)
}

func prefix(head ...byte) func([]byte) []byte {
	return func(b []byte) []byte { return append(append([]byte{}, head...), ipv4Frame(b)...) }
}

var linkFrames = map[string]struct {
	link uint32
	wrap func([]byte) []byte
}{
	"ethernet":       {linkEthernet, prefix(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0)},
	"ethernet, VLAN": {linkEthernet, prefix(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xa8, 0, 1, 0x81, 0, 0, 5, 8, 0)},
	"cooked":         {linkCooked, prefix(0, 0, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0)},
	"cooked v2":      {linkCooked2, prefix(8, 0, 0, 0, 0, 0, 0, 1, 3, 4, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0)},
	"raw":            {linkRaw, prefix()},
	"loopback":       {linkNull, prefix(2, 0, 0, 0)},
	"IPv6":           {linkRaw, ipv6Frame},
}

func writePcap(order binary.AppendByteOrder, magic, link uint32, wrap func([]byte) []byte, packets []timedPacket) []byte {
	b := order.AppendUint32(nil, magic)
	for _, v := range []uint32{2 | 4<<16, 0, 0, 65535, link} {
		b = order.AppendUint32(b, v)
	}
	unit := time.Microsecond
	if magic == 0xa1b23c4d {
		unit = time.Nanosecond
	}
	for _, p := range packets {
		data, at := wrap(p.b), p.at+1_700_000_000*time.Second
		for _, v := range []uint32{uint32(at / time.Second), uint32(at % time.Second / unit), uint32(len(data)), uint32(len(data))} {
			b = order.AppendUint32(b, v)
		}
		b = append(b, data...)
	}
	return b
}

func writePcapng(order binary.AppendByteOrder, link uint32, wrap func([]byte) []byte, packets []timedPacket) (b []byte) {
	block := func(kind uint32, body []byte) {
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
		size := uint32(len(body) + 12)
		b = order.AppendUint32(b, kind)
		b = order.AppendUint32(b, size)
		b = append(b, body...)
		b = order.AppendUint32(b, size)
	}
	section := order.AppendUint32(nil, orderMagic)
	block(blockSection, append(section, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255))
	onLink := order.AppendUint32(order.AppendUint16(order.AppendUint16(nil, uint16(link)), 0), 65535)
	onLink = order.AppendUint16(order.AppendUint16(onLink, 9), 1) // if_tsresol: nanoseconds
	block(blockInterface, append(onLink, 9))
	block(5, make([]byte, 20)) // statistics: passed over
	for _, p := range packets {
		data, ticks := wrap(p.b), uint64(p.at+1_700_000_000*time.Second)
		body := order.AppendUint32(nil, 0)
		for _, v := range []uint32{uint32(ticks >> 32), uint32(ticks), uint32(len(data)), uint32(len(data))} {
			body = order.AppendUint32(body, v)
		}
		block(blockEnhanced, append(body, data...))
	}
	return b
}

func captured(t *testing.T, file []byte) (streams []CapturedStream, err error) {
	t.Helper()
	err = ReadCapture(bytes.NewReader(file), func(s CapturedStream) error {
		streams = append(streams, s)
		return nil
	})
	return streams, err
}

func keysOf(digits []dtmf.Digit) (keys string) {
	for _, d := range digits {
		keys += string(d.Key)
	}
	return keys
}

func heardKeys(h Heard) (keys string) {
	for _, d := range h.Digits {
		keys += string(d.Key)
	}
	return keys
}

func TestReadCaptureOfEveryKind(t *testing.T) {
	const keys = "159*#0D"
	packets := pressing(keys, true, true)
	for name, l := range linkFrames {
		for kind, file := range map[string][]byte{
			"pcap":             writePcap(binary.LittleEndian, 0xa1b2c3d4, l.link, l.wrap, packets),
			"pcap, nanosecond": writePcap(binary.BigEndian, 0xa1b23c4d, l.link, l.wrap, packets),
			"pcapng":           writePcapng(binary.LittleEndian, l.link, l.wrap, packets),
			"pcapng, other":    writePcapng(binary.BigEndian, l.link, l.wrap, packets),
		} {
			streams, err := captured(t, file)
			if err != nil || len(streams) != 1 {
				t.Errorf("%s, %s: %d streams, %v", name, kind, len(streams), err)
				continue
			}
			s := streams[0]
			if heardKeys(s.Heard) != keys || s.Law != g711.A || s.EventType != 101 || s.Packets != len(packets) || s.Lost != 0 {
				t.Errorf("%s, %s: %q; %+v", name, kind, heardKeys(s.Heard), s)
			}
		}
	}
}

func TestReadCaptureHearsEachWay(t *testing.T) {
	const keys = "1234567890*#ABCD"
	for name, ways := range map[string][2]bool{"events": {true, false}, "tones": {false, true}, "both": {true, true}} {
		l := linkFrames["ethernet"]
		streams, err := captured(t, writePcap(binary.LittleEndian, 0xa1b2c3d4, l.link, l.wrap, pressing(keys, ways[0], ways[1])))
		if err != nil || len(streams) != 1 {
			t.Fatalf("%s: %d streams, %v", name, len(streams), err)
		}
		if got := heardKeys(streams[0].Heard); got != keys {
			t.Errorf("%s: heard %q, want %q", name, got, keys)
			continue
		}
		for i, d := range streams[0].Digits {
			want := int64(200+i*320) * samplesPerMs
			if off := d.Start - want; off < -160 || off > 480 {
				t.Errorf("%s: %c begins at %d ms, want %d", name, d.Key, d.Start/8, want/8)
			}
			if off := d.Length - 960; off < -64 || off > 64 {
				t.Errorf("%s: %c lasts %d ms, want 120", name, d.Key, d.Length/8)
			}
		}
	}
}

// A capture shows what became of each press: its tone, its event, and what was wrong with it.
func TestReadCaptureMeasures(t *testing.T) {
	hear := func(change func([]timedPacket) []timedPacket) CapturedStream {
		t.Helper()
		l := linkFrames["raw"]
		streams, err := captured(t, writePcap(binary.LittleEndian, 0xa1b2c3d4, l.link, l.wrap, change(pressing("15", true, true))))
		if err != nil || len(streams) != 1 || heardKeys(streams[0].Heard) != "15" {
			t.Fatalf("%+v, %v", streams, err)
		}
		return streams[0]
	}
	without := func(is func(h header, payload []byte, n int) bool) func([]timedPacket) []timedPacket {
		n := -1 // of the events
		return func(packets []timedPacket) []timedPacket {
			return slices.DeleteFunc(packets, func(p timedPacket) bool {
				h, payload, _ := parseHeader(p.b)
				if h.payloadType != 101 {
					return false
				}
				n++
				return is(h, payload, n)
			})
		}
	}
	each := func(f func(h *header, payload []byte, n int)) func([]timedPacket) []timedPacket {
		return func(packets []timedPacket) []timedPacket {
			n := 0
			for i, p := range packets {
				if h, payload, _ := parseHeader(p.b); h.payloadType == 101 {
					f(&h, payload, n)
					packets[i].b = rtpPacket(h, payload)
					n++
				}
			}
			return packets
		}
	}
	marked := each(func(h *header, _ []byte, n int) { h.marker = n%8 == 0 })
	then := func(changes ...func([]timedPacket) []timedPacket) func([]timedPacket) []timedPacket {
		return func(packets []timedPacket) []timedPacket {
			for _, change := range changes {
				packets = change(packets)
			}
			return packets
		}
	}

	s := hear(marked)
	if !s.Audio || s.Lost != 0 || s.Duplicates != 0 || s.Reordered != 0 || s.Jitter > 2*time.Millisecond || s.End-s.Start != 1020*time.Millisecond {
		t.Errorf("%+v", s)
	}
	for i, d := range s.Digits {
		if d.Event == nil || d.Tone == nil || d.Way != dtmf.Event {
			t.Fatalf("press %d: %+v; want both ways", i, d)
		}
		e, tone := d.Event, d.Tone
		if e.PayloadType != 101 || e.Volume != -10 || e.Packets != 8 || e.Lost+e.Reordered+e.Duplicates != 0 || e.Ends != 3 || e.Segments != 1 || !e.Marker || len(e.Faults) > 0 || e.Length != 960 {
			t.Errorf("press %d: %+v", i, e)
		}
		if math.Abs(tone.Level[0]+9) > 0.3 || math.Abs(tone.Level[1]+7) > 0.3 || math.Abs(tone.Off[0]) > 0.001 || tone.SNR < 25 {
			t.Errorf("press %d: %+v", i, tone)
		}
		if off := tone.Start - e.Start; off < -40 || off > 40 {
			t.Errorf("press %d: the tone begins %d samples after the event", i, off)
		}
	}

	for _, c := range []struct {
		why    string
		change func([]timedPacket) []timedPacket
		want   HeardEvent // of the first press; times and payload type do not count
	}{
		{"no marker", each(func(*header, []byte, int) {}), HeardEvent{Packets: 8, Ends: 3, Faults: []string{"no marker"}}},
		{"ends lost", then(marked, without(func(_ header, b []byte, n int) bool { return n >= 5 && n < 8 })), HeardEvent{Packets: 5, Lost: 3, Marker: true, Faults: []string{"ends lost"}}},
		{"beginning lost", then(marked, without(func(_ header, b []byte, n int) bool { return n < 2 })), HeardEvent{Packets: 6, Lost: 2, Ends: 3, Faults: []string{"beginning lost"}}},
		{"one end", then(marked, func(packets []timedPacket) []timedPacket { // the numbers close up
			packets = without(func(_ header, b []byte, n int) bool { return n == 6 || n == 7 })(packets)
			for i := range packets {
				binary.BigEndian.PutUint16(packets[i].b[2:], uint16(i))
			}
			return packets
		}), HeardEvent{Packets: 6, Ends: 1, Marker: true, Faults: []string{"1 of 3 ends"}}},
		{"timestamp moves", then(marked, each(func(h *header, _ []byte, n int) { h.timestamp += uint32(min(n%8, 5)) * 160 })),
			HeardEvent{Packets: 8, Ends: 3, Marker: true, Faults: []string{"timestamp moves"}}},
		{"no duration", then(marked, each(func(_ *header, b []byte, _ int) { b[2], b[3] = 0, 0 })), HeardEvent{Packets: 8, Ends: 3, Marker: true, Faults: []string{"no duration"}}},
		{"reserved bit", then(marked, each(func(_ *header, b []byte, n int) { b[1] |= 0x40 & byte(n%8<<6) })), HeardEvent{Packets: 8, Ends: 3, Marker: true, Faults: []string{"reserved bit set"}}},
		{"volume", then(marked, each(func(_ *header, b []byte, n int) { b[1] = b[1]&0x80 | 63 })), HeardEvent{Packets: 8, Ends: 3, Marker: true, Volume: -63}},
		{"all twice", then(marked, func(packets []timedPacket) (twice []timedPacket) {
			for _, p := range packets {
				twice = append(twice, p, p)
			}
			return twice
		}), HeardEvent{Packets: 8, Ends: 3, Marker: true, Duplicates: 8}},
		{"out of order", then(marked, func(packets []timedPacket) []timedPacket {
			for i, p := range packets {
				if h, _, _ := parseHeader(p.b); h.payloadType == 101 {
					packets[i+2].b, packets[i+4].b = packets[i+4].b, packets[i+2].b
					break
				}
			}
			return packets
		}), HeardEvent{Packets: 8, Ends: 3, Marker: true, Reordered: 1}},
	} {
		s := hear(c.change)
		got := *s.Digits[0].Event
		got.Start, got.Length, got.PayloadType, got.Segments = 0, 0, 0, 0
		if c.want.Volume == 0 {
			c.want.Volume = -10
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.why, diff)
		}
	}
}

// Comfort noise and codecs that are not understood are packets of a stream too, not losses.
func TestReadCaptureCountsWhatItDoesNotHear(t *testing.T) {
	packets := pressing("7", true, false)
	for i := range packets {
		if h, _, _ := parseHeader(packets[i].b); h.payloadType != 101 && i > 4 && i%2 == 0 {
			h.payloadType = []uint8{noisePayload, 18}[i/2%2]
			packets[i].b = rtpPacket(h, make([]byte, 20))
		}
	}
	l := linkFrames["raw"]
	streams, err := captured(t, writePcap(binary.LittleEndian, 0xa1b2c3d4, l.link, l.wrap, packets))
	if err != nil || len(streams) != 1 || heardKeys(streams[0].Heard) != "7" || streams[0].Lost != 0 || streams[0].Packets != len(packets) {
		t.Errorf("%+v, %v", streams, err)
	}
}

func TestHearSamplesTellsWhatItRefuses(t *testing.T) {
	pcm := make([]int16, 16000)
	for i := range pcm[4000:12000] { // 3 % off: no key
		low, high := 2*math.Pi*697*1.03/8000*float64(i), 2*math.Pi*1209*1.03/8000*float64(i)
		pcm[4000+i] = int16(5000*math.Sin(low) + 5000*math.Sin(high))
	}
	heard := HearSamples(whole(pcm))
	if len(heard.Digits) != 0 || len(heard.Refused) == 0 {
		t.Fatalf("%+v", heard)
	}
	if r := heard.Refused[0]; r.Key != '1' || r.At < 4000 || r.At > 5000 || r.Why == "" || math.Abs(r.Off[0]-0.03) > 0.003 {
		t.Errorf("%+v", r)
	}
	key := make([]int16, 4000)
	dtmf.ToneSamples(key[1000:2000], '5', 0)
	if heard := HearSamples(whole(key)); heardKeys(heard) != "5" || len(heard.Refused) != 0 {
		t.Errorf("%+v; the edges of a key are no refusals", heard)
	}
}

func TestReadCaptureOfDamagedFiles(t *testing.T) {
	l := linkFrames["raw"]
	packets := pressing("12", true, false)
	for name, file := range map[string][]byte{
		"pcap":   writePcap(binary.LittleEndian, 0xa1b2c3d4, l.link, l.wrap, packets),
		"pcapng": writePcapng(binary.LittleEndian, l.link, l.wrap, packets),
	} {
		streams, err := captured(t, file[:len(file)-10])
		if err == nil || len(streams) != 1 || heardKeys(streams[0].Heard) != "12" {
			t.Errorf("%s cut off: %d streams, %v; want what is before, and an error", name, len(streams), err)
		}
	}
	for _, file := range [][]byte{nil, []byte("RIFF"), bytes.Repeat([]byte{0x55}, 100)} {
		if _, err := captured(t, file); !errors.Is(err, ErrNotCapture) {
			t.Errorf("%q: %v, want ErrNotCapture", file, err)
		}
	}
	stop := errors.New("enough")
	if err := ReadCapture(bytes.NewReader(writePcap(binary.LittleEndian, 0xa1b2c3d4, l.link, l.wrap, packets)),
		func(CapturedStream) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v, want what each returned", err)
	}
}

func TestReadCapturePassesOverWhatIsNoRTP(t *testing.T) {
	var packets []timedPacket
	for i := range 50 {
		junk := bytes.Repeat([]byte{byte(i)}, 60)
		dns := append([]byte{0x80, 0}, junk...) // looks like version 2, but has no sequence
		packets = append(packets, timedPacket{time.Duration(i) * time.Millisecond, junk}, timedPacket{time.Duration(i) * time.Millisecond, dns})
	}
	l := linkFrames["raw"]
	streams, err := captured(t, writePcap(binary.LittleEndian, 0xa1b2c3d4, l.link, l.wrap, packets))
	if err != nil || len(streams) != 0 {
		t.Errorf("%v, %v; want no stream", streams, err)
	}
}

// whole is audio in one piece.
func whole(pcm []int16) iter.Seq[[]int16] { return slices.Values([][]int16{pcm}) }

func TestHearSamples(t *testing.T) {
	var pcm []int16
	for _, key := range []byte("90D") {
		tone := make([]int16, 800)
		dtmf.ToneSamples(tone, key, 0)
		pcm = append(append(pcm, tone...), make([]int16, 800)...)
	}
	heard := HearSamples(whole(pcm))
	if heardKeys(heard) != "90D" {
		t.Fatalf("heard %q", heardKeys(heard))
	}
	for i, d := range heard.Digits {
		if off := d.Start - int64(i)*1600; off < -160 || off > 160 {
			t.Errorf("%c begins at sample %d, want %d", d.Key, d.Start, i*1600)
		}
		if off := d.Length - 800; off < -64 || off > 64 {
			t.Errorf("%c lasts %d samples, want 800", d.Key, d.Length)
		}
	}
	if heard := HearSamples(whole(nil)); len(heard.Digits)+len(heard.Refused) != 0 {
		t.Error("heard something in nothing")
	}
}

func FuzzCapture(f *testing.F) {
	packets := pressing("1", true, true)[9:14] // short ones: they are fuzzed faster
	for i := range packets {
		packets[i].b = packets[i].b[:min(len(packets[i].b), headerLen+8)]
	}
	for _, name := range []string{"ethernet, VLAN", "cooked", "cooked v2", "loopback", "IPv6"} {
		l := linkFrames[name]
		f.Add(writePcap(binary.LittleEndian, 0xa1b2c3d4, l.link, l.wrap, packets))
		f.Add(writePcapng(binary.BigEndian, l.link, l.wrap, packets))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		_ = ReadCapture(bytes.NewReader(file), func(s CapturedStream) error {
			if s.Packets < minPackets {
				return fmt.Errorf("a stream of %d packets", s.Packets)
			}
			return nil
		})
	})
}
