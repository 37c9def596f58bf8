package simulate

import (
	"cmp"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"dialtone/ivr"
)

// Interval is a time in which the caller speaks, counted from the answer.
type Interval struct{ From, To time.Duration }

// Recorded is a recording that was made.
type Recorded struct {
	Name   string          `json:"name"` // as a dialplan plays it
	File   string          `json:"file"`
	At     time.Duration   `json:"at"`  // since the beginning of the call
	For    time.Duration   `json:"for"` // its length
	Made   ivr.TapeOptions `json:"-"`   // as the dialplan wanted it
	append time.Duration   // what the file held before
}

// Sent is what the caller was sent besides sound.
type Sent struct {
	At   time.Duration `json:"at"`             // since the beginning of the call
	Keys string        `json:"keys,omitempty"` // a key that was pressed
	Text string        `json:"text,omitempty"` // a message
	To   string        `json:"to,omitempty"`   // where the caller was transferred to
}

// abilities are what a caller keeps of them.
type abilities struct {
	heeds    int       // how many listen
	heedFrom time.Time // since when
	takes    []*take   // in the background
	joined   int       // to so many other calls
	recorded []Recorded
	sent     []Sent
	echo     bool
}

// Recorded are the recordings that were made and kept.
func (c *Caller) Recorded() []Recorded { return c.recorded }

// Sent is what the caller was sent besides sound.
func (c *Caller) Sent() []Sent { return c.sent }

// longest is how long a recording may be.
const longest = time.Hour

// Listen begins and ends to pay attention.
func (c *Caller) Listen(on bool) {
	if !on {
		c.heeds--
		return
	}
	if c.heeds == 0 {
		c.heedFrom = c.Now()
	}
	c.heeds++
}

// Talk is what the script says.
func (c *Caller) Talk() ivr.Talk {
	talk := ivr.Talk{Since: c.heedFrom}
	if !c.answered {
		return talk
	}
	now := c.Now()
	for _, i := range c.script.Speech {
		from, to := c.picked.Add(i.From), c.picked.Add(i.To)
		if from.Before(c.heedFrom) {
			from = c.heedFrom
		}
		switch {
		case now.Before(from) || !to.After(from):
		case now.Before(to):
			return ivr.Talk{Talking: true, Since: from}
		default:
			talk = ivr.Talk{Since: to, Last: to.Sub(from)}
		}
	}
	return talk
}

// Indicate has tones be heard until something else is played.
func (c *Caller) Indicate(tones ivr.Tones) error {
	if err := c.passed(); err != nil {
		return err
	}
	c.Stop()
	if tones != nil {
		c.begin("tone:" + tones.String())
	}
	return nil
}

// Music has music be heard until something else is played.
func (c *Caller) Music(class string) error {
	if err := c.passed(); err != nil {
		return err
	}
	c.Stop()
	c.begin("music:" + cmp.Or(class, c.music, "default"))
	return nil
}

// ChooseMusic sets the class that is heard from here on.
func (c *Caller) ChooseMusic(class string) { c.music = class }

// begin has something be heard that has no end of its own.
func (c *Caller) begin(name string) {
	c.playing = &playing{done: make(chan struct{}), began: c.Now()}
	c.heard = append(c.heard, Heard{Name: name, At: c.Now().Sub(c.start)})
}

// Echo sends back what is heard.
func (c *Caller) Echo(on bool) error {
	c.Stop()
	if c.echo = on; on {
		c.begin("echo")
	}
	return c.passed()
}

// SendDigit notes a key.
func (c *Caller) SendDigit(key byte, _ time.Duration) error {
	c.sent = append(c.sent, Sent{At: c.Now().Sub(c.start), Keys: string(key)})
	return c.passed()
}

// SendText notes a message.
func (c *Caller) SendText(text string) error {
	if err := c.passed(); err != nil {
		return err
	}
	if c.script.Texted != nil {
		if err := c.script.Texted(text); err != nil {
			return err
		}
	}
	c.sent = append(c.sent, Sent{At: c.Now().Sub(c.start), Text: text})
	return nil
}

// Transfer notes where the caller is sent. Before the answer the call is over then.
func (c *Caller) Transfer(to string) error {
	if err := c.passed(); err != nil {
		return err
	}
	if c.script.Transferred != nil {
		if err := c.script.Transferred(to); err != nil {
			return err
		}
	}
	c.sent = append(c.sent, Sent{At: c.Now().Sub(c.start), To: to})
	if !c.answered {
		c.hangUp()
	}
	return nil
}

