package g711

import "testing"

// A packet of 20 ms through each of the tables.
func BenchmarkPacket(b *testing.B) {
	codes, pcm := make([]byte, 160), make([]int16, 160)
	for i := range codes {
		codes[i] = byte(i * 7)
	}
	for name, f := range map[string]func(){
		"decode":    func() { Mu.DecodeTo(pcm, codes) },
		"encode":    func() { A.EncodeTo(codes, pcm) },
		"transcode": func() { Mu.Transcode(codes) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}
