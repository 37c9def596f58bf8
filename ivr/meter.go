package ivr

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Meter is a channel that measures how its sound travels.
type Meter interface {
	Sound() Sound
}

// Sound is what CHANNEL(rtcp,…) reads: sent is towards the caller.
type Sound struct {
	Sent, Received             uint64 // packets
	SentLost, ReceivedLost     int64  // packets; those that were sent by the reports of the far end
	SentJitter, ReceivedJitter time.Duration
	RoundTrip                  time.Duration // 0: not known
	SSRC, RemoteSSRC           uint32
}

// SoundItems are the items of CHANNEL(rtcp,item), as Asterisk's PJSIP channels have
// them, and behind the blank line those of CHANNEL(rtpqos,audio,item).
var SoundItems = []string{
	"all", "txcount", "rxcount", "txjitter", "rxjitter", "txploss", "rxploss", "rtt", "local_ssrc", "remote_ssrc",

	"local_count", "remote_count", "local_jitter", "remote_jitter", "local_lostpackets", "remote_lostpackets",
}

// Item reads one of SoundItems; times are in seconds.
func (s Sound) Item(name string) (string, error) {
	count := func(n uint64) (string, error) { return strconv.FormatUint(n, 10), nil }
	lost := func(n int64) (string, error) { return count(uint64(max(n, 0))) }
	switch name {
	case "all":
		return fmt.Sprintf("ssrc=%d;themssrc=%d;lp=%d;rxjitter=%s;rxcount=%d;txjitter=%s;txcount=%d;rlp=%d;rtt=%s",
			s.SSRC, s.RemoteSSRC, max(s.ReceivedLost, 0), inSeconds(s.ReceivedJitter), s.Received,
			inSeconds(s.SentJitter), s.Sent, max(s.SentLost, 0), inSeconds(s.RoundTrip)), nil
	case "txcount", "remote_count":
		return count(s.Sent)
	case "rxcount", "local_count":
		return count(s.Received)
	case "txjitter", "remote_jitter":
		return inSeconds(s.SentJitter), nil
	case "rxjitter", "local_jitter":
		return inSeconds(s.ReceivedJitter), nil
	case "txploss", "remote_lostpackets":
		return lost(s.SentLost)
	case "rxploss", "local_lostpackets":
		return lost(s.ReceivedLost)
	case "rtt":
		return inSeconds(s.RoundTrip), nil
	case "local_ssrc":
		return count(uint64(s.SSRC))
	case "remote_ssrc":
		return count(uint64(s.RemoteSSRC))
	}
	return "", fmt.Errorf("unknown item %q (%s)", name, strings.Join(SoundItems, ", "))
}

// SoundItem reads an item of the sound of the run's own channel.
func (r *Run) SoundItem(name string) (string, error) {
	meter, ok := r.ch.(Meter)
	if !ok {
		return "", errors.New("the channel has no RTP")
	}
	return meter.Sound().Item(name)
}

func inSeconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 6, 64) }
