package media

import "testing"

// Audio that waits is not heard at another time when play goes back further than the shelf was long.
func TestShelfReachesBack(t *testing.T) {
	const at, n, back = 5000, 900, 700
	var s shelf
	s.clear()
	audio := make([]byte, n)
	for i := range audio {
		audio[i] = byte(i)
	}
	s.put(at, at, audio)
	s.reach(at, n+back)
	if got, present := s.alike(at-back, n+back); got != back || present {
		t.Errorf("before the audio: %d samples, there %v; want %d that are not", got, present, back)
	}
	if got, present := s.alike(at, 2*n); got != n || !present {
		t.Errorf("the audio: %d samples, there %v; want all %d", got, present, n)
	}
	heard := make([]byte, n)
	s.copy(heard, at)
	if string(heard) != string(audio) {
		t.Error("the audio is another one")
	}
}