// Record keeps a take in mind: its name and its length.
func (c *Caller) Record(file string, o ivr.TapeOptions) (ivr.Take, error) {
	if err := c.passed(); err != nil {
		return nil, err
	}
	extension := path.Ext(file)
	stereo, written := ivr.TapeFormats[strings.TrimPrefix(extension, ".")]
	if !written {
		return nil, fmt.Errorf("%s: the format %q is not written", file, strings.TrimPrefix(extension, "."))
	}
	if o.Stereo && !stereo {
		return nil, fmt.Errorf("%s: two channels are only written as wav, sln and raw", file)
	}
	name := strings.TrimSuffix(file, extension)
	if strings.Contains(name, "..") {
		return nil, fmt.Errorf("%s leads out of where recordings may be", file)
	}
	if strings.Contains(name, "%d") {
		name = c.number(name)
	}
	t := &take{caller: c, ended: o.Ended, joined: o.Joined, done: make(chan struct{}),
		Recorded: Recorded{Name: name, File: name + extension, At: c.Now().Sub(c.start), Made: o}}
	if length, ok := c.length(name); ok && o.Append {
		t.append = length
	}
	t.hear(!o.Joined || c.joined > 0)
	if o.Background {
		c.takes = append(c.takes, t)
	}
	c.world.At(c.Now().Add(longest), func() {
		if !t.over {
			close(t.done)
		}
	})
	return t, nil
}

// number puts the first number for %d with which there is no such sound.
func (c *Caller) number(name string) string {
	for n := 0; ; n++ {
		numbered := strings.ReplaceAll(name, "%d", strconv.Itoa(n))
		if _, err := c.Length(numbered, ""); err != nil || n == 9999 {
			return numbered
		}
	}
}

// Takes are those in the background.
func (c *Caller) Takes() (list []ivr.Take) {
	for _, t := range c.takes {
		list = append(list, t)
	}
	return list
}

// Join has recordings of what is said between two calls begin, and end.
func (c *Caller) Join(on bool) {
	if on {
		c.joined++
	} else {
		c.joined--
	}
	for _, t := range c.takes {
		if t.joined && (on && c.joined == 1 || !on && c.joined == 0) {
			t.hear(on)
		}
	}
}

// endTakes ends those in the background, at the end of the call.
func (c *Caller) endTakes() {
	for len(c.takes) > 0 {
		c.takes[0].Stop(0)
	}
}

// length is how long a recording is that was made in this call.
func (c *Caller) length(name string) (time.Duration, bool) {
	for i := len(c.recorded) - 1; i >= 0; i-- {
		if c.recorded[i].Name == name {
			return c.recorded[i].For, true
		}
	}
	return 0, false
}

// take is a recording under way.
type take struct {
	Recorded
	caller *Caller
	joined bool // it hears only what is said between two calls
	hears  bool
	since  time.Time     // it hears, or does not
	length time.Duration // heard before
	done   chan struct{}
	ended  func(string)
	over   bool
}

func (t *take) Name() string          { return t.Recorded.Name }
func (t *take) File() string          { return t.Recorded.File }
func (t *take) Done() <-chan struct{} { return t.done }

// hear has the take hear, or not.
func (t *take) hear(on bool) {
	now := t.caller.Now()
	if t.hears {
		t.length += now.Sub(t.since)
	}
	t.hears, t.since = on, now
}

// Stop keeps the recording.
func (t *take) Stop(cut time.Duration) (time.Duration, error) {
	if t.over {
		return t.For - t.append, nil
	}
	t.hear(false)
	length := max(0, min(t.length, longest)-cut)
	t.For = t.append + length
	t.leave()
	t.caller.recorded = append(t.caller.recorded, t.Recorded)
	if t.ended != nil {
		t.ended(t.File())
	}
	return length, nil
}

// Discard forgets it.
func (t *take) Discard() error {
	t.leave()
	return nil
}

func (t *take) leave() {
	t.over = true
	for i, other := range t.caller.takes {
		if other == t {
			t.caller.takes = append(t.caller.takes[:i:i], t.caller.takes[i+1:]...)
			break
		}
	}
}

var (
	_ ivr.Indicator   = (*Caller)(nil)
	_ ivr.Musician    = (*Caller)(nil)
	_ ivr.Ear         = (*Caller)(nil)
	_ ivr.Tape        = (*Caller)(nil)
	_ ivr.Joiner      = (*Caller)(nil)
	_ ivr.Keypad      = (*Caller)(nil)
	_ ivr.Texter      = (*Caller)(nil)
	_ ivr.Transferrer = (*Caller)(nil)
	_ ivr.Echoer      = (*Caller)(nil)
)
