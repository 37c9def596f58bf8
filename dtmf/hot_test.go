package dtmf

import "testing"

// hotPaths is what the packets of a key cost: a press of seven packets received and merged, a press sent. The detector has
// its own benchmark.
func hotPaths() map[string]func() {
	var receiver EventReceiver
	merger := NewMerger(MergeWindow)
	var digits, merged [8]Digit
	var press uint32
	return map[string]func(){
		"press received and merged": func() {
			press++
			at, seq := int64(press)*8000, uint16(press*7)
			for i := range uint16(7) {
				payload := [4]byte{byte(press % 12), 10, 0, byte(160 * (i + 1) % 256)}
				if payload[2] = byte(160 * (i + 1) >> 8); i > 3 {
					payload[1] |= 0x80
				}
				for _, d := range receiver.Packet(digits[:0], at+int64(i)*160, 1, seq+i, press*8000, i == 0, payload[:]) {
					merger.Add(merged[:0], d)
				}
				merger.Tick(merged[:0], at+int64(i)*160)
			}
		},
		"press sent": func() {
			sender := NewEventSender('5', 800)
			for done := false; !done; {
				_, _, _, done = sender.Next(160)
			}
		},
	}
}

func BenchmarkHotPath(b *testing.B) {
	for name, path := range hotPaths() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				path()
			}
		})
	}
}

func TestHotPathsAllocateNothing(t *testing.T) {
	for name, path := range hotPaths() {
		if n := testing.AllocsPerRun(500, path); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
	}
}
