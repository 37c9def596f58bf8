package softphone

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"dialtone/dtmf"
	"dialtone/media"
	"dialtone/sip"
)

// Event is something that the person at the telephone would notice.
type Event struct {
	Kind Kind          `json:"event"`
	At   time.Duration `json:"-"`              // since the call was placed
	Text string        `json:"text,omitempty"` // the key that was pressed; whom it is connected with: Anna <1005>; why the call failed or ended
}

// Kind is what happened.
type Kind string

// What a call's person would notice, in the order in which it mostly comes.
const (
	Calling   Kind = "calling"
	Rings     Kind = "ringing"
	Early     Kind = "early media"
	Answered  Kind = "answered"
	Connected Kind = "connected" // the server says with whom
	Heard     Kind = "heard"     // sound begins
	Silent    Kind = "silence"   // and ends
	Pressed   Kind = "pressed"   // a key
	Ended     Kind = "ended"     // an answered call is over
	Failed    Kind = "failed"    // the call was not answered
)

// Call is one call of a Phone.
type Call struct {
	phone    *Phone
	leg      *sip.Leg
	stream   *media.Stream
	media    *negotiator
	placed   time.Time
	events   chan Event
	answered chan struct{} // closed at the answer
	done     chan struct{} // closed at the end; end is set then
	ear      ear           // the stream's shard's

	mu  sync.Mutex // guards what follows, and sends on events before they are closed
	up  bool
	mum bool // events is closed
	end sip.EndedEvent
}

// eventBuffer is how many events a reader may be behind before it loses some; the last one is never lost.
const eventBuffer = 256

// Call calls a number, or a sip: URI, and returns at once. While it is not answered, the end of ctx cancels it; Hangup ends it
// at any time.
func (p *Phone) Call(ctx context.Context, target string) (*Call, error) { return p.call(ctx, target) }

// CallFor is a call that comes in the place of another one (RFC 3891), which may be a call of another phone.
func (p *Phone) CallFor(ctx context.Context, target string, replaced *sip.Replaces) (*Call, error) {
	return p.call(ctx, target, sip.Header{Name: "Replaces", Value: replaced.String()})
}

// Replaces names the call, as the server sees it.
func (c *Call) Replaces() *sip.Replaces {
	d := c.leg.Dialog()
	return &sip.Replaces{CallID: d.CallID, ToTag: d.RemoteTag, FromTag: d.LocalTag}
}

func (p *Phone) call(ctx context.Context, target string, headers ...sip.Header) (*Call, error) {
	c, err := p.newCall()
	if err != nil {
		return nil, err
	}
	c.leg, err = p.agent.Dial(ctx, sip.Target{
		URI: p.uri(target), From: p.from(), User: p.config.User, Password: p.config.Password, Secret: p.config.Secret,
		Headers: headers,
	}, c.media)
	if err != nil {
		c.stream.Close()
		return nil, fmt.Errorf("call %s: %w", target, err)
	}
	c.tell(Calling, target)
	go c.listen()
	return c, nil
}

func (p *Phone) newCall() (*Call, error) {
	stream, err := p.streams.New(p.local)
	if err != nil {
		return nil, err
	}
	c := &Call{
		phone: p, stream: stream, media: &negotiator{phone: p, stream: stream}, placed: time.Now(), events: make(chan Event, eventBuffer),
		answered: make(chan struct{}), done: make(chan struct{}),
	}
	stream.Tap(c.hear)
	return c, nil
}

// incoming takes a call that came, until it is over.
func (p *Phone) incoming(leg *sip.Leg) {
	c, err := p.newCall()
	if err != nil || p.config.Incoming == nil {
		leg.Reject(sip.Unavailable(0, "nobody takes calls here"))
		<-leg.Done()
		return
	}
	c.leg = leg
	leg.SetNegotiator(c.media)
	go c.listen()
	p.config.Incoming(c)
	<-c.done
}

// From is who calls, of a call that came.
func (c *Call) From() sip.CallerID { return c.leg.From() }

