package sip

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"dialtone/media/g711"

	"github.com/pion/sdp/v3"
)

// Limits of a description that is read.
const (
	maxSDP        = 32 << 10 // bytes
	maxMediaLines = 32       // m= lines
	maxFormats    = 128      // of a stream, that are looked at
)

// description is an SDP that was read (RFC 8866).
type description struct {
	session *sdp.SessionDescription
	media   []sdp.MediaName // the m= lines as they were written, beside session.MediaDescriptions
}

// readSDP reads a description. The error is a 400 that names the line.
//
// pion's parser refuses a whole description for a media type, transport or bandwidth that it does not know, for a missing last
// line end, and for lines in an unusual order; what telephones send is like that. So it is given the lines that are
// used here, in the order that it wants, with m= lines in a form that it knows.
func readSDP(text []byte) (*description, error) {
	if len(text) > maxSDP {
		return nil, badRequest("a description that is too long", "a description of %d bytes", len(text))
	}
	var lines sdpLines
	number := 0
	for line := range strings.SplitSeq(string(text), "\n") {
		number++
		if line = strings.TrimRight(line, "\r \t"); line == "" {
			continue
		}
		if err := lines.add(number, line); err != nil {
			return nil, err
		}
	}
	if err := lines.complete(); err != nil {
		return nil, err
	}
	d := &description{session: new(sdp.SessionDescription), media: lines.names}
	if err := d.session.UnmarshalString(lines.text()); err != nil {
		return nil, badRequest("no description", "a description that cannot be read: %v", err)
	}
	if len(d.session.MediaDescriptions) != len(d.media) {
		return nil, BadRequest("no description")
	}
	return d, nil
}

// sdpLines are the lines of a description that are used here: those of the session by their types, then those of the streams.
type sdpLines struct {
	v, o, s, c, t, a []string
	media            []string        // m= lines in a form that pion knows, each with its a= and c= lines
	names            []sdp.MediaName // the m= lines as they were written
}

// add takes the next line, unless it is of no use.
func (l *sdpLines) add(number int, line string) error {
	if len(line) < 2 || line[1] != '=' || controls(line) {
		return badSDP(number, line, "no line of a description")
	}
	if line[0] == 'm' {
		return l.addMedia(number, line)
	}
	if len(l.names) > 0 {
		if line[0] == 'a' || line[0] == 'c' {
			l.media = append(l.media, line)
		}
		return nil
	}
	switch line[0] {
	case 'v':
		l.v = append(l.v, line)
	case 'o':
		fields := strings.Fields(line[2:])
		if len(fields) < 6 {
			return badSDP(number, line, "fewer than 6 fields")
		}
		// The user name, which nobody needs, may hold spaces though it must not.
		l.o = append(l.o, "o=- "+strings.Join(fields[len(fields)-5:], " "))
	case 's':
		l.s = append(l.s, line)
	case 'c':
		l.c = append(l.c, line)
	case 't':
		l.t = append(l.t, line)
	case 'a':
		l.a = append(l.a, line)
	}
	return nil
}

func (l *sdpLines) addMedia(number int, line string) error {
	name, problem := parseMediaName(line[2:])
	if problem != "" {
		return badSDP(number, line, problem)
	}
	if len(l.names) == maxMediaLines {
		return NotAcceptableHere(fmt.Sprintf("more than %d streams", maxMediaLines))
	}
	l.names = append(l.names, name)
	l.media = append(l.media, "m=audio 9 RTP/AVP 0")
	return nil
}

// complete refuses a description that lacks what each has, or has twice what it has once. A missing t= line is that of a session
// without end.
func (l *sdpLines) complete() error {
	for _, once := range []struct {
		name  string
		lines []string
	}{{"v", l.v}, {"o", l.o}, {"s", l.s}} {
		if len(once.lines) != 1 {
			return badRequest("no description", "a description with %d %s= lines", len(once.lines), once.name)
		}
	}
	if len(l.c) > 1 {
		return badRequest("no description", "a description with %d c= lines", len(l.c))
	}
	if len(l.t) == 0 {
		l.t = []string{"t=0 0"}
	}
	return nil
}

// text is a complete description in the order that pion wants.
func (l *sdpLines) text() string {
	return strings.Join(slices.Concat(l.v, l.o, l.s, l.c, l.t[:1], l.a, l.media), "\r\n") + "\r\n"
}

func badSDP(number int, line, problem string) error {
	return badRequest(fmt.Sprintf("SDP line %d: %s", number, problem), "SDP line %d: %s: %q", number, problem, clip(line, 80))
}

