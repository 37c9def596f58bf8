package media

import (
	"math"
	"testing"
	"time"
)

// The figures are those of the E-model's published tables: 93.2 is 4.41; for G.711 with concealment ITU-T G.113 gives an
// impairment of 95·P/(P+25.1).
func TestMOS(t *testing.T) {
	for _, c := range []struct {
		loss  float64
		delay time.Duration
		want  float64
	}{
		{0, 0, 4.41},
		{0, 100 * time.Millisecond, 4.36},
		{0, 177 * time.Millisecond, 4.31},
		{0, 400 * time.Millisecond, 3.08},
		{0.01, 0, 4.32},
		{0.05, 0, 3.92},
		{0.2, 0, 2.64},
		{1, 10 * time.Second, 1},
	} {
		if got := MOS(c.loss, c.delay); math.Abs(got-c.want) > 0.05 {
			t.Errorf("MOS(%v, %v) is %.2f, want %.2f", c.loss, c.delay, got, c.want)
		}
	}
}

func TestQualityOfAStream(t *testing.T) {
	if s := (StreamStats{}); s.ReceivedMOS() != 0 || s.SentMOS() != 0 || s.SentLoss() != 0 {
		t.Error("of what is not known there is a judgement")
	}
	s := StreamStats{Received: 90, Lost: 10, Late: 5, Told: true, ToldOf: 200, RemoteLost: 20}
	if s.ReceivedLoss() != 0.15 || s.SentLoss() != 0.1 || s.ReceivedMOS() >= s.SentMOS() {
		t.Errorf("loss %v and %v, MOS %v and %v", s.ReceivedLoss(), s.SentLoss(), s.ReceivedMOS(), s.SentMOS())
	}
	s = StreamStats{Received: 90, Lost: -5, Told: true, ToldOf: 200, RemoteLost: -1}
	if s.ReceivedLoss() != 0 || s.SentLoss() != 0 {
		t.Error("duplicates make loss negative")
	}
}
