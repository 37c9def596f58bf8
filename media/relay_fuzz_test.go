package media

import (
	"bytes"
	"testing"

	"dialtone/dtmf"
)

// Whatever comes of one side, what the other is sent is one source: no sequence number is used for two packets (which would
// break its encryption, too), each is one more than the highest before it or stands where one was left out, and timestamps
// grow with them.
func FuzzRelay(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 1, 0, 2, 3, 0, 0})
	f.Add([]byte{0, 0, 0x31, 0, 0, 0x42, 0, 0x53, 0x64, 0, 0x75, 0, 0, 0x86, 0, 0, 0})
	f.Add(append(bytes.Repeat([]byte{0}, 200), 0x95, 0, 0, 0, 0x12, 0))
	f.Add([]byte{0, 0, 0xe5, 0, 0, 0xf9, 0, 0, 0xa3, 0, 0, 0, 7, 7, 7, 0, 0, 0x1f, 0, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 300 {
			return
		}
		callee := muParams()
		if len(script)%3 == 1 {
			callee.Ptime = 30
		}
		caller := muParams()
		if len(script)%5 == 1 {
			caller.EventType = -1
		}
		p := newBridged(t, caller, callee)
		ssrc := uint32(77)
		for _, b := range script {
			n := uint16(b >> 4)
			switch b & 15 {
			case 1: // some are lost
				p.seq, p.timestamp = p.seq+n, p.timestamp+uint32(n)*160
			case 2: // an older one
				h := header{seq: p.seq - n, timestamp: p.timestamp - 160*uint32(n), ssrc: ssrc}
				p.hear(p.caller, there, rtpPacket(h, counting(160)))
				continue
			case 3: // silence that is not sent
				p.timestamp += 160 * uint32(n)
				p.step(20 * int64(n))
			case 4: // silence that is not counted
				p.step(20 * int64(n))
			case 5: // a jump of everything
				if p.seq, p.timestamp = p.seq+n<<11, p.timestamp-uint32(n)<<20; n > 8 {
					p.seq -= n<<12 + 1
				}
			case 6: // another source
				ssrc += uint32(n)
			case 7:
				p.callee.Play(counting(int(n) * 100))
			case 8:
				_ = p.callee.SendDigit('5', int(n)*10, dtmf.Event)
			case 9: // comfort noise
				p.hear(p.caller, there, rtpPacket(header{seq: p.seq, timestamp: p.timestamp, ssrc: ssrc, payloadType: noisePayload}, []byte{50}))
				p.seq++
			case 10:
				p.event(5, p.timestamp, int(n)*160, n == 1, n > 8)
			case 11: // a burst
				p.step(20 * int64(n))
				for range n {
					p.hear(p.caller, there, rtpPacket(header{seq: p.seq, timestamp: p.timestamp, ssrc: ssrc}, counting(160)))
					p.seq, p.timestamp = p.seq+1, p.timestamp+160
				}
			case 12:
				if err := p.callee.Update(withPtime(callee, 10+int(n)*3)); err != nil {
					t.Fatal(err)
				}
				if n > 8 {
					caller.EventType = 100 - caller.EventType // 101 and -1 in turn
					if err := p.caller.Update(caller); err != nil {
						t.Fatal(err)
					}
				}
			case 13:
				p.bridge.End()
				p.step(20 * int64(n))
				p.join()
			}
			length := 160
			if b&15 == 14 {
				length = 80 + 33*int(n)
			}
			p.hear(p.caller, there, rtpPacket(header{seq: p.seq, timestamp: p.timestamp, ssrc: ssrc, marker: b&15 == 15}, counting(length)))
			p.seq, p.timestamp = p.seq+1, p.timestamp+uint32(length)
			p.step(20)
		}
		oneSource(t, p.sentBy(p.callee))
	})
}

// oneSource checks the order of what was sent.
func oneSource(t *testing.T, sent []sentPacket) {
	used := map[uint16]bool{}
	var newest sentPacket
	for i, packet := range sent {
		if used[packet.seq] {
			t.Fatalf("packet %d: sequence number %d is used again", i, packet.seq)
		}
		used[packet.seq] = true
		if i == 0 {
			newest = packet
			continue
		}
		step := int16(packet.seq - newest.seq)
		if step > relayGap*4 || step < -relayGap {
			t.Fatalf("packet %d: sequence number %d after %d", i, packet.seq, newest.seq)
		}
		event := packet.payloadType == 101
		if ahead := int32(packet.timestamp - newest.timestamp); !event && (step > 0 && ahead < 0 || step < 0 && ahead > 0) {
			t.Fatalf("packet %d: timestamp %d with sequence number %d, after %d with %d", i, packet.timestamp, packet.seq, newest.timestamp, newest.seq)
		}
		if step > 0 {
			newest = packet
		}
	}
}
