package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

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
			if keysOf(s.Digits) != keys || s.Law != g711.A || s.EventType != 101 || s.Packets != len(packets) || s.Lost != 0 {
				t.Errorf("%s, %s: %q; %+v", name, kind, keysOf(s.Digits), s)
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
		if got := keysOf(streams[0].Digits); got != keys {
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

func TestReadCaptureOfDamagedFiles(t *testing.T) {
	l := linkFrames["raw"]
	packets := pressing("12", true, false)
	for name, file := range map[string][]byte{
		"pcap":   writePcap(binary.LittleEndian, 0xa1b2c3d4, l.link, l.wrap, packets),
		"pcapng": writePcapng(binary.LittleEndian, l.link, l.wrap, packets),
	} {
		streams, err := captured(t, file[:len(file)-10])
		if err == nil || len(streams) != 1 || keysOf(streams[0].Digits) != "12" {
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

func TestHearSamples(t *testing.T) {
	var pcm []int16
	for _, key := range []byte("90D") {
		tone := make([]int16, 800)
		dtmf.ToneSamples(tone, key, 0)
		pcm = append(append(pcm, tone...), make([]int16, 800)...)
	}
	digits := HearSamples(pcm)
	if keysOf(digits) != "90D" {
		t.Fatalf("heard %q", keysOf(digits))
	}
	for i, d := range digits {
		if off := d.Start - int64(i)*1600; off < -160 || off > 160 {
			t.Errorf("%c begins at sample %d, want %d", d.Key, d.Start, i*1600)
		}
		if off := d.Length - 800; off < -64 || off > 64 {
			t.Errorf("%c lasts %d samples, want 800", d.Key, d.Length)
		}
	}
	if len(HearSamples(nil)) != 0 {
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
