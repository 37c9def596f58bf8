package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"dialtone/media/g711"

	"github.com/pion/srtp/v3"
)

// secret is keys that differ by their first byte.
func secret(suite string, ours, theirs byte) SRTP {
	s := SRTP{Suite: suite}
	for i := range s.Ours {
		s.Ours[i], s.Theirs[i] = ours+byte(i), theirs+byte(i)
	}
	return s
}

const (
	suite80 = "AES_CM_128_HMAC_SHA1_80"
	suite32 = "AES_CM_128_HMAC_SHA1_32"
)

// farCipher is the far end of a stream that has keys.
type farCipher struct {
	t       testing.TB
	out, in *srtp.Context
}

func newFarCipher(t testing.TB, keys SRTP) *farCipher {
	out, err := newContext(suites[keys.Suite], &keys.Theirs, keys.Index)
	if err != nil {
		t.Fatal(err)
	}
	in, err := newContext(suites[keys.Suite], &keys.Ours, "")
	if err != nil {
		t.Fatal(err)
	}
	return &farCipher{t, out, in}
}

func (f *farCipher) seal(packet []byte) []byte {
	f.t.Helper()
	sealed, err := f.out.EncryptRTP(nil, packet, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return sealed
}

func (f *farCipher) open(packet []byte) []byte {
	f.t.Helper()
	opened, err := f.in.DecryptRTP(nil, packet, nil)
	if err != nil {
		f.t.Fatalf("what was sent cannot be decrypted: %v", err)
	}
	return opened
}

func encrypted(p Params, keys SRTP) Params { p.SRTP = keys; return p }

// A call of 70,000 packets, in which the sequence number wraps twice, is understood from the first packet to the last, both ways;
// no packet is sent in clear or encrypted by the same place of the key's stream as another.
func TestEncryptedCallOf70000Packets(t *testing.T) {
	left, right := secret(suite80, 1, 50), secret(suite32, 100, 150)
	p := newBridged(t, encrypted(muParams(), left), encrypted(aParams(), right))
	caller, callee := newFarCipher(t, left), newFarCipher(t, right)
	used := make(map[uint64]bool)
	wraps, last := uint64(0), uint16(0)
	for i := range 70_000 {
		said := p.audio(20)
		packet := caller.seal(said)
		if i%1000 == 999 {
			continue // lost
		}
		p.hear(p.caller, there, packet)
		p.step(20)
		sent := p.sentBy(p.callee)
		if len(sent) != 1 {
			t.Fatalf("packet %d: %d packets left", i, len(sent))
		}
		if i > 0 && sent[0].seq < last {
			wraps++
		}
		last = sent[0].seq
		if used[wraps<<16|uint64(last)] {
			t.Fatalf("packet %d: sequence number %d is used again", i, last)
		}
		used[wraps<<16|uint64(last)] = true
		want := said[headerLen:]
		g711.Mu.Transcode(want)
		if got := callee.open(sent[0].data); !bytes.Equal(got[headerLen:], want) {
			t.Fatalf("packet %d: other audio", i)
		}
	}
	if wraps == 0 {
		t.Error("the sequence number never wrapped")
	}
	if s := p.caller.Stats(); s.Received != 70_000-70 || len(s.Dropped) != 0 || !s.Encrypted {
		t.Errorf("%+v", s)
	}
}

// A far end that tells its key by an index in each packet is understood, and is not told one of ours.
func TestEncryptedCallWithAnIndexOfTheKey(t *testing.T) {
	keys := secret(suite80, 1, 50)
	keys.Index = "\x00\x00\x00\x01"
	p := newBridged(t, encrypted(muParams(), keys), encrypted(muParams(), keys))
	far := newFarCipher(t, keys)
	for range 50 {
		said := p.audio(20)
		packet := far.seal(said)
		if want := len(said) + 4 + 10; len(packet) != want {
			t.Fatalf("a packet of %d bytes, want %d with the index", len(packet), want)
		}
		p.hear(p.caller, there, packet)
		p.step(20)
		sent := p.sentBy(p.callee)
		if len(sent) != 1 || !bytes.Equal(far.open(sent[0].data)[headerLen:], said[headerLen:]) {
			t.Fatalf("%d packets left, or other audio", len(sent))
		}
	}
	plain := newFarCipher(t, secret(suite80, 1, 50))
	p.hear(p.caller, there, plain.seal(p.audio(20)))
	if s := p.caller.Stats(); s.Received != 50 {
		t.Errorf("%d packets received, want 50: one without the index is dropped", s.Received)
	}
}

// What is forged, in clear, or a copy is dropped, and harms nothing; attack 38 of old packets again, too.
func TestForgedAndRepeatedPackets(t *testing.T) {
	keys := secret(suite80, 1, 50)
	p := newBridged(t, encrypted(muParams(), keys), muParams())
	far, stranger := newFarCipher(t, keys), newFarCipher(t, secret(suite80, 9, 9))
	var old [][]byte
	for i := range 600 {
		packet := far.seal(p.audio(20))
		old = append(old, bytes.Clone(packet))
		forged := bytes.Clone(packet)
		forged[20] ^= 1
		clear := rtpPacket(header{seq: uint16(i), ssrc: 77}, make([]byte, 160))
		for _, bad := range [][]byte{forged, clear, stranger.seal(clear), packet[:20], packet[:12], packet[:len(packet)-1]} {
			p.hear(p.caller, there, bytes.Clone(bad))
		}
		p.hear(p.caller, there, packet)
		p.step(20)
	}
	p.take()
	before := p.caller.Stats()
	if before.Received != 600 || before.Dropped[DropSRTP.String()] != 6*600 {
		t.Fatalf("received %d, dropped %v", before.Received, before.Dropped)
	}
	for range 2 {
		for _, packet := range old[100:] {
			p.hear(p.caller, there, bytes.Clone(packet))
		}
	}
	if sent := p.sentBy(p.callee); len(sent) != 0 {
		t.Errorf("%d old packets are sent on", len(sent))
	}
	p.hear(p.caller, there, far.seal(p.audio(20)))
	if sent := p.sentBy(p.callee); len(sent) != 1 {
		t.Error("the call does not go on")
	}
}

// A stranger's packets do not take the stream, though they come first: who cannot encrypt is not believed.
func TestEncryptionGoesBeforeBelief(t *testing.T) {
	keys := secret(suite80, 1, 50)
	l := newLab(t, Config{})
	params := encrypted(muParams(), keys)
	st := l.stream(&params)
	for i := range 100 {
		l.hear(st, addr("192.0.2.9:5555"), rtpPacket(header{seq: uint16(i), ssrc: 9}, make([]byte, 160)))
		l.step(20)
	}
	if at := st.Stats().Latched; at.IsValid() {
		t.Errorf("%v is believed", at)
	}
}

// Reports are encrypted too, and those of others not read.
func TestReportsAreEncrypted(t *testing.T) {
	keys := secret(suite32, 1, 50)
	l := newLab(t, Config{})
	params := encrypted(muParams(), keys)
	st := l.stream(&params)
	far := newFarCipher(t, keys)
	l.step(20_000)
	st.Close()
	if len(l.reports) < 3 {
		t.Fatalf("%d reports", len(l.reports))
	}
	for _, r := range l.reports {
		if len(r.data) < srtcpRoom || bytes.Contains(r.data, []byte(l.streams.name)) {
			t.Error("a report in clear")
		}
		opened, err := far.in.DecryptRTCP(nil, r.data, nil)
		if err != nil || !bytes.Contains(opened, []byte(l.streams.name)) {
			t.Errorf("a report that cannot be decrypted: %v", err)
		}
	}
	st = l.stream(&params)
	l.hear(st, there, newFarCipher(t, keys).seal(rtpPacket(header{ssrc: 77}, make([]byte, 160))))
	report := make([]byte, 8+24)
	report[0], report[1], report[3] = 2<<6|1, rtcpReceiver, 7
	binary.BigEndian.PutUint32(report[4:], 77)
	binary.BigEndian.PutUint32(report[8:], st.ssrc)
	sealed, err := newFarCipher(t, keys).out.EncryptRTCP(nil, report, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		packet []byte
		told   bool
	}{{report, false}, {sealed, true}} {
		st.mu.Lock()
		st.arriveReport(l.now*1e6, there, tt.packet, &l.streams.shards[0].space)
		st.mu.Unlock()
		if got := st.Stats().Told; got != tt.told {
			t.Errorf("told %v, want %v", got, tt.told)
		}
	}
	if n := st.Stats().Dropped[DropSRTP.String()]; n != 1 {
		t.Errorf("%d reports dropped", n)
	}
}

// Keys may change in a re-INVITE: what is under way by the ones before is still heard. Encryption never ends.
func TestKeysChange(t *testing.T) {
	keys := secret(suite80, 1, 50)
	p := newBridged(t, encrypted(muParams(), keys), muParams())
	far := newFarCipher(t, keys)
	hears := func(packet []byte) bool {
		p.hear(p.caller, there, packet)
		p.step(20)
		return len(p.sentBy(p.callee)) == 1
	}
	for range 10 {
		hears(far.seal(p.audio(20)))
	}
	for _, next := range []SRTP{secret(suite80, 1, 70), secret(suite32, 1, 70), secret(suite80, 90, 70)} {
		if err := p.caller.Update(encrypted(muParams(), next)); err != nil {
			t.Fatal(err)
		}
		old := far
		far = newFarCipher(t, next)
		if !hears(old.seal(p.audio(20))) {
			t.Errorf("%s %d: what was under way is not heard", next.Suite, next.Theirs[0])
		}
		if !hears(far.seal(p.audio(20))) {
			t.Errorf("%s %d: the new key is not known", next.Suite, next.Theirs[0])
		}
		for range 150 {
			hears(far.seal(p.audio(20)))
		}
		if hears(old.seal(p.audio(20))) {
			t.Errorf("%s %d: the old key is good for ever", next.Suite, next.Theirs[0])
		}
		p.lose(20)
	}
	if err := p.caller.Update(muParams()); !errors.Is(err, errDecrypted) {
		t.Errorf("in clear from now on: %v", err)
	}
	if err := p.caller.Update(encrypted(muParams(), secret("F8_128_HMAC_SHA1_80", 1, 1))); err == nil {
		t.Error("an unknown suite is taken")
	}
}
