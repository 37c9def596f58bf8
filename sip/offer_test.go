package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"dialtone/media/g711"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/google/go-cmp/cmp"
)

var here = Local{
	Addr: netip.MustParseAddr("192.0.2.1"), Port: 20000, Laws: []g711.Law{g711.Mu, g711.A}, Events: true, Ptime: 20,
	SessionID: 7, Version: 3,
}

// offerOf makes an offer of a telephone at 192.0.2.9:4000 from its lines after t=; "c=" before them stands in the session.
func offerOf(lines ...string) []byte {
	c := "c=IN IP4 192.0.2.9"
	if len(lines) > 0 && strings.HasPrefix(lines[0], "c=") {
		c, lines = lines[0], lines[1:]
	}
	text := "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n"
	if c != "c=" {
		text += c + "\r\n"
	}
	return []byte(text + "t=0 0\r\n" + strings.Join(lines, "\r\n") + "\r\n")
}

func answerText(lines ...string) string {
	return "v=0\r\no=- 7 3 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + strings.Join(lines, "\r\n") + "\r\n"
}

// agreedBy is the usual Media, changed by f.
func agreedBy(f func(*Media)) Media {
	m := Media{Remote: netip.MustParseAddrPort("192.0.2.9:4000"), PayloadType: 0, EventType: -1, Ptime: 20, Send: true, Receive: true}
	if f != nil {
		f(&m)
	}
	return m
}

var samePort = cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })

