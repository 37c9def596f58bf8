package media

import (
	"bytes"

	"dialtone/media/g711"
)

// Overlay has src be heard over whatever is sent, from the next slot on until it
// ends; nil, or another one, ends it. What plays goes on beneath it. Where a key is
// pressed or nothing is sent it passes unheard.
func (st *Stream) Overlay(src Source) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.sender.over = nil
	if src != nil && !st.closed {
		st.sender.over = new(player)
		st.sender.over.start([]Source{src}, st.params.Law, nil)
	}
}

// lay mixes what lies over the audio of a slot into it.
func (s *sender) lay(audio []byte, law g711.Law) {
	if s.over == nil {
		return
	}
	var slot [maxPtime * samplesPerMs]byte
	top := slot[:s.over.read(slot[:len(audio)], law)]
	if s.over.over() {
		s.over = nil
	}
	if bytes.Equal(top, silence[law][:len(top)]) {
		return
	}
	for i, b := range top {
		audio[i] = law.Encode(saturate(int(law.Decode(audio[i])) + int(law.Decode(b))))
	}
}

// skip lets n samples of what plays and what lies over it pass unheard.
func (s *sender) skip(n int) {
	s.player.skip(n)
	if s.over != nil {
		s.over.skip(n)
	}
}
