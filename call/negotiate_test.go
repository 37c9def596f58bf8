package call

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"dialtone/media"
	"dialtone/media/g711"
	"dialtone/sip"
	"dialtone/store"
)

const ourAddr, theirAddr = "192.0.2.1", "192.0.2.9"

// offered is an offer of a telephone at 192.0.2.9, by its lines from m= on.
func offered(lines ...string) []byte {
	return []byte("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n" + strings.Join(lines, "\r\n") + "\r\n")
}

// placed is the media side of a leg with a stream of its own.
func placed(t *testing.T, secure bool, c Config, rules store.LegRules) *Media {
	t.Helper()
	streams, err := media.Open(media.Config{Ports: media.PortRange{Low: 36000, High: 36999}, Shards: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { streams.Close() })
	stream, err := streams.New(netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	m := newMedia(stream, c, rules)
	m.Placed(netip.MustParseAddr(ourAddr), netip.MustParseAddr(theirAddr), secure)
	return m
}

// version is that of the o= line.
func version(description []byte) (v int) {
	for line := range strings.Lines(string(description)) {
		if strings.HasPrefix(line, "o=") {
			fmt.Sscan(strings.Fields(line)[2], &v)
		}
	}
	return v
}

// The version of our description rises by one when it says something else, and not when it says the same again (RFC 3264 §8).
func TestVersionOfDescriptions(t *testing.T) {
	m := placed(t, false, Config{}, store.LegRules{})
	audio, held := offered("m=audio 4000 RTP/AVP 0 8"), offered("m=audio 4000 RTP/AVP 0 8", "a=sendonly")
	for i, step := range []struct {
		what string
		make func() ([]byte, error)
		want int
	}{
		{"an answer", func() ([]byte, error) { return m.Offered(audio) }, 1},
		{"the same offer again", func() ([]byte, error) { return m.Offered(audio) }, 1},
		{"another offer with the same answer", func() ([]byte, error) { return m.Offered(append(audio, "a=x\r\n"...)) }, 1},
		{"hold", func() ([]byte, error) { return m.Offered(held) }, 2},
		{"hold again, as a session timer's refresh", func() ([]byte, error) { return m.Offered(held) }, 2},
		{"taken back", func() ([]byte, error) { return m.Offered(audio) }, 3},
		{"an offer of ours, with both laws", m.Offer, 4},
		{"the same offer of ours", m.Offer, 4},
	} {
		text, err := step.make()
		if err != nil {
			t.Fatal(err)
		}
		if got := version(text); got != step.want {
			t.Errorf("%d, %s: version %d, want %d\n%s", i, step.what, got, step.want, text)
		}
	}
}

// What cannot be agreed on, as an offer in the call or as the answer to ours, leaves in force what was.
func TestBadDescriptionsChangeNothing(t *testing.T) {
	m := placed(t, false, Config{Own: func(a netip.AddrPort) bool { return a.Port() == 5060 && a.Addr() == netip.MustParseAddr(ourAddr) }}, store.LegRules{})
	if _, err := m.Offered(offered("m=audio 4000 RTP/AVP 8 101", "a=rtpmap:101 telephone-event/8000", "a=ptime:30")); err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	before := m.stream.State().Params
	if before.Law != g711.A || before.Ptime != 30 || before.Remote != netip.MustParseAddrPort(theirAddr+":4000") {
		t.Fatalf("agreed on %+v", before)
	}
	bad := map[string][]byte{
		"nothing": nil, "noise": []byte("\x00\xff"), "no media": offered(), "off": offered("m=audio 0 RTP/AVP 0"),
		"port 70000": offered("m=audio 70000 RTP/AVP 0"), "port 80": offered("m=audio 80 RTP/AVP 0"), "no codec of ours": offered("m=audio 4000 RTP/AVP 9 18"),
		"many hosts":       offered("m=audio 4000 RTP/AVP 0", "c=IN IP4 224.2.1.1/127"),
		"IPv6 in IP4":      offered("m=audio 4000 RTP/AVP 0", "c=IN IP4 2001:db8::9"),
		"ourselves":        offered("m=audio 5060 RTP/AVP 0", "c=IN IP4 "+ourAddr),
		"our own audio":    offered(fmt.Sprintf("m=audio %d RTP/AVP 0", m.stream.LocalPort()), "c=IN IP4 "+ourAddr),
		"encrypted audio":  offered("m=audio 4000 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"),
		"1000 media lines": offered(strings.Split(strings.Repeat("m=audio 4000 RTP/AVP 0\n", 1000), "\n")...),
	}
	for name, description := range bad {
		if _, err := m.Offered(description); err == nil || sip.AsRefusal(err).Status != 400 && sip.AsRefusal(err).Status != 488 {
			t.Errorf("an offer of %s: %v", name, err)
		}
		if _, err := m.Offer(); err != nil {
			t.Fatal(err)
		}
		if err := m.Answered(description); err == nil {
			t.Errorf("an answer of %s is taken", name)
		}
		if got := m.stream.State().Params; got != before {
			t.Errorf("%s: %+v is in force, before it was %+v", name, got, before)
		}
	}
}

// Keys are told where signalling is encrypted, and once audio was encrypted it is not agreed on in clear. A telephone that takes
// nothing else is asked again once.
func TestSecrecyOfDescriptions(t *testing.T) {
	clear := offered("m=audio 4000 RTP/AVP 0")
	encrypted := offered("m=audio 4000 RTP/AVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj")
	m := placed(t, true, Config{Secrecy: sip.Optional}, store.LegRules{})
	answer, err := m.Offered(encrypted)
	if err != nil || !strings.Contains(string(answer), "\r\na=crypto:1 ") {
		t.Fatalf("%s, %v", answer, err)
	}
	if _, err := m.Offered(clear); err == nil {
		t.Error("in clear from now on")
	}
	if offer, _ := m.Offer(); !strings.Contains(string(offer), "RTP/SAVP") {
		t.Errorf("an offer in clear:\n%s", offer)
	}

	out := placed(t, true, Config{Secrecy: sip.Optional}, store.LegRules{})
	first, _ := out.Offer()
	again := out.insist()
	out.restart()
	out.Placed(netip.MustParseAddr(ourAddr), netip.MustParseAddr(theirAddr), true)
	second, _ := out.Offer()
	if !strings.Contains(string(first), "RTP/AVP 0") || !again || !strings.Contains(string(second), "RTP/SAVP 0") || out.insist() {
		t.Errorf("offered at first:\n%s\nthen (%v):\n%s", first, again, second)
	}
	if key := func(text []byte) string { _, k, _ := strings.Cut(string(text), "inline:"); return k }; key(first) == key(second) {
		t.Error("two far ends were told the same key")
	}

	for _, m := range []*Media{placed(t, false, Config{Secrecy: sip.Required}, store.LegRules{}), placed(t, true, Config{}, store.LegRules{})} {
		if offer, _ := m.Offer(); strings.Contains(string(offer), "crypto") || m.insist() {
			t.Errorf("keys are told where they must not be:\n%s", offer)
		}
	}
}

// A host that does not signal itself is sent no more than 30 s of audio before it has sent some.
func TestAudioElsewhereIsBounded(t *testing.T) {
	for c, probe := range map[string]int{"c=IN IP4 192.0.2.9": 0, "c=IN IP4 203.0.113.5": elsewhereProbe} {
		m := placed(t, false, Config{}, store.LegRules{})
		if _, err := m.Offered(offered("m=audio 4000 RTP/AVP 0", c)); err != nil {
			t.Fatal(err)
		}
		if err := m.Start(); err != nil {
			t.Fatal(err)
		}
		if got := m.stream.State().Params.Probe; got != probe {
			t.Errorf("%s: %d packets, want %d", c, got, probe)
		}
	}
}

// What a phone or a trunk is offered, and which offers of it are taken, its rules say.
func TestDescriptionsFollowTheRules(t *testing.T) {
	const key = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
	both, events := offered("m=audio 4000 RTP/AVP 0 8 101", "a=rtpmap:101 telephone-event/8000"), "telephone-event"
	for _, test := range []struct {
		name   string
		rules  store.LegRules
		secure bool
		offer  string // lines of ours, and "!" those that it has not
		answer string // of the answer to an offer of both laws and events; "488": there is none
	}{
		{"nothing", store.LegRules{}, false, "RTP/AVP 0 8 101|" + events + "|!crypto", "RTP/AVP 0 101"},
		{"A-law alone", store.LegRules{Codecs: []string{"alaw"}}, false, "RTP/AVP 8 101", "RTP/AVP 8 101"},
		{"A-law first", store.LegRules{Codecs: []string{"alaw", "ulaw"}}, false, "RTP/AVP 8 0 101", "RTP/AVP 0 101"},
		{"tones", store.LegRules{Keys: store.KeysByTone}, false, "RTP/AVP 0 8|!" + events, "RTP/AVP 0|!" + events},
		{"SIP INFO", store.LegRules{Keys: store.KeysByInfo}, false, events, events},
		{"encrypted though signalling is not", store.LegRules{Encryption: store.EncryptionRequired}, false, "RTP/SAVP 0 8 101|crypto", "488"},
		{"perhaps encrypted", store.LegRules{Encryption: store.EncryptionOptional}, false, "RTP/AVP 0 8 101|crypto", "RTP/AVP 0 101|!crypto"},
		{"in clear though signalling is not", store.LegRules{Encryption: store.EncryptionOff}, true, "RTP/AVP 0 8 101|!crypto", "!crypto"},
		{"as all, over signalling that is encrypted", store.LegRules{}, true, "RTP/AVP 0 8 101|crypto", "RTP/AVP 0 101"},
	} {
		has := func(what string, text []byte, lines string) {
			for want := range strings.SplitSeq(lines, "|") {
				if want, not := strings.CutPrefix(want, "!"); strings.Contains(string(text), want) == not {
					t.Errorf("%s: %s has %q: %v\n%s", test.name, what, want, not, text)
				}
			}
		}
		c := Config{Secrecy: sip.Optional}
		offer, err := placed(t, test.secure, c, test.rules).Offer()
		if err != nil {
			t.Fatal(err)
		}
		has("the offer", offer, test.offer)
		answer, err := placed(t, test.secure, c, test.rules).Offered(both)
		if test.answer == "488" {
			if err == nil || sip.AsRefusal(err).Status != 488 {
				t.Errorf("%s: %s, %v", test.name, answer, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		has("the answer", answer, test.answer)
		encrypted := offered("m=audio 4000 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "+key)
		if _, err := placed(t, test.secure, c, test.rules).Offered(encrypted); (err == nil) != strings.Contains(test.offer, "|crypto") {
			t.Errorf("%s: an offer that is encrypted: %v", test.name, err)
		}
	}
}