func TestNegotiate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		offer  []byte
		answer []string // the lines after t=; nil: not looked at
		want   Media
	}{
		{"static payload types without rtpmap", offerOf("m=audio 4000 RTP/AVP 0 8"),
			[]string{"m=audio 20000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv"}, agreedBy(nil)},
		{"the offerer's order goes before ours", offerOf("m=audio 4000 RTP/AVP 8 0"),
			[]string{"m=audio 20000 RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=ptime:20", "a=sendrecv"},
			agreedBy(func(m *Media) { m.Law, m.PayloadType = g711.A, 8 })},
		{"unknown codecs before ours", offerOf("m=audio 4000 RTP/AVP 9 96 18 8", "a=rtpmap:96 opus/48000/2"), nil,
			agreedBy(func(m *Media) { m.Law, m.PayloadType = g711.A, 8 })},
		{"a dynamic payload type for μ-law", offerOf("m=audio 4000 RTP/AVP 98", "a=rtpmap:98 pcmu/8000/1"),
			[]string{"m=audio 20000 RTP/AVP 98", "a=rtpmap:98 PCMU/8000", "a=ptime:20", "a=sendrecv"},
			agreedBy(func(m *Media) { m.PayloadType = 98 })},
		{"telephone-event with the offerer's number", offerOf("m=audio 4000 RTP/AVP 0 97", "a=rtpmap:97 telephone-event/8000", "a=fmtp:97 0-15"),
			[]string{"m=audio 20000 RTP/AVP 0 97", "a=rtpmap:0 PCMU/8000", "a=rtpmap:97 telephone-event/8000", "a=fmtp:97 0-15", "a=ptime:20", "a=sendrecv"},
			agreedBy(func(m *Media) { m.EventType = 97 })},
		{"telephone-event of the audio's clock", offerOf("m=audio 4000 RTP/AVP 0 100 101", "a=rtpmap:100 telephone-event/48000", "a=rtpmap:101 telephone-event/8000"), nil,
			agreedBy(func(m *Media) { m.EventType = 101 })},
		{"telephone-event without fmtp, before the codec", offerOf("m=audio 4000 RTP/AVP 127 8", "a=rtpmap:127 TELEPHONE-EVENT/8000"), nil,
			agreedBy(func(m *Media) { m.EventType, m.Law, m.PayloadType = 127, g711.A, 8 })},
		{"two telephone-events: the first", offerOf("m=audio 4000 RTP/AVP 0 97 101", "a=rtpmap:101 telephone-event/8000", "a=rtpmap:97 telephone-event/8000"), nil,
			agreedBy(func(m *Media) { m.EventType = 97 })},
		{"events 0-11 and 70 of fmtp", offerOf("m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-11,16,70"),
			[]string{"m=audio 20000 RTP/AVP 0 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-11", "a=ptime:20", "a=sendrecv"},
			agreedBy(func(m *Media) { m.EventType = 101 })},
		{"none of our events", offerOf("m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 32-40"), nil, agreedBy(nil)},
		{"comfort noise is not answered", offerOf("m=audio 4000 RTP/AVP 0 13"),
			[]string{"m=audio 20000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv"}, agreedBy(nil)},
		{"ptime 30", offerOf("m=audio 4000 RTP/AVP 0", "a=ptime:30"),
			[]string{"m=audio 20000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:30", "a=sendrecv"}, agreedBy(func(m *Media) { m.Ptime = 30 })},
		{"maxptime 10", offerOf("m=audio 4000 RTP/AVP 0", "a=maxptime:10"), nil, agreedBy(func(m *Media) { m.Ptime = 10 })},
		{"ptime 60 with maxptime 40", offerOf("m=audio 4000 RTP/AVP 0", "a=ptime:60", "a=maxptime:40"), nil, agreedBy(func(m *Media) { m.Ptime = 40 })},
		{"sendonly is hold", offerOf("m=audio 4000 RTP/AVP 0", "a=sendonly"),
			[]string{"m=audio 20000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=recvonly"}, agreedBy(func(m *Media) { m.Send, m.Hold = false, true })},
		{"recvonly", offerOf("m=audio 4000 RTP/AVP 0", "a=recvonly"),
			[]string{"m=audio 20000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendonly"}, agreedBy(func(m *Media) { m.Receive = false })},
		{"inactive of the session", offerOf("a=inactive", "m=audio 4000 RTP/AVP 0"),
			[]string{"m=audio 20000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=inactive"}, agreedBy(func(m *Media) { m.Send, m.Receive, m.Hold = false, false, true })},
		{"the stream's direction goes before the session's", offerOf("a=inactive", "m=audio 4000 RTP/AVP 0", "a=sendrecv"), nil, agreedBy(nil)},
		{"c=0.0.0.0 is hold", offerOf("c=IN IP4 0.0.0.0", "m=audio 4000 RTP/AVP 0"),
			[]string{"m=audio 20000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv"},
			agreedBy(func(m *Media) { m.Remote, m.Send, m.Hold = netip.MustParseAddrPort("0.0.0.0:4000"), false, true })},
		{"the stream's c= goes before the session's", offerOf("c=IN IP4 203.0.113.5", "m=audio 4000 RTP/AVP 0", "c=IN IP4 192.0.2.9"), nil, agreedBy(nil)},
		{"an address of each family", offerOf("c=", "m=video 4002 RTP/AVP 31", "c=IN IP6 2001:db8::9", "m=audio 4000 RTP/AVP 0", "c=IN IP4 192.0.2.9"), nil, agreedBy(nil)},
		{"IPv4 in IPv6", offerOf("c=IN IP6 ::ffff:192.0.2.9", "m=audio 4000 RTP/AVP 0"), nil, agreedBy(nil)},
		{"streams that nobody wants", offerOf("m=image 4004 udptl t38", "m=audio 4000 RTP/AVP 0", "m=video 4002 RTP/AVP 31 34", "a=rtpmap:31 H261/90000", "m=audio 4006 RTP/AVP 0", "m=quantum 9 a/b/c x"),
			[]string{"m=image 0 udptl t38", "m=audio 20000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv", "m=video 0 RTP/AVP 31 34", "m=audio 0 RTP/AVP 0", "m=quantum 0 a/b/c x"}, agreedBy(nil)},
		{"the first audio stream is off", offerOf("m=audio 0 RTP/AVP 0", "m=audio 4000 RTP/AVP 0"),
			[]string{"m=audio 0 RTP/AVP 0", "m=audio 20000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv"}, agreedBy(nil)},
		{"SRTP beside plain RTP", offerOf("m=audio 4002 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x", "m=audio 4000 RTP/AVP 0"),
			[]string{"m=audio 0 RTP/SAVP 0", "m=audio 20000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv"}, agreedBy(nil)},
		{"a=crypto in plain RTP is ignored", offerOf("m=audio 4000 RTP/AVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x"), nil, agreedBy(nil)},
		{"AVPF", offerOf("m=audio 4000 RTP/AVPF 0"), []string{"m=audio 20000 RTP/AVPF 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20", "a=sendrecv"}, agreedBy(nil)},
		{"rtcp-mux", offerOf("m=audio 4000 RTP/AVP 0", "a=rtcp-mux"),
			[]string{"m=audio 20000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=rtcp-mux", "a=ptime:20", "a=sendrecv"}, agreedBy(func(m *Media) { m.RTCPMux = true })},
		{"a=rtcp", offerOf("m=audio 4000 RTP/AVP 0", "a=rtcp:4009"), nil, agreedBy(func(m *Media) { m.RemoteRTCP = netip.MustParseAddrPort("192.0.2.9:4009") })},
		{"a=rtcp of another host is not believed", offerOf("m=audio 4000 RTP/AVP 0", "a=rtcp:4009 IN IP4 203.0.113.66"), nil,
			agreedBy(func(m *Media) { m.RemoteRTCP = netip.MustParseAddrPort("192.0.2.9:4009") })},
		{"a number of ports", offerOf("m=audio 4000/2 RTP/AVP 0"), nil, agreedBy(nil)},
		{"lines that pion does not know", []byte("v=0\no=My Phone 1 1 IN IP4 192.0.2.9\ns=\ni=info\nu=:bad url\ne=a\np=+1\nb=XYZ:1\nt=0 0\nr=x\nz=y\nk=clear:x\nc=IN IP4 192.0.2.9\nm=audio 4000 RTP/AVP 0\nb=ZZ:9\nk=x\na=sendrecv"), nil, agreedBy(nil)},
		{"no t=", []byte("v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nm=audio 4000 RTP/AVP 0\r\n"), nil, agreedBy(nil)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer, got, err := Negotiate(tt.offer, here)
			if err != nil {
				t.Fatal(err)
			}
			if tt.answer != nil {
				if diff := cmp.Diff(answerText(tt.answer...), string(answer)); diff != "" {
					t.Errorf("answer: %s", diff)
				}
			}
			if diff := cmp.Diff(tt.want, got, samePort); diff != "" {
				t.Errorf("agreed: %s", diff)
			}
			offered, _ := readSDP(tt.offer)
			answered, err := readSDP(answer)
			if err != nil || len(answered.media) != len(offered.media) {
				t.Errorf("the answer has other streams than the offer: %v", err)
			}
		})
	}
}

