package ivr

import (
	"testing"
	"time"
)

func TestSoundItems(t *testing.T) {
	s := Sound{
		Sent: 500, Received: 480, SentLost: 3, ReceivedLost: -2, SentJitter: 1500 * time.Microsecond, ReceivedJitter: 2 * time.Millisecond,
		RoundTrip: 45 * time.Millisecond, SSRC: 11, RemoteSSRC: 4_000_000_000,
	}
	for name, want := range map[string]string{
		"all":     "ssrc=11;themssrc=4000000000;lp=0;rxjitter=0.002000;rxcount=480;txjitter=0.001500;txcount=500;rlp=3;rtt=0.045000",
		"txcount": "500", "rxcount": "480", "txjitter": "0.001500", "rxjitter": "0.002000", "txploss": "3", "rxploss": "0",
		"rtt": "0.045000", "local_ssrc": "11", "remote_ssrc": "4000000000", "local_count": "480", "remote_lostpackets": "3",
	} {
		if got, err := s.Item(name); got != want || err != nil {
			t.Errorf("%s is %q (%v), want %q", name, got, err, want)
		}
	}
	for _, name := range SoundItems {
		if _, err := s.Item(name); err != nil {
			t.Errorf("the list names %s: %v", name, err)
		}
	}
	if _, err := s.Item("maxrtt"); err == nil {
		t.Error("an unknown item is read")
	}
}
