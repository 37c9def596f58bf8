package interop

import (
	"bytes"
	bin "encoding/binary"

	"dialtone/dtmf"
)

// pressCapture is a capture file (pcap, Ethernet) of the RFC 4733 events of one press of 120 ms, the nth of its call:
// sequence numbers and timestamps go on from press to press, as a telephone's do.
func pressCapture(key byte, n int) []byte {
	var file bytes.Buffer
	put := func(v any) { bin.Write(&file, bin.LittleEndian, v) }
	put([]uint32{0xa1b2c3d4, 2 | 4<<16, 0, 0, 65535, 1})
	events := dtmf.NewEventSender(key, 120*8)
	timestamp := uint32(8000 * (n + 1))
	for i := uint32(0); ; i++ {
		payload, marker, _, done := events.Next(160)
		rtp := []byte{0x80, 101, 0, 0}
		if marker {
			rtp[1] |= 0x80
		}
		bin.BigEndian.PutUint16(rtp[2:], uint16(100*(n+1))+uint16(i))
		rtp = bin.BigEndian.AppendUint32(rtp, timestamp)
		rtp = bin.BigEndian.AppendUint32(rtp, 0x51990000) // SSRC
		rtp = append(rtp, payload[:]...)
		packet := append(make([]byte, 12), 8, 0)                                                         // Ethernet
		packet = append(packet, 0x45, 0, 0, byte(28+len(rtp)), 0, 0, 0, 0, 64, 17, 0, 0)                 // IPv4, UDP
		packet = append(packet, 127, 0, 0, 1, 127, 0, 0, 1, 0x40, 0, 0x40, 2, 0, byte(8+len(rtp)), 0, 0) // addresses; ports, length
		packet = append(packet, rtp...)
		put([]uint32{0, i * 20_000, uint32(len(packet)), uint32(len(packet))})
		file.Write(packet)
		if done {
			return file.Bytes()
		}
	}
}