// Header gives the first value of a header of the INVITE of a call that came.
func (c *Call) Header(name string) string {
	for _, h := range c.leg.Headers() {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// Ring tells the caller that the phone rings.
func (c *Call) Ring() error { return c.leg.Ring() }

// Progress lets the caller hear the phone before the answer.
func (c *Call) Progress() error { return c.leg.Progress() }

// Answer picks up a call that came.
func (c *Call) Answer() error {
	if err := c.leg.Answer(); err != nil {
		return err
	}
	c.pickedUp()
	return nil
}

// Refuse refuses a call that came, by a status of SIP.
func (c *Call) Refuse(status int) { c.leg.Reject(sip.Refuse(status, "the telephone's owner")) }

// Divert sends the caller of a call that came elsewhere (302).
func (c *Call) Divert(target string) error { return c.leg.Redirect(c.phone.uri(target)) }

// Hold puts the far side on hold, or takes it back.
func (c *Call) Hold(ctx context.Context, on bool) error {
	c.media.hold(on)
	return c.leg.Renegotiate(ctx)
}

// Transfer sends the far side elsewhere: to a number, or where replaced leads to, another call of this phone (attended).
func (c *Call) Transfer(ctx context.Context, target string, replaced *Call) error {
	target = c.phone.uri(target)
	if replaced != nil {
		target = replaced.Replaces().In(target)
	}
	return c.leg.Refer(ctx, target)
}

// pickedUp notes that the call is up.
func (c *Call) pickedUp() {
	c.mu.Lock()
	c.up = true
	c.mu.Unlock()
	c.tell(Answered, "")
	close(c.answered)
}

// Events tells what happens; the channel is closed after Ended or Failed.
func (c *Call) Events() <-chan Event { return c.events }

// Answered is closed when the far side picks up.
func (c *Call) Answered() <-chan struct{} { return c.answered }

// Done is closed when the call is over.
func (c *Call) Done() <-chan struct{} { return c.done }

// End is how the call ended; it waits for that.
func (c *Call) End() sip.EndedEvent {
	<-c.done
	return c.end
}

// CallID is the call's Call-ID.
func (c *Call) CallID() string { return c.leg.CallID() }

// Stats is how the audio has fared.
func (c *Call) Stats() media.StreamStats { return c.stream.Stats() }

// Digits gives the keys that the far side presses.
func (c *Call) Digits() <-chan dtmf.Digit { return c.stream.Digits() }

// Record has everything that is heard from now on written by r.
func (c *Call) Record(r *media.Recording) {
	c.stream.Tap(func(pcm []int16, missing bool) {
		r.Heard(pcm, missing)
		c.hear(pcm, missing)
	})
}

// Play has the phone say something.
func (c *Call) Play(sources ...media.Source) <-chan struct{} { return c.stream.Play(sources...) }

// Mute ends what the phone sends, as when it has lost its network.
func (c *Call) Mute() { c.stream.Close() }

// Press presses keys, one after the other, the first one its pause after the answer. It returns when the last one is
// under way or the call is over.
func (c *Call) Press(presses []Press) error {
	select {
	case <-c.answered:
	case <-c.done:
		return nil
	}
	for i, press := range presses {
		if i > 0 {
			press.After += keyLength + keyGap
		}
		select {
		case <-time.After(press.After):
		case <-c.done:
			return nil
		}
		if err := c.press(press.Key); err != nil {
			return fmt.Errorf("press %c: %w", press.Key, err)
		}
		c.tell(Pressed, string(press.Key))
	}
	return nil
}

func (c *Call) press(key byte) error {
	if c.phone.config.Way != dtmf.Info {
		return c.stream.SendDigit(key, int(keyLength.Milliseconds()), c.phone.config.Way)
	}
	return c.leg.SendInfo(dtmf.InfoType, dtmf.FormatInfo(key, int(keyLength.Milliseconds())))
}

// Reoffer describes the phone's media anew (a re-INVITE) and waits for the far side's answer.
func (c *Call) Reoffer(ctx context.Context) error { return c.leg.Renegotiate(ctx) }

// Hangup ends the call from this side.
func (c *Call) Hangup() { c.leg.Hangup(16) }

// listen turns what the leg tells into what a person notices, until the call is over.
func (c *Call) listen() {
	defer close(c.done)
	for event := range c.leg.Events() {
		switch e := event.(type) {
		case sip.RingingEvent:
			c.tell(Rings, "")
		case sip.ProgressEvent:
			if e.Media {
				c.tell(Early, "")
			}
		case sip.AnsweredEvent:
			c.pickedUp()
		case sip.ConnectedEvent:
			c.tell(Connected, strings.TrimSpace(e.Party.Name+" <"+e.Party.User+">"))
		case sip.InfoEvent:
			if key, _, err := dtmf.ParseInfo(e.ContentType, e.Body); err == nil {
				c.stream.Info(key)
			}
		case sip.TransferEvent:
			e.Answer(false)
		case sip.EndedEvent:
			c.stream.Close() // the tap is quiet from here on
			c.over(e)
		}
	}
}

// whoEnds names, for the person at the phone, who ended a call.
var whoEnds = map[string]string{
	sip.ByServer: "this phone", sip.ByCallee: "the callee", sip.ByCaller: "the caller", sip.ByNetwork: "the network",
}

// over tells the end, as the last event.
func (c *Call) over(e sip.EndedEvent) {
	c.mu.Lock()
	c.end = e
	kind, text := Failed, fmt.Sprintf("%d %s", e.Status, e.Reason)
	if c.up {
		kind, text = Ended, fmt.Sprintf("by %s, cause %d", whoEnds[e.By], e.Cause)
	} else if e.Status == 0 {
		text = e.Reason
	}
	c.mu.Unlock()
	c.tell(kind, text)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mum = true
	close(c.events)
}

// tell tells an event, if the reader is not too far behind. The last place is for the end.
func (c *Call) tell(kind Kind, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mum || len(c.events) == cap(c.events)-1 && kind != Ended && kind != Failed {
		return
	}
	c.events <- Event{Kind: kind, At: time.Since(c.placed), Text: text}
}

// hear runs on the stream's shard.
func (c *Call) hear(pcm []int16, missing bool) {
	sound, changed := c.ear.hear(pcm, missing)
	switch {
	case changed && sound:
		c.tell(Heard, "")
	case changed:
		c.tell(Silent, "")
	}
}

// negotiator is the media side of a phone's leg: it offers what the phone is set to, and agrees to what it can.
type negotiator struct {
	phone  *Phone
	stream *media.Stream

	mu    sync.Mutex // guards what follows
	offer []byte
	local sip.Local
}

// hold changes what is offered from now on.
func (n *negotiator) hold(on bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.local.Direction = sip.SendRecv
	if on {
		n.local.Direction = sip.SendOnly
	}
}

func (n *negotiator) Offer() ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.describe()
	n.offer = sip.MakeOffer(n.local)
	return n.offer, nil
}

func (n *negotiator) Answered(answer []byte) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	agreed, err := sip.ReadAnswer(n.offer, answer, nil)
	if err != nil {
		return err
	}
	return n.take(agreed)
}

