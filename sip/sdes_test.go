package sip

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	saltedKey = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj" // of RFC 4568 §6.1
	otherKey  = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
)

func keyOf(t testing.TB, text string) CryptoKey {
	t.Helper()
	c, err := parseCrypto("1 AES_CM_128_HMAC_SHA1_80 inline:" + text)
	if err != nil {
		t.Fatal(err)
	}
	return c.key
}

// secretly is our side where keys may be told.
func secretly(t testing.TB, want Secrecy) Local {
	ours := here
	ours.Secrecy, ours.Key = want, keyOf(t, otherKey)
	return ours
}

func TestParseCrypto(t *testing.T) {
	for _, tt := range []struct {
		value    string
		tag      int
		suite    Suite
		index    string
		unusable bool // well formed, and not for us
		wrong    string
	}{
		{value: "1 AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey, tag: 1, suite: Suite80},
		{value: "999999999 AES_CM_128_HMAC_SHA1_32 inline:" + saltedKey + "|2^20", tag: 999999999, suite: Suite32},
		{value: "2 aes_cm_128_hmac_sha1_80 INLINE:" + saltedKey + "|1048576 WSH=64 -x=1", tag: 2, suite: Suite80},
		{value: "1 AEAD_AES_256_GCM inline:x", unusable: true},
		{value: "1 AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey + "|2^20|1:4", tag: 1, suite: Suite80, index: "\x00\x00\x00\x01"},
		{value: "1 AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey + "|258:2", tag: 1, suite: Suite80, index: "\x01\x02"},
		{value: "1 AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey + "|1:9", unusable: true},
		{value: "1 AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey + "|256:1", wrong: "fit"},
		{value: "1 AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey + "|x:1", wrong: "MKI"},
		{value: "1 AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey + "|1:0", wrong: "MKI"},
		{value: "1 AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey + ";inline:" + otherKey, unusable: true},
		{value: "1 AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey + " UNENCRYPTED_SRTP", unusable: true},
		{value: "1 AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey + " UNAUTHENTICATED_SRTP", unusable: true},
		{value: "1 AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey + " KDR=4", unusable: true},
		{value: "", wrong: "fields"},
		{value: "1 AES_CM_128_HMAC_SHA1_80", wrong: "fields"},
		{value: "x AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey, wrong: "tag"},
		{value: "1234567890 AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey, wrong: "tag"},
		{value: "1 AES_CM_128_HMAC_SHA1_80 uri:" + saltedKey, wrong: "inline"},
		{value: "1 AES_CM_128_HMAC_SHA1_80 inline:", wrong: "0 bytes"},
		{value: "1 AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey[:36], wrong: "27 bytes"},
		{value: "1 AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey + "AAAA", wrong: "33 bytes"},
		{value: "1 AES_CM_128_HMAC_SHA1_80 inline:" + strings.Repeat("!", 40), wrong: "base64"},
	} {
		c, err := parseCrypto(tt.value)
		switch {
		case tt.wrong != "":
			if err == nil || errors.Is(err, errUnusable) || !strings.Contains(err.Error(), tt.wrong) {
				t.Errorf("%q: %v, want %q", tt.value, err, tt.wrong)
			}
		case tt.unusable:
			if !errors.Is(err, errUnusable) {
				t.Errorf("%q: %v, want it not to be spoken", tt.value, err)
			}
		case err != nil || c.tag != tt.tag || c.index != tt.index || c.suite != tt.suite || c.key != keyOf(t, saltedKey):
			t.Errorf("%q: %d %s, %v", tt.value, c.tag, c.suite, err)
		}
	}
}

// What of encryption is agreed on: by what is offered, and by what we want. 488 is no agreement.
func TestEncryptionIsAgreedOn(t *testing.T) {
	good := "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey
	short := "a=crypto:3 AES_CM_128_HMAC_SHA1_32 inline:" + saltedKey
	savp, avp := "m=audio 4000 RTP/SAVP 0", "m=audio 4000 RTP/AVP 0"
	for _, tt := range []struct {
		name                      string
		offer                     []string
		clear, optional, required string // the suite; "" in clear; "488"
	}{
		{"in clear", []string{avp}, "", "", "488"},
		{"encrypted", []string{savp, good}, "488", string(Suite80), string(Suite80)},
		{"encrypted with feedback", []string{"m=audio 4000 RTP/SAVPF 0", good}, "488", string(Suite80), string(Suite80)},
		{"encrypted if we can", []string{avp, good}, "", string(Suite80), string(Suite80)},
		{"the first suite goes before others", []string{savp, short, good}, "488", string(Suite32), string(Suite32)},
		{"unknown suites are passed over", []string{savp, "a=crypto:9 AEAD_AES_256_GCM inline:x", short}, "488", string(Suite32), string(Suite32)},
		{"an unknown suite only", []string{savp, "a=crypto:9 AEAD_AES_256_GCM inline:x"}, "488", "488", "488"},
		{"an unknown suite if we can", []string{avp, "a=crypto:9 AEAD_AES_256_GCM inline:x"}, "", "", "488"},
		{"encrypted without keys", []string{savp}, "488", "488", "488"},
		{"a short key", []string{savp, good[:len(good)-4]}, "488", "488", "488"},
		{"a long key", []string{savp, good + "AAAA"}, "488", "488", "488"},
		{"a short key if we can", []string{avp, good[:len(good)-4]}, "", "488", "488"},
		{"a short key beside a good one", []string{savp, good[:len(good)-4], short}, "488", string(Suite32), string(Suite32)},
		{"a stream of each, clear first", []string{avp, "m=audio 4002 RTP/SAVP 0", good}, "", string(Suite80), string(Suite80)},
		{"a stream of each, encrypted first", []string{savp, good, "m=audio 4002 RTP/AVP 0"}, "", string(Suite80), string(Suite80)},
		{"DTLS", []string{"m=audio 4000 UDP/TLS/RTP/SAVPF 0"}, "488", "488", "488"},
	} {
		for want, suite := range map[Secrecy]string{Clear: tt.clear, Optional: tt.optional, Required: tt.required} {
			answer, m, err := Negotiate(offerOf(tt.offer...), secretly(t, want))
			if err != nil {
				if suite != "488" || AsRefusal(err).Status != 488 {
					t.Errorf("%s, we want %d: %v", tt.name, want, err)
				}
				continue
			}
			if got := string(m.Crypto.Suite); got != suite {
				t.Errorf("%s, we want %d: %q, want %q", tt.name, want, got, suite)
				continue
			}
			if suite == "" {
				if strings.Contains(string(answer), "crypto") || m.Crypto != (Crypto{}) {
					t.Errorf("%s: keys in clear\n%s", tt.name, answer)
				}
				continue
			}
			if m.Crypto.Ours != keyOf(t, otherKey) || m.Crypto.Theirs != keyOf(t, saltedKey) {
				t.Errorf("%s: other keys", tt.name)
			}
			tag := map[Suite]string{Suite80: "1", Suite32: "3"}[m.Crypto.Suite]
			if line := "\r\na=crypto:" + tag + " " + suite + " inline:" + otherKey + "\r\n"; strings.Count(string(answer), line) != 1 {
				t.Errorf("%s: want %q in\n%s", tt.name, line, answer)
			}
		}
	}
}

// What we offer, and what the answer makes of it.
func TestEncryptionIsOffered(t *testing.T) {
	for _, tt := range []struct {
		ours, theirs Secrecy
		suite        Suite
		status       int
	}{
		{Clear, Clear, "", 0}, {Clear, Optional, "", 0}, {Clear, Required, "", 488},
		{Optional, Clear, "", 0}, {Optional, Optional, Suite80, 0}, {Optional, Required, Suite80, 0},
		{Required, Clear, "", 488}, {Required, Optional, Suite80, 0}, {Required, Required, Suite80, 0},
	} {
		ours := secretly(t, tt.ours)
		offer := MakeOffer(ours)
		there := Local{Addr: netip.MustParseAddr("192.0.2.9"), Port: 4000, Secrecy: tt.theirs, Key: keyOf(t, saltedKey)}
		answer, theirs, err := Negotiate(offer, there)
		if err != nil {
			if AsRefusal(err).Status != tt.status {
				t.Errorf("we %d, they %d: %v", tt.ours, tt.theirs, err)
			}
			continue
		}
		got, err := ReadAnswer(offer, answer, nil)
		if err != nil {
			t.Errorf("we %d, they %d: %v", tt.ours, tt.theirs, err)
			continue
		}
		want := Crypto{}
		if tt.suite != "" {
			want = Crypto{Suite: tt.suite, Ours: ours.Key, Theirs: there.Key}
		}
		if got.Crypto != want || theirs.Crypto.Suite != want.Suite || theirs.Crypto.Ours != want.Theirs || theirs.Crypto.Theirs != want.Ours {
			t.Errorf("we %d, they %d: %v and %v", tt.ours, tt.theirs, got.Crypto, theirs.Crypto)
		}
	}
	offer := MakeOffer(secretly(t, Required))
	for name, answer := range map[string][]byte{
		"in clear":                     offerOf("m=audio 4000 RTP/AVP 0"),
		"without keys":                 offerOf("m=audio 4000 RTP/SAVP 0"),
		"by a suite we did not offer":  offerOf("m=audio 4000 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:"+saltedKey),
		"by a key of the wrong length": offerOf("m=audio 4000 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+saltedKey[:20]),
	} {
		if _, err := ReadAnswer(offer, answer, nil); AsRefusal(err).Status != 488 {
			t.Errorf("an answer %s to encrypted audio: %v", name, err)
		}
	}
	if diff := cmp.Diff(answerText("m=audio 20000 RTP/SAVP 0 8 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
		"a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+otherKey, "a=ptime:20", "a=sendrecv"), string(offer)); diff != "" {
		t.Error(diff)
	}
}

// A key is not told by who only prints it.
func TestKeysAreNotPrinted(t *testing.T) {
	m := Media{Crypto: Crypto{Suite: Suite80, Ours: keyOf(t, otherKey), Theirs: keyOf(t, saltedKey)}}
	for _, format := range []string{"%v", "%+v", "%s", "%#v"} {
		if text := fmt.Sprintf(format, m); strings.Contains(text, "100") || strings.Contains(text, "0x64") {
			t.Errorf("%s prints %s", format, text)
		}
	}
}

// What is taken is written as it was read.
func FuzzParseCrypto(f *testing.F) {
	f.Add("1 AES_CM_128_HMAC_SHA1_80 inline:" + saltedKey)
	f.Add("3 AES_CM_128_HMAC_SHA1_32 inline:" + saltedKey + "|2^48|1:4 KDR=1 WSH=64 -x")
	f.Add("1 F8_128_HMAC_SHA1_80 inline:" + saltedKey + ";inline:" + otherKey)
	f.Fuzz(func(t *testing.T, value string) {
		c, err := parseCrypto(value)
		if err != nil {
			return
		}
		if again, err := parseCrypto(c.String()); err != nil || again != c {
			t.Errorf("%q is written as %q: %v", value, c, err)
		}
	})
}
