package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"dialtone/dtmf"
	"dialtone/media"
	"dialtone/media/g711"
	"dialtone/sounds"
)

// traffic writes the packets of RTP streams as a pcap file of raw IPv4.
type traffic struct {
	b bytes.Buffer
}

func newTraffic() *traffic {
	t := &traffic{}
	for _, v := range []uint32{0xa1b2c3d4, 2 | 4<<16, 0, 0, 65535, 101} {
		_ = binary.Write(&t.b, binary.LittleEndian, v)
	}
	return t
}

// packet adds an RTP packet from port 4000 of 192.0.2.host.
func (t *traffic) packet(at time.Duration, host byte, payloadType byte, marker bool, seq uint16, timestamp uint32, payload []byte) {
	order := binary.BigEndian
	p := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, host, 192, 0, 2, 1, 0x0f, 0xa0, 0x4e, 0x20, 0, 0, 0, 0, 0x80, payloadType}
	if marker {
		p[len(p)-1] |= 0x80
	}
	p = order.AppendUint32(order.AppendUint32(order.AppendUint16(p, seq), timestamp), uint32(host))
	p = append(p, payload...)
	order.PutUint16(p[2:], uint16(len(p)))
	order.PutUint16(p[24:], uint16(len(p)-20))
	for _, v := range []uint32{uint32(at / time.Second), uint32(at % time.Second / time.Microsecond), uint32(len(p)), uint32(len(p))} {
		_ = binary.Write(&t.b, binary.LittleEndian, v)
	}
	t.b.Write(p)
}

// caller adds a stream in which keys are pressed: 100 ms each, the first after 500 ms, with 100 ms behind it. They are tones
// for the first leak ms, and then events, if there is any time left; drop says which of the packets are lost.
func (t *traffic) caller(host byte, keys string, leak int, drop func(n int) bool) {
	seq, n := uint16(0), 0
	send := func(slot int, payloadType byte, marker bool, timestamp uint32, payload []byte) {
		if n++; drop == nil || !drop(n-1) {
			t.packet(time.Duration(slot)*20*time.Millisecond, host, payloadType, marker, seq, timestamp, payload)
		}
		seq++
	}
	audio := make([]byte, 160)
	slots := 25 + 15*len(keys)
	for slot := 0; slot < slots; {
		pcm := make([]int16, 160)
		at := slot - 25
		if at >= 0 && at%15 < 5 {
			key := keys[at/15]
			if into := at % 15 * 20; into >= leak {
				sender, began := dtmf.NewEventSender(key, (100-leak)*8), slot
				for done := false; !done; slot++ {
					var payload [4]byte
					var marker bool
					payload, marker, _, done = sender.Next(160)
					send(slot, 101, marker, uint32(160*began), payload[:])
				}
				continue
			}
			dtmf.ToneSamples(pcm, key, at%15*160)
		}
		g711.Mu.EncodeTo(audio, pcm)
		send(slot, 0, slot == 0, uint32(160*slot), audio)
		slot++
	}
}

// capture FILE writes a capture of two directions: 15# by tones and events, where a packet, all ends of the second key and
// the beginning of the third are lost, and 42 by tones.
func capture(ts *testscript.TestScript, _ bool, args []string) {
	t := newTraffic()
	t.caller(9, "15#", 60, func(n int) bool { return n == 5 || n >= 44 && n < 47 || n == 58 })
	t.caller(8, "42", 1000, nil)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), t.b.Bytes(), 0o644))
}

// empty FILE writes a capture without packets.
func empty(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), newTraffic().b.Bytes(), 0o644))
}

// off FILE writes a WAV file with the tones of 1, 3 % too high, and then the key 5.
func off(ts *testscript.TestScript, _ bool, args []string) {
	pcm := make([]int16, 8000)
	for i := range 1600 {
		at := 2 * math.Pi * float64(i) / 8000
		pcm[800+i] = int16(7220 * (math.Sin(697*1.03*at) + math.Sin(1209*1.03*at))) // -10 dBm0 each
	}
	dtmf.ToneSamples(pcm[4000:4800], '5', 0)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	ts.Check(sounds.WriteWAV(f, pcm))
}

// pack FROM TO makes a file smaller as gzip does.
func pack(ts *testscript.TestScript, _ bool, args []string) {
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err = w.Write(data)
	ts.Check(err)
	ts.Check(w.Close())
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), packed.Bytes(), 0o644))
}

// cut FROM TO copies a file without its last bytes.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), data[:len(data)-20], 0o644))
}

// What --json prints can be read again, for streams of every kind; no number in it is infinite.
func TestHeardAsJSON(t *testing.T) {
	captured := &media.CapturedStream{EventType: -1}
	streams := []heardStream{
		{file: "a.wav"},
		{file: "a.pcap", captured: captured, Heard: media.Heard{
			Digits: []media.HeardDigit{
				{Digit: dtmf.Digit{Key: '1', Way: dtmf.Event}, Event: &media.HeardEvent{}},
				{Digit: dtmf.Digit{Key: '2', Way: dtmf.Tone}, Tone: &media.HeardTone{}},
			},
			Refused: []dtmf.Refusal{{Key: '3'}},
		}},
	}
	text, err := json.Marshal(asJSON(streams, true))
	if err != nil {
		t.Fatal(err)
	}
	var again []map[string]any
	if err := json.Unmarshal(text, &again); err != nil || len(again) != 2 {
		t.Fatalf("%s: %v", text, err)
	}
	if _, ok := again[0]["digits"].([]any); !ok {
		t.Errorf("%s: want an empty list of digits", text)
	}
	if _, ok := again[1]["event_type"]; ok {
		t.Errorf("%s: want no type of events where there are none", text)
	}
}