func (n *negotiator) Offered(offer []byte) ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.describe()
	answer, agreed, err := sip.Negotiate(offer, n.local)
	if err != nil {
		return nil, err
	}
	return answer, n.take(agreed)
}

// describe says what we can; the version rises with each description.
func (n *negotiator) describe() {
	if n.local.SessionID == 0 {
		n.local = sip.Local{
			Direction: n.local.Direction, Addr: n.phone.local, Port: n.stream.LocalPort(), Laws: n.phone.config.Laws,
			Events: n.phone.config.Way == dtmf.Event, Ptime: n.phone.config.Ptime, SessionID: sip.NewSessionID(),
		}
		if n.phone.server.Transport == "tls" {
			n.local.Secrecy, n.local.Key = n.phone.config.Secrecy, sip.NewCryptoKey()
		}
	}
	n.local.Version++
}

func (n *negotiator) take(m sip.Media) error {
	return n.stream.Update(media.Params{
		Remote: m.Remote, RemoteRTCP: m.RemoteRTCP, Signalling: n.phone.server.Addr.Addr(), Law: m.Law, PayloadType: m.PayloadType,
		EventType: m.EventType, EventsOffered: m.EventsOffered, Ptime: m.Ptime, Send: m.Send, Receive: m.Receive, RTCPMux: m.RTCPMux,
		SRTP: media.SRTP{Suite: string(m.Crypto.Suite), Ours: m.Crypto.Ours, Theirs: m.Crypto.Theirs},
	})
}

var _ sip.Negotiator = (*negotiator)(nil)