// parseMediaName reads <media> <port>[/<number>] <proto> <fmt>…
func parseMediaName(value string) (name sdp.MediaName, problem string) {
	fields := strings.Fields(value)
	if len(fields) < 4 {
		return name, "fewer than 4 fields"
	}
	port, _, _ := strings.Cut(fields[1], "/")
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return name, "no port"
	}
	return sdp.MediaName{
		Media: strings.ToLower(fields[0]), Port: sdp.RangedPort{Value: int(n)}, Protos: []string{fields[2]}, Formats: fields[3:],
	}, ""
}

// attribute is the value of an attribute of stream i; empty when it has none.
func (d *description) attribute(i int, name string) string {
	value, _ := d.session.MediaDescriptions[i].Attribute(name)
	return strings.TrimSpace(value)
}

// direction is that of stream i, or of the session, or sendrecv (RFC 8866 §6.7).
func (d *description) direction(i int) Direction {
	for _, attributes := range [][]sdp.Attribute{d.session.MediaDescriptions[i].Attributes, d.session.Attributes} {
		for _, a := range attributes {
			for _, dir := range []Direction{SendRecv, SendOnly, RecvOnly, Inactive} {
				if strings.TrimSpace(a.Key) == dir.String() {
					return dir
				}
			}
		}
	}
	return SendRecv
}

// addr is where the far side of stream i receives: its c= line, or the session's.
func (d *description) addr(i int) (netip.Addr, error) {
	c := d.session.MediaDescriptions[i].ConnectionInformation
	if c == nil {
		c = d.session.ConnectionInformation
	}
	if c == nil || c.Address == nil {
		return netip.Addr{}, BadRequest("SDP without c=")
	}
	text, _, _ := strings.Cut(c.Address.Address, "/") // the TTL of a multicast address
	addr, err := netip.ParseAddr(text)
	if err != nil {
		if isHost(text) && strings.ContainsAny(text, "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ-") {
			return netip.Addr{}, NotAcceptableHere(fmt.Sprintf("media to a name, %q: only addresses are taken", clip(text, 60)))
		}
		return netip.Addr{}, badRequest("SDP with a bad address in c=", "SDP with a bad address in c=: %q", clip(text, 60))
	}
	if addr.Is4() != (c.AddressType == "IP4") || addr.Zone() != "" {
		return netip.Addr{}, badRequest("SDP with a bad address in c=", "SDP with address %s of type %s", addr, c.AddressType)
	}
	return addr.Unmap(), nil
}

// format is one format of a stream, with its rtpmap or, for a static payload type, without.
type format struct {
	payload uint8
	codec   string // upper case
	fmtp    string
}

// law is the G.711 law of a format.
func (f *format) law() (g711.Law, bool) {
	name, clock, _ := strings.Cut(f.codec, "/")
	if clock != clockOfAudio && clock != clockOfAudio+"/1" {
		return 0, false
	}
	return g711.ByName(name)
}

// clockOfAudio is the clock of G.711, and of the events beside it.
var clockOfAudio = strconv.Itoa(g711.Clock)

// event tells whether a format is telephone-event at the clock of the audio. It needs a dynamic payload type; those in
// which RTCP would be mistaken for RTP are none (RFC 5761 §4).
func (f *format) event() bool {
	return (f.codec == "TELEPHONE-EVENT/8000" || f.codec == "TELEPHONE-EVENT/8000/1") &&
		f.payload >= 35 && (f.payload < 64 || f.payload > 95)
}

// formats are those of stream i that have a payload type, in the order of the m= line.
func (d *description) formats(i int) []format {
	maps := make(map[int]string)
	params := make(map[int]string)
	for _, a := range d.session.MediaDescriptions[i].Attributes {
		if a.Key != "rtpmap" && a.Key != "fmtp" {
			continue
		}
		number, value, _ := strings.Cut(strings.TrimSpace(a.Value), " ")
		payload, err := strconv.ParseUint(number, 10, 7)
		if err != nil {
			continue
		}
		if a.Key == "rtpmap" {
			maps[int(payload)] = strings.ToUpper(strings.TrimSpace(value))
		} else {
			params[int(payload)] = strings.TrimSpace(value)
		}
	}
	var list []format
	for _, text := range d.media[i].Formats {
		payload, err := strconv.ParseUint(text, 10, 7)
		if err != nil {
			continue
		}
		f := format{payload: uint8(payload), codec: maps[int(payload)], fmtp: params[int(payload)]}
		if law, static := g711.ByPayloadType(f.payload); static && f.codec == "" { // RFC 3551 §6
			f.codec = law.String() + "/" + clockOfAudio
		}
		if list = append(list, f); len(list) == maxFormats {
			break
		}
	}
	return list
}

// audioStream is an audio stream of the far side that can be had.
type audioStream struct {
	name      sdp.MediaName
	remote    netip.AddrPort
	rtcp      netip.AddrPort
	law       g711.Law
	payload   uint8
	event     int    // -1: none
	events    string // those of the far side's that we know, as fmtp has them
	ptime     int    // 0: not said
	maxPtime  int    // 0: not said
	direction Direction
	mux       bool
	crypto    cryptoLine // zero: not encrypted
}

