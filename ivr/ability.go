package ivr

import (
	"errors"
	"fmt"
	"time"
)

// The interfaces of this file are what a Channel may offer besides. An application
// asks the channel that carries its sound for one, and does without it, or says so,
// where there is none:
//
//	if keypad, ok := r.Line().(ivr.Keypad); ok { … }

// MediaWaiter is a channel that knows when sound comes through: WaitMedia returns
// when the caller's first packet of audio has arrived, after the timeout at the
// latest. Answer without an argument uses it, so that the first words of a prompt
// are not spoken before the caller's path is open.
type MediaWaiter interface {
	WaitMedia(timeout time.Duration) error
}

// Indicator is a channel that can play tones, until something else is played; nil
// stops them. On an unanswered call without early media nothing is played: busy and
// congestion are for the final response to tell.
type Indicator interface {
	Indicate(Tones) error
}

// Ear is a channel that hears whether its caller speaks.
type Ear interface {
	// Listen begins, and ends, to pay attention. It begins in silence. Calls may be
	// nested: as many ends as beginnings.
	Listen(on bool)
	// Talk is what was heard since Listen.
	Talk() Talk
}

// Talk tells whether somebody speaks.
type Talk struct {
	Talking bool
	Since   time.Time     // when speech, or silence, began
	Last    time.Duration // how long the speech lasted that the present silence ended; 0: there was none
}

// Tape is a channel whose sound can be written to files. A name is a sound's, with
// the format as its extension: relative to where sounds are, or for a take of both
// sides to where recordings are; absolute ones must lie where the operator allows
// it.
type Tape interface {
	// Record begins a take. The error says which name, where and why.
	Record(file string, o TapeOptions) (Take, error)
	// Takes are those in the background that have not ended, in the order of their
	// beginnings.
	Takes() []Take
}

// TapeFormats are the formats in which takes are written, as extensions, and whether
// they can be stereo.
var TapeFormats = map[string]bool{
	"wav": true, "sln": true, "raw": true,
	"ulaw": false, "ul": false, "mu": false, "ulw": false, "pcm": false,
	"alaw": false, "al": false, "alw": false,
}

// Joiner is a channel that wants to know when its call is joined to another, and when
// that ends.
type Joiner interface {
	Join(on bool)
}

// Sides are the sides of a call that a take holds.
type Sides uint8

// What a take holds.
const (
	Heard Sides = iota // what the caller says
	Sent               // what the caller hears
	Both               // both, mixed
)

// TapeOptions are how a take is made.
type TapeOptions struct {
	Sides       Sides
	Stereo      bool              // both sides in two channels, whatever Sides says: left what the caller says, right what it hears
	HeardVolume int               // how often what the caller says is doubled, below 0 halved: -4..4
	SentVolume  int               // the same for what the caller hears
	Append      bool              // behind what the file holds
	Joined      bool              // only while the call is joined to another, as its channel is told by Join
	Background  bool              // it goes on until Stop, at the latest until the call's end, and is among Takes
	BeepFirst   bool              // the caller hears a beep when it begins
	BeepLast    bool              // and when it ends
	BeepEvery   time.Duration     // and so often while it goes on; 0: never
	Ended       func(file string) // called once a take in the background has ended, on a goroutine of its own; may be nil
}

// Take is one recording. Its methods may be called by the goroutine of the run.
type Take interface {
	// Name is what a dialplan plays it by: the name as it was given, with its number
	// in the place of %d, without the format.
	Name() string
	// File is where it is on the disk.
	File() string
	// Done is closed when it can take no more: the disk failed, or it is as long as
	// the operator allows. Stop then tells why.
	Done() <-chan struct{}
	// Stop ends it, without the last of it that cut is long, and gives the length of
	// what was kept of this take.
	Stop(cut time.Duration) (length time.Duration, err error)
	// Discard ends it and leaves the file as it was before.
	Discard() error
}

// Keypad is a channel on which keys can be pressed towards the caller. It returns at
// once; keys that follow too soon wait for those before them.
type Keypad interface {
	SendDigit(key byte, d time.Duration) error
}

// KeyTaker is a Keypad that may get keys by SendDigit alone, also those of who it is joined to.
type KeyTaker interface {
	TakesKeys() bool
}

// Texter is a channel whose caller can be sent texts. It returns with the answer.
type Texter interface {
	SendText(text string) error
}

// Transferrer is a channel whose caller can be sent elsewhere. It returns when it is
// known whether the caller gets there, with a *RefusedError when not.
type Transferrer interface {
	Transfer(destination string) error
}

// Echoer is a channel that can send back what it hears.
type Echoer interface {
	Echo(on bool) error
}

// Musician is a channel that can play music without end, until something else is
// played; an empty class is the one that was chosen, or the default one.
type Musician interface {
	Music(class string) error
	// ChooseMusic sets the class that this call hears from here on, on hold as well.
	ChooseMusic(class string)
}

// ErrUnsupported is returned by an ability that the far side lacks.
var ErrUnsupported = errors.New("the other side does not support it")

// RefusedError tells that the far side refused what it was asked.
type RefusedError struct {
	Status int // of SIP; 0: no answer came
	Reason string
}

// Error names the status.
func (e *RefusedError) Error() string {
	if e.Status == 0 {
		return "no answer: " + e.Reason
	}
	return fmt.Sprintf("refused: %d %s", e.Status, e.Reason)
}

// Ending is a channel that knows with which Q.850 cause its far side ended the call; 0: it has not.
type Ending interface {
	EndedWith() int
}

// Presenter is a channel whose caller can be told who has answered, before the call is answered itself.
type Presenter interface {
	Present(answered Called)
}

// Charged is a channel whose calls somebody answers for: after Charge it is the called one, who sends it elsewhere.
type Charged interface {
	Charge(by Called)
}

// Noticed tells that the caller was heard to do something that is no key: the steps
// before it are no circle in which nothing happens.
func (r *Run) Noticed() { r.heard() }