func TestOurDirectionLimitsTheAnswer(t *testing.T) {
	for _, tt := range []struct {
		theirs, ours  Direction
		want          string
		send, receive bool
	}{
		{SendRecv, SendRecv, "sendrecv", true, true}, {SendRecv, SendOnly, "sendonly", true, false},
		{SendRecv, RecvOnly, "recvonly", false, true}, {SendRecv, Inactive, "inactive", false, false},
		{SendOnly, SendOnly, "inactive", false, false}, {RecvOnly, SendRecv, "sendonly", true, false},
		{Inactive, SendRecv, "inactive", false, false},
	} {
		ours := here
		ours.Direction = tt.ours
		answer, m, err := Negotiate(offerOf("m=audio 4000 RTP/AVP 0", "a="+tt.theirs.String()), ours)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(answer), "\r\na="+tt.want+"\r\n") || m.Send != tt.send || m.Receive != tt.receive {
			t.Errorf("they %v, we %v: send %v, receive %v\n%s", tt.theirs, tt.ours, m.Send, m.Receive, answer)
		}
	}
}

// Bodies that break negotiation elsewhere (CVE-2021-26906 and others). 0 is agreement, by a value that is safe.
func TestBadOffers(t *testing.T) {
	const audio = "m=audio 4000 RTP/AVP 0"
	many := func(n int, line string) []string {
		lines := make([]string, n)
		for i := range lines {
			lines[i] = line
		}
		return lines
	}
	numbers := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, " %d", i)
		}
		return b.String()
	}
	own := here
	own.Own = func(a netip.AddrPort) bool { return a == netip.MustParseAddrPort("192.0.2.1:5060") }
	cases := []struct {
		name   string
		offer  []byte
		status int
	}{
		{"empty", nil, 400},
		{"blank lines", []byte("\r\n\r\n"), 400},
		{"noise", []byte("\x00\x01\x02\xff"), 400},
		{"text", []byte("hello"), 400},
		{"only v=", []byte("v=0\r\n"), 400},
		{"version 1", []byte("v=1\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nt=0 0\r\n"), 400},
		{"two v=", []byte("v=0\r\nv=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\n"), 400},
		{"no o=", []byte("v=0\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n" + audio + "\r\n"), 400},
		{"no s=", []byte("v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n" + audio + "\r\n"), 400},
		{"short o=", []byte("v=0\r\no=- 1\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n" + audio + "\r\n"), 400},
		{"a session id of letters", []byte("v=0\r\no=- abc 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n" + audio + "\r\n"), 400},
		{"a huge session id", []byte("v=0\r\no=- 99999999999999999999999999 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n" + audio + "\r\n"), 0},
		{"bad t=", []byte("v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=now\r\n" + audio + "\r\n"), 400},
		{"no media lines", offerOf(), 488},
		{"1000 media lines", offerOf(many(1000, audio)...), 488},
		{"33 media lines", offerOf(many(33, audio)...), 488},
		{"32 media lines", offerOf(many(32, audio)...), 0},
		{"1000 formats", offerOf("m=audio 4000 RTP/AVP" + numbers(1000)), 0},
		{"1000 formats that nobody knows", offerOf("m=audio 4000 RTP/AVP" + strings.Repeat(" 96", 1000)), 488},
		{"40000 bytes", offerOf(audio, "a=x:"+strings.Repeat("y", 40000)), 400},
		{"10000 attributes", offerOf(append([]string{audio}, many(4000, "a=x")...)...), 0},
		{"port 0", offerOf("m=audio 0 RTP/AVP 0"), 488},
		{"port 70000", offerOf("m=audio 70000 RTP/AVP 0"), 400},
		{"port -1", offerOf("m=audio -1 RTP/AVP 0"), 400},
		{"port x", offerOf("m=audio x RTP/AVP 0"), 400},
		{"port 80", offerOf("m=audio 80 RTP/AVP 0"), 488},
		{"port 65535: RTCP has none", offerOf("m=audio 65535 RTP/AVP 0"), 0},
		{"m= without formats", offerOf("m=audio 4000 RTP/AVP"), 400},
		{"m= alone", offerOf("m="), 400},
		{"m=audio alone", offerOf("m=audio"), 400},
		{"no c=", offerOf("c=", audio), 400},
		{"two c=", offerOf("c=IN IP4 1.2.3.4\r\nc=IN IP4 1.2.3.5", audio), 400},
		{"c= without address", offerOf("c=IN IP4", audio), 400},
		{"c= of another network", offerOf("c=ATM NSAP 1", audio), 400},
		{"c= of another type", offerOf("c=IN IP5 1.2.3.4", audio), 400},
		{"IPv6 text in IP4", offerOf("c=IN IP4 2001:db8::9", audio), 400},
		{"IPv4 text in IP6", offerOf("c=IN IP6 192.0.2.9", audio), 400},
		{"brackets in c=", offerOf("c=IN IP6 [2001:db8::9]", audio), 400},
		{"a zone in c=", offerOf("c=IN IP6 fe80::1%eth0", audio), 400},
		{"address 1.2.3.400", offerOf("c=IN IP4 1.2.3.400", audio), 400},
		{"address 1.2.3", offerOf("c=IN IP4 1.2.3", audio), 400},
		{"a name in c=", offerOf("c=IN IP4 phone.example.com", audio), 488},
		{"IPv6 that IPv4 cannot reach", offerOf("c=IN IP6 2001:db8::9", audio), 488},
		{"multicast", offerOf("c=IN IP4 224.2.1.1/127", audio), 488},
		{"multicast of IPv6", offerOf("c=IN IP6 ff02::1", audio), 488},
		{"broadcast", offerOf("c=IN IP4 255.255.255.255", audio), 488},
		{"our own RTP port", offerOf("c=IN IP4 192.0.2.1", "m=audio 20000 RTP/AVP 0"), 488},
		{"our own SIP port", offerOf("c=IN IP4 192.0.2.1", "m=audio 5060 RTP/AVP 0"), 488},
		{"unsupported codecs only", offerOf("m=audio 4000 RTP/AVP 9 18 96", "a=rtpmap:96 opus/48000/2"), 488},
		{"μ-law at another clock", offerOf("m=audio 4000 RTP/AVP 96", "a=rtpmap:96 PCMU/16000"), 488},
		{"stereo", offerOf("m=audio 4000 RTP/AVP 96", "a=rtpmap:96 PCMU/8000/2"), 488},
		{"formats that are no numbers", offerOf("m=audio 4000 RTP/AVP x -1 256 128 1e3"), 488},
		{"rtpmap of nothing", offerOf(audio, "a=rtpmap:", "a=rtpmap:x", "a=rtpmap:0", "a=rtpmap:999 PCMU/8000"), 0},
		{"PT 0 is said to be something else", offerOf(audio, "a=rtpmap:0 opus/48000"), 488},
		{"video only", offerOf("m=video 4000 RTP/AVP 31"), 488},
		{"fax only", offerOf("m=image 4000 udptl t38"), 488},
		{"SRTP only", offerOf("m=audio 4000 RTP/SAVP 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:short"), 488},
		{"DTLS only", offerOf("m=audio 4000 UDP/TLS/RTP/SAVPF 0"), 488},
		{"ptime 0", offerOf(audio, "a=ptime:0"), 0},
		{"ptime -1", offerOf(audio, "a=ptime:-1"), 0},
		{"ptime 1000000", offerOf(audio, "a=ptime:1000000"), 0},
		{"ptime 99999999999999999999", offerOf(audio, "a=ptime:99999999999999999999"), 0},
		{"ptime 25", offerOf(audio, "a=ptime:25"), 0},
		{"ptime 2.5", offerOf(audio, "a=ptime:2.5"), 0},
		{"ptime of nothing", offerOf(audio, "a=ptime", "a=ptime:", "a=maxptime:0"), 0},
		{"telephone-event on PT 0", offerOf("m=audio 4000 RTP/AVP 8 0", "a=rtpmap:0 telephone-event/8000"), 0},
		{"telephone-event on PT 255", offerOf("m=audio 4000 RTP/AVP 0 255", "a=rtpmap:255 telephone-event/8000"), 0},
		{"telephone-event only", offerOf("m=audio 4000 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"), 488},
		{"fmtp of nonsense", offerOf("m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 15-0,x-y,-,,300"), 0},
		{"rtcp of nonsense", offerOf(audio, "a=rtcp:x", "a=rtcp:99999"), 0},
		{"a NUL in a line", offerOf(audio, "a=x\x00y"), 400},
		{"a line that is none", offerOf(audio, "sendrecv"), 400},
	}
	if len(cases) < 60 {
		t.Fatalf("%d bodies, 60 are wanted", len(cases))
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			for as, negotiate := range map[string]func() (Media, error){
				"offer":  func() (Media, error) { _, m, err := Negotiate(tt.offer, own); return m, err },
				"answer": func() (Media, error) { return ReadAnswer(MakeOffer(here), tt.offer, own.Own) },
			} {
				m, err := negotiate()
				status := 0
				if err != nil {
					status = AsRefusal(err).Status
				}
				switch {
				case as == "offer" && status != tt.status:
					t.Errorf("%v, want status %d", err, tt.status)
				case as == "answer" && status == 0 && tt.status != 0 && m.Remote.Addr() == own.Addr:
					t.Errorf("as an answer: media to ourselves: %+v", m)
				case status != 0 && status != 400 && status != 488:
					t.Errorf("as an %s: %v", as, err)
				case status == 0 && (m.Ptime < 10 || m.Ptime > 60 || m.Ptime%10 != 0 || !m.Remote.IsValid()):
					t.Errorf("as an %s: agreed on %+v", as, m)
				}
			}
		})
	}
}