// audio looks whether stream i can be had, and how.
func (d *description) audio(i int, ours *Local) (*audioStream, error) {
	name := d.media[i]
	if name.Media != "audio" || name.Port.Value == 0 {
		return nil, NotAcceptableHere("no audio")
	}
	p := profileOf(name.Protos[0])
	if !p.known {
		return nil, NotAcceptableHere(fmt.Sprintf("audio by %q: only RTP/AVP and RTP/SAVP are spoken", clip(name.Protos[0], 40)))
	}
	addr, err := d.addr(i)
	if err != nil {
		return nil, err
	}
	s := &audioStream{name: name, remote: netip.AddrPortFrom(addr, uint16(name.Port.Value)), event: -1, direction: d.direction(i)}
	if err := mayReceive(s.remote, ours); err != nil {
		return nil, err
	}
	found := false
	for _, f := range d.formats(i) {
		if law, ok := f.law(); ok && !found && ours.has(law) {
			s.law, s.payload, found = law, f.payload, true
		}
		if ours.Events && s.event < 0 && f.event() {
			if events := knownEvents(f.fmtp); events != "" {
				s.event, s.events = int(f.payload), events
			}
		}
	}
	if !found {
		return nil, NotAcceptableHere(fmt.Sprintf("no codec in common: %q", clip(strings.Join(name.Formats, " "), 80)))
	}
	if s.crypto, err = d.agreeOnCrypto(i, p, ours.Secrecy); err != nil {
		return nil, err
	}
	s.ptime, s.maxPtime = d.milliseconds(i, "ptime"), d.milliseconds(i, "maxptime")
	if s.ptime > 0 {
		s.ptime = clampPtime(s.ptime)
	}
	_, s.mux = d.session.MediaDescriptions[i].Attribute("rtcp-mux")
	s.rtcp = rtcpOf(d.attribute(i, "rtcp"), s.remote)
	return s, nil
}

// milliseconds is an attribute that is a number of milliseconds; 0 when it is not there or is no such number.
func (d *description) milliseconds(i int, name string) int {
	text, _, _ := strings.Cut(d.attribute(i, name), ".")
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

// mayReceive refuses addresses to which no media may go: to many at once, to ourselves, or to a port of a service that
// is no telephone's.
func mayReceive(to netip.AddrPort, ours *Local) error {
	addr := to.Addr()
	switch {
	case addr.IsMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return NotAcceptableHere(fmt.Sprintf("media to %s, which is many hosts", addr))
	case addr.IsUnspecified():
		return nil // held
	case to.Port() < 1024:
		return NotAcceptableHere(fmt.Sprintf("media to port %d, below 1024", to.Port()))
	case addr == ours.Addr.Unmap() && int(to.Port()) == ours.Port, ours.Own != nil && ours.Own(to):
		return NotAcceptableHere(fmt.Sprintf("media to %s, which is our own", to))
	case ours.Addr.IsValid() && !ours.Addr.IsUnspecified() && addr.Is4() != ours.Addr.Unmap().Is4():
		return NotAcceptableHere(fmt.Sprintf("media to %s, which %s cannot reach", addr, ours.Addr))
	}
	return nil
}

// rtcpOf reads a=rtcp (RFC 3605): a port, perhaps with an address, which is believed when it is that of RTP.
func rtcpOf(value string, rtp netip.AddrPort) netip.AddrPort {
	text, _, _ := strings.Cut(value, " ")
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port < 1024 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(rtp.Addr(), uint16(port))
}

// knownEvents gives those of the events 0-15 that an fmtp names, written as it does (RFC 4733 §2.4.1); without an
// fmtp they are all. Empty when there is none of them.
func knownEvents(fmtp string) string {
	if fmtp == "" {
		return "0-15"
	}
	var events uint32
	for item := range strings.SplitSeq(fmtp, ",") {
		low, high, isRange := strings.Cut(strings.TrimSpace(item), "-")
		from, err := strconv.ParseUint(low, 10, 8)
		if err != nil {
			continue
		}
		to := from
		if isRange {
			if to, err = strconv.ParseUint(high, 10, 8); err != nil {
				continue
			}
		}
		for e := from; e <= to && e < 16; e++ {
			events |= 1 << e
		}
	}
	var b strings.Builder
	for e := 0; e < 16; e++ {
		if events&(1<<e) == 0 {
			continue
		}
		last := e
		for events&(1<<(last+1)) != 0 {
			last++
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(e))
		if last > e {
			b.WriteString("-" + strconv.Itoa(last))
		}
		e = last
	}
	return b.String()
}
