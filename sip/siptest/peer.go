package siptest

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// Peer is a far end on a Wire: what it sends is written by the test, what it receives is expected by it.
type Peer struct {
	t      testing.TB
	wire   *Wire
	socket *socket
	server netip.AddrPort
	Addr   netip.AddrPort
	seq    int // makes branches and Call-IDs
}

// Peer makes a far end at an address, which speaks to the server at another.
func (w *Wire) Peer(t testing.TB, addr, server string) *Peer {
	t.Helper()
	at := netip.MustParseAddrPort(addr)
	s, err := w.listenPacket(&host{w, at.Addr()}, at)
	if err != nil {
		t.Fatalf("peer at %s: %v", addr, err)
	}
	return &Peer{t: t, wire: w, socket: s, server: netip.MustParseAddrPort(server), Addr: at}
}

// Message is what a Peer received.
type Message struct {
	Start string // start line
	Lines []string
	Body  string
	At    time.Time
	From  netip.AddrPort
}

// Is tells whether the message is an answer with that status, as "200", or a request of that method, as "BYE".
func (m *Message) Is(what string) bool {
	return strings.HasPrefix(m.Start, "SIP/2.0 "+what+" ") || strings.HasPrefix(m.Start, what+" ")
}

// Header is the value of the first header of that name, or empty.
func (m *Message) Header(name string) string {
	all := m.Headers(name)
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// Headers are the values of all headers of that name.
func (m *Message) Headers(name string) []string {
	var all []string
	for _, line := range m.Lines {
		n, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(strings.TrimSpace(n), name) {
			all = append(all, strings.TrimSpace(value))
		}
	}
	return all
}

// Tag is the tag of From or To.
func (m *Message) Tag(header string) string {
	_, tag, _ := strings.Cut(m.Header(header), ";tag=")
	tag, _, _ = strings.Cut(tag, ";")
	return tag
}

// URI is the URI between < and > of a header.
func (m *Message) URI(header string) string {
	_, uri, _ := strings.Cut(m.Header(header), "<")
	uri, _, _ = strings.Cut(uri, ">")
	return uri
}

func parse(p packet) *Message {
	head, body, _ := strings.Cut(string(p.data), "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	return &Message{Start: lines[0], Lines: lines[1:], Body: body, At: time.Now(), From: p.from}
}

// Send sends a message: lines, an empty line, a body. Line ends are made as SIP wants them.
func (p *Peer) Send(text string) {
	p.t.Helper()
	head, body, _ := strings.Cut(strings.TrimLeft(text, "\n"), "\n\n")
	text = strings.ReplaceAll(strings.ReplaceAll(head, "\r", ""), "\n", "\r\n") + "\r\n\r\n" + body
	if _, err := p.socket.WriteToUDPAddrPort([]byte(text), p.server); err != nil {
		p.t.Fatalf("send: %v", err)
	}
}

// Next is the next message, or nil when none comes within d.
func (p *Peer) Next(d time.Duration) *Message {
	select {
	case packet := <-p.socket.packets:
		return parse(packet)
	default:
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case packet := <-p.socket.packets:
		return parse(packet)
	case <-timer.C:
		return nil
	}
}

// Want is the next message, which must be an answer with a status, as "200", or a request of a method, as "BYE".
func (p *Peer) Want(why, what string) *Message {
	p.t.Helper()
	m := p.Next(forever)
	if m == nil {
		p.t.Fatalf("%s: want %s, nothing came in %v", why, what, forever)
	}
	if !m.Is(what) {
		p.t.Fatalf("%s: want %s, got %q\n%s\n\n%s", why, what, m.Start, strings.Join(m.Lines, "\n"), m.Body)
	}
	return m
}

// WantAt is Want for a message that comes at an exact time after start.
func (p *Peer) WantAt(why, what string, start time.Time, after time.Duration) *Message {
	p.t.Helper()
	m := p.Want(why, what)
	if got := m.At.Sub(start); got != after {
		p.t.Fatalf("%s: %s came after %v, want %v", why, what, got, after)
	}
	return m
}

// WantIdle fails when a message comes within d.
func (p *Peer) WantIdle(why string, d time.Duration) {
	p.t.Helper()
	if m := p.Next(d); m != nil {
		p.t.Fatalf("%s: want nothing, got %q\n%s", why, m.Start, strings.Join(m.Lines, "\n"))
	}
}

// Drain forgets what has arrived.
func (p *Peer) Drain() {
	for {
		select {
		case <-p.socket.packets:
		default:
			return
		}
	}
}

// Call is a dialog of a Peer with the server, as one of the two sees it. Its fields are for tests that send what is
// wrong.
type Call struct {
	peer     *Peer
	ID       string
	From, To string // with tags
	Target   string // URI of the server's side
	Seq      int
	Branch   string // of the last request
	invite   int    // CSeq of the last INVITE
	request  string // the INVITE, as it was sent
}

func (p *Peer) unique(what string) string {
	p.seq++
	return fmt.Sprintf("%s%d-%s", what, p.seq, strings.NewReplacer(":", ".", "[", "", "]", "").Replace(p.Addr.String()))
}

// NewCall makes a dialog that has not begun. user calls exten.
func (p *Peer) NewCall(user, exten string) *Call {
	uri := "sip:" + exten + "@" + p.server.String()
	return &Call{
		peer: p, ID: p.unique("call"), From: fmt.Sprintf("<sip:%s@%s>;tag=%s", user, p.server.Addr(), p.unique("from")),
		To: "<" + uri + ">", Target: uri,
	}
}

// Invite calls exten as the user "caller". The SDP may be empty.
func (p *Peer) Invite(exten, sdp string) *Call {
	p.t.Helper()
	c := p.NewCall("caller", exten)
	c.Invite(sdp)
	return c
}

// Invite sends the first INVITE, or a re-INVITE.
func (c *Call) Invite(sdp string, headers ...string) {
	c.peer.t.Helper()
	c.Send("INVITE", sdp, headers...)
}

// Send sends a request of the dialog. A body is SDP, unless a header says otherwise.
func (c *Call) Send(method, body string, headers ...string) {
	c.peer.t.Helper()
	c.Seq++
	c.Branch = "z9hG4bK" + c.peer.unique("b")
	text := c.text(method, c.Seq, c.Branch, body, headers...)
	if method == "INVITE" {
		c.invite, c.request = c.Seq, text
	}
	c.peer.Send(text)
}

// Again sends the last INVITE once more, as it was.
func (c *Call) Again() { c.peer.Send(c.request) }

// Cancel sends the CANCEL of the last INVITE.
func (c *Call) Cancel(headers ...string) {
	c.peer.Send(c.text("CANCEL", c.invite, c.Branch, "", headers...))
}

// AckRefusal acknowledges an answer other than 2xx: in the transaction of the INVITE.
func (c *Call) AckRefusal(res *Message) {
	to := c.To
	c.To = res.Header("To")
	c.peer.Send(c.text("ACK", c.invite, c.Branch, ""))
	c.To = to
}

// Ack acknowledges a 2xx. A body is the answer to its offer.
func (c *Call) Ack(body ...string) {
	c.peer.Send(c.text("ACK", c.invite, "z9hG4bK"+c.peer.unique("b"), strings.Join(body, "")))
}

// Answered takes the tag and the Contact of an answer.
func (c *Call) Answered(res *Message) *Message {
	c.To = res.Header("To")
	if uri := res.URI("Contact"); uri != "" {
		c.Target = uri
	}
	return res
}

// Reply answers a request that the server has sent.
func (p *Peer) Reply(req *Message, status string, headers ...string) {
	var b strings.Builder
	b.WriteString("SIP/2.0 " + status + "\n")
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		for _, value := range req.Headers(name) {
			if name == "To" && !strings.Contains(value, ";tag=") && !strings.HasPrefix(status, "100") {
				value += ";tag=peer"
			}
			b.WriteString(name + ": " + value + "\n")
		}
	}
	body := ""
	for _, h := range headers {
		if strings.HasPrefix(h, "v=0") {
			body = h
			b.WriteString("Content-Type: application/sdp\n")
			continue
		}
		b.WriteString(h + "\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\n\n%s", len(body), body)
	p.Send(b.String())
}

// text writes a request. A header that names one of its own replaces that.
func (c *Call) text(method string, seq int, branch, body string, headers ...string) string {
	addr := c.peer.Addr.String()
	lines := []string{
		"Via: SIP/2.0/UDP " + addr + ";rport;branch=" + branch,
		"Max-Forwards: 70",
		"From: " + c.From,
		"To: " + c.To,
		"Call-ID: " + c.ID,
		fmt.Sprintf("CSeq: %d %s", seq, method),
		"Contact: <sip:peer@" + addr + ">",
	}
	if body != "" {
		lines = append(lines, "Content-Type: application/sdp")
	}
	for _, h := range headers {
		name, _, _ := strings.Cut(h, ":")
		replaced := false
		for i := range lines {
			if n, _, _ := strings.Cut(lines[i], ":"); strings.EqualFold(n, name) && !strings.EqualFold(n, "Via") {
				lines[i], replaced = h, true
			}
		}
		if !replaced {
			lines = append(lines, h)
		}
	}
	return method + " " + c.Target + " SIP/2.0\n" + strings.Join(lines, "\n") + fmt.Sprintf("\nContent-Length: %d\n\n", len(body)) + body
}