func TestMakeOffer(t *testing.T) {
	if diff := cmp.Diff(answerText("m=audio 20000 RTP/AVP 0 8 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
		"a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=ptime:20", "a=sendrecv"), string(MakeOffer(here))); diff != "" {
		t.Error(diff)
	}
	six := Local{Addr: netip.MustParseAddr("2001:db8::1"), Port: 20000, Laws: []g711.Law{g711.A}, Ptime: 30, Direction: SendOnly}
	want := "v=0\r\no=- 0 0 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n" +
		"m=audio 20000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:30\r\na=sendonly\r\n"
	if diff := cmp.Diff(want, string(MakeOffer(six))); diff != "" {
		t.Error(diff)
	}
	if one, other := NewSessionID(), NewSessionID(); one == other {
		t.Error("two session ids are equal")
	}
}

func TestReadAnswer(t *testing.T) {
	offer := MakeOffer(here)
	for _, tt := range []struct {
		name   string
		answer []byte
		status int
		want   Media
	}{
		{"all", offerOf("m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000"), 0, agreedBy(func(m *Media) { m.EventType = 101 })},
		{"events by another number", offerOf("m=audio 4000 RTP/AVP 0 96", "a=rtpmap:96 telephone-event/8000"), 0, agreedBy(func(m *Media) { m.EventType, m.EventsOffered = 96, 101 })},
		{"A-law", offerOf("m=audio 4000 RTP/AVP 8"), 0, agreedBy(func(m *Media) { m.Law, m.PayloadType = g711.A, 8 })},
		{"both laws: the first is sent", offerOf("m=audio 4000 RTP/AVP 8 0", "a=ptime:30"), 0, agreedBy(func(m *Media) { m.Law, m.PayloadType, m.Ptime = g711.A, 8, 30 })},
		{"hold", offerOf("m=audio 4000 RTP/AVP 0", "a=sendonly"), 0, agreedBy(func(m *Media) { m.Send, m.Hold = false, true })},
		{"recvonly", offerOf("m=audio 4000 RTP/AVP 0", "a=recvonly"), 0, agreedBy(func(m *Media) { m.Receive = false })},
		{"rtcp-mux, which was not offered", offerOf("m=audio 4000 RTP/AVP 0", "a=rtcp-mux"), 0, agreedBy(nil)},
		{"refused", offerOf("m=audio 0 RTP/AVP 0"), 488, Media{}},
		{"another codec", offerOf("m=audio 4000 RTP/AVP 9"), 488, Media{}},
		{"video in place of audio", offerOf("m=video 4000 RTP/AVP 0"), 488, Media{}},
		{"one stream too many", offerOf("m=audio 4000 RTP/AVP 0", "m=audio 4002 RTP/AVP 0"), 400, Media{}},
		{"no stream", offerOf(), 400, Media{}},
		{"our own port", offerOf("c=IN IP4 192.0.2.1", "m=audio 20000 RTP/AVP 0"), 488, Media{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ReadAnswer(offer, tt.answer, nil)
			status := 0
			if err != nil {
				status = AsRefusal(err).Status
			}
			if diff := cmp.Diff(tt.want, got, samePort); status != tt.status || diff != "" {
				t.Errorf("%v, want status %d: %s", err, tt.status, diff)
			}
		})
	}
	mu := here
	mu.Laws, mu.Events = []g711.Law{g711.Mu}, false
	if _, err := ReadAnswer(MakeOffer(mu), offerOf("m=audio 4000 RTP/AVP 8"), nil); AsRefusal(err).Status != 488 {
		t.Errorf("a law that was not offered: %v", err)
	}
	if m, err := ReadAnswer(MakeOffer(mu), offerOf("m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000"), nil); err != nil || m.EventType != -1 {
		t.Errorf("events that were not offered: %+v, %v", m, err)
	}
}

