package media

import (
	"fmt"
	"testing"
)

// BenchmarkRoomSecond is the CPU of a party of a room with all that its stream costs: sockets, jitter buffer,
// detector. Three of the parties talk.
func BenchmarkRoomSecond(b *testing.B) {
	for _, n := range []int{32, 100, 300} {
		b.Run(fmt.Sprintf("parties=%d", n), func(b *testing.B) {
			var room *Room
			parties := 0
			loud := make([]int16, maxPiece)
			for i := range loud {
				loud[i] = int16(i%7*300 - 900)
			}
			callSecond(b, n, false, func(s *Streams, st *Stream) {
				if parties == 0 { // of this run
					room = s.NewRoom()
				}
				party := room.Join(PartyOptions{})
				st.Tap(party.Heard)
				if parties < 3 {
					st.Tap(func(pcm []int16, missing bool) { party.Heard(loud[:len(pcm)], missing) })
				}
				st.Play(party)
				parties = (parties + 1) % n
			})
		})
	}
}