// What one side offers and the other answers, both see alike.
func TestOfferAndAnswerAgree(t *testing.T) {
	there := Local{Addr: netip.MustParseAddr("192.0.2.9"), Port: 4000, Laws: []g711.Law{g711.A}, Events: true, Ptime: 40, Direction: SendOnly}
	offer := MakeOffer(there)
	answer, ours, err := Negotiate(offer, here)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := ReadAnswer(offer, answer, nil)
	if err != nil {
		t.Fatal(err)
	}
	if ours.Law != theirs.Law || ours.EventType != theirs.EventType || ours.Ptime != theirs.Ptime || ours.Send != theirs.Receive || ours.Receive != theirs.Send {
		t.Errorf("ours %+v\ntheirs %+v", ours, theirs)
	}
}

func TestSDPBody(t *testing.T) {
	const sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\n"
	part := func(kind, text string) string { return "--b\r\nContent-Type: " + kind + "\r\n\r\n" + text + "\r\n" }
	nest := func(depth int) string {
		text, kind := sdp, "application/sdp"
		for i := range depth {
			b := fmt.Sprintf("b%d", i)
			text = "--" + b + "\r\nContent-Type: " + kind + "\r\n\r\n" + text + "\r\n--" + b + "--\r\n"
			kind = "multipart/mixed;boundary=" + b
		}
		return text
	}
	for _, tt := range []struct {
		name, kind, body string
		more             string
		want             string // "sdp", "" for no body, or a status
	}{
		{"none", "application/sdp", "", "", ""},
		{"plain", "application/sdp", sdp, "", "sdp"},
		{"upper case and parameters", "Application/SDP;charset=utf-8", sdp, "", "sdp"},
		{"identity", "application/sdp", sdp, "Content-Encoding: identity", "sdp"},
		{"compressed", "application/sdp", sdp, "Content-Encoding: gzip", "415"},
		{"compressed, short name", "application/sdp", sdp, "e: gzip", "415"},
		{"text", "text/plain", "hello", "", "415"},
		{"no type at all", "", sdp, "", "400"},
		{"a type that is none", ";;;", sdp, "", "400"},
		{"SDP and ISUP", "multipart/mixed;boundary=b", part("application/isup", "\x00\x01") + part("application/sdp", sdp) + "--b--\r\n", "", "sdp"},
		{"a quoted boundary", `multipart/mixed; boundary="b"`, part("application/sdp", sdp) + "--b--\r\n", "", "sdp"},
		{"a preamble", "multipart/mixed;boundary=b", "ignored\r\n" + part("application/sdp", sdp) + "--b--\r\n", "", "sdp"},
		{"no end, after the first part", "multipart/mixed;boundary=b", part("application/sdp", sdp) + part("text/plain", "x"), "", "sdp"},
		{"no end", "multipart/mixed;boundary=b", part("text/plain", "x"), "", "400"},
		{"no boundary", "multipart/mixed", part("application/sdp", sdp), "", "400"},
		{"an empty boundary", `multipart/mixed;boundary=""`, part("application/sdp", sdp), "", "400"},
		{"a long boundary", "multipart/mixed;boundary=" + strings.Repeat("b", 71), sdp, "", "400"},
		{"another boundary", "multipart/mixed;boundary=c", part("application/sdp", sdp) + "--b--\r\n", "", "400"},
		{"no SDP part", "multipart/mixed;boundary=b", part("text/plain", "x") + "--b--\r\n", "", "415"},
		{"a part without type", "multipart/mixed;boundary=b", "--b\r\n\r\n" + sdp + "\r\n--b--\r\n", "", "415"},
		{"a part in base64", "multipart/mixed;boundary=b", "--b\r\nContent-Type: application/sdp\r\nContent-Transfer-Encoding: base64\r\n\r\ndj0w\r\n--b--\r\n", "", "415"},
		{"the ninth part", "multipart/mixed;boundary=b", strings.Repeat(part("text/plain", "x"), 8) + part("application/sdp", sdp) + "--b--\r\n", "", "415"},
		{"the eighth part", "multipart/mixed;boundary=b", strings.Repeat(part("text/plain", "x"), 7) + part("application/sdp", sdp) + "--b--\r\n", "", "sdp"},
		{"two deep", "multipart/mixed;boundary=b1", nest(2), "", "sdp"},
		{"three deep", "multipart/mixed;boundary=b2", nest(3), "", "415"},
		{"1000 deep", "multipart/mixed;boundary=b999", nest(1000), "", "415"},
		{"only the boundary", "multipart/mixed;boundary=b", "--b", "", "400"},
		{"bad headers of a part", "multipart/mixed;boundary=b", "--b\r\nno colon\r\n\r\nx\r\n--b--\r\n", "", "400"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := gosip.NewRequest(gosip.INVITE, gosip.Uri{Scheme: "sip", Host: "h"})
			if tt.kind != "" {
				kind := gosip.ContentTypeHeader(tt.kind)
				req.AppendHeader(&kind)
			}
			if name, value, ok := strings.Cut(tt.more, ": "); ok {
				req.AppendHeader(gosip.NewHeader(name, value))
			}
			if tt.body != "" {
				req.SetBody([]byte(tt.body))
			}
			body, refusal := SDPBody(req)
			got := ""
			switch {
			case refusal != nil:
				got = fmt.Sprint(refusal.Status)
			case strings.TrimRight(string(body), "\r\n") == strings.TrimRight(sdp, "\r\n"):
				got = "sdp"
			case body != nil:
				got = string(body)
			}
			if got != tt.want {
				t.Errorf("%q (%v), want %q", got, refusal, tt.want)
			}
		})
	}
}

// An offer is answered with as many streams, in values that are safe, or refused with 400 or 488.
func FuzzNegotiate(f *testing.F) {
	f.Add(MakeOffer(here))
	f.Add(offerOf("m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=ptime:30", "a=rtcp-mux", "a=rtcp:4001"))
	f.Add(offerOf("c=", "m=video 4002 RTP/AVP 31", "c=IN IP6 2001:db8::9", "m=audio 4000 RTP/AVP 8", "c=IN IP4 192.0.2.9", "a=sendonly"))
	f.Add(offerOf("c=IN IP4 0.0.0.0", "m=image 9 udptl t38", "m=audio 1024/2 rtp/avpf 0"))
	f.Add(offerOf("m=audio 4000 RTP/SAVPF 0", "a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:"+saltedKey+"|2^20 WSH=64"))
	f.Fuzz(func(t *testing.T, offer []byte) {
		ours := secretly(t, Optional)
		answer, m, err := Negotiate(offer, ours)
		_, _ = ReadAnswer(MakeOffer(ours), offer, nil)
		if err != nil {
			if s := AsRefusal(err).Status; s != 400 && s != 488 {
				t.Errorf("refused with %v", err)
			}
			return
		}
		if m.Ptime < 10 || m.Ptime > 60 || m.Ptime%10 != 0 || m.PayloadType > 127 || m.EventType > 127 || m.Remote.Addr().IsMulticast() ||
			m.Send && (m.Remote.Port() < 1024 || !m.Remote.IsValid()) {
			t.Errorf("agreed on %+v", m)
		}
		offered, err := readSDP(offer)
		if err != nil {
			t.Fatal(err)
		}
		answered, err := readSDP(answer)
		if err != nil {
			t.Fatalf("our answer cannot be read: %v\n%s", err, answer)
		}
		if len(answered.media) != len(offered.media) {
			t.Errorf("%d streams answer %d", len(answered.media), len(offered.media))
		}
	})
}
