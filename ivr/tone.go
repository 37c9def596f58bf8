package ivr

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Tone is a piece of a list of tones: two frequencies in Hz, one, or silence.
type Tone struct {
	F1, F2   int
	Modulate bool          // F2 modulates F1, instead of sounding beside it
	For      time.Duration // 0: for ever
	Once     bool          // it is not repeated with the list
	Level    int           // peak of each frequency in 16-bit samples; 0: that of call progress tones, -19 dBm0
}

// Tones are played one after the other. At the end they begin anew with the first
// that is not Once; when all are, silence follows. Nil is silence.
type Tones []Tone

const (
	maxTones     = 64
	maxFrequency = 4000 // Hz: half the sampling rate
)

// named are call progress tones as ITU-T E.180 lists them for North America.
var named = map[string]string{
	"dial":        "350+440",
	"ring":        "440+480/2000,0/4000",
	"busy":        "480+620/500,0/500",
	"congestion":  "480+620/250,0/250",
	"callwaiting": "440/300,0/10000",
	"dialrecall":  "!350+440/100,!0/100,!350+440/100,!0/100,!350+440/100,!0/100,350+440",
	"record":      "1400/500,0/15000",
	"info":        "!950/330,!1400/330,!1800/330,0",
	"stutter":     "!350+440/100,!0/100,!350+440/100,!0/100,!350+440/100,!0/100,!350+440/100,!0/100,!350+440/100,!0/100,!350+440/100,!0/100,350+440",
}

// aliases are other names of the same.
var aliases = map[string]string{"ringing": "ring", "dialtone": "dial"}

// ParseTones reads the name of a tone, or a list as Asterisk's indications have it:
//
//	list  = piece { "," piece }         also "|" between them
//	piece = [ "!" ] frequency [ ( "+" | "*" ) frequency ] [ "/" milliseconds ]
//
// A piece with ! is played once, the others for ever. f1*f2 is f1 modulated by f2.
// Frequency 0 is silence; a piece without a length never ends.
func ParseTones(text string) (Tones, error) {
	text = strings.TrimSpace(text)
	name := strings.ToLower(text)
	if alias, ok := aliases[name]; ok {
		name = alias
	}
	if list, ok := named[name]; ok {
		text = list
	}
	var tones Tones
	for piece := range strings.SplitSeq(strings.ReplaceAll(text, "|", ","), ",") {
		tone, err := parseTone(strings.TrimSpace(piece))
		if err != nil {
			return nil, fmt.Errorf("tone %q: %w", text, err)
		}
		if tones = append(tones, tone); len(tones) > maxTones {
			return nil, fmt.Errorf("tone: more than %d pieces", maxTones)
		}
	}
	return tones, nil
}

func parseTone(piece string) (t Tone, err error) {
	rest, once := strings.CutPrefix(piece, "!")
	t.Once = once
	frequencies, length, timed := strings.Cut(rest, "/")
	if timed {
		ms, err := strconv.Atoi(strings.TrimSpace(length))
		if err != nil || ms < 0 || ms > 24*3600*1000 {
			return t, fmt.Errorf("%q is no number of milliseconds", length)
		}
		t.For = time.Duration(ms) * time.Millisecond
	}
	first, second, two := strings.Cut(frequencies, "+")
	if !two {
		first, second, two = strings.Cut(frequencies, "*")
		t.Modulate = two
	}
	if t.F1, err = frequency(first); err == nil && two {
		t.F2, err = frequency(second)
	}
	return t, err
}

func frequency(text string) (int, error) {
	text = strings.TrimSpace(text)
	hz, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%q is neither the name of a tone nor a frequency; a list is written like 425/500,0/500", text)
	}
	if hz < 0 || hz >= maxFrequency {
		return 0, fmt.Errorf("%d Hz cannot be heard on a telephone: below %d", hz, maxFrequency)
	}
	return hz, nil
}

// Milliwatt is the reference tone: 0 dBm0 of 1004 Hz, or of 1000 Hz.
func Milliwatt(hz int) Tones {
	return Tones{{F1: hz, Level: 22306}} // 32124 is the peak of +3.17 dBm0 (ITU-T G.711)
}

// String is the name of the tones, or their list.
func (t Tones) String() string {
	var b strings.Builder
	for i, piece := range t {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(piece.String())
	}
	for name, list := range named {
		if list == b.String() {
			return name
		}
	}
	return b.String()
}

// String is the piece as lists have it.
func (t Tone) String() string {
	text := ""
	if t.Once {
		text = "!"
	}
	text += strconv.Itoa(t.F1)
	switch {
	case t.Modulate:
		text += "*" + strconv.Itoa(t.F2)
	case t.F2 != 0:
		text += "+" + strconv.Itoa(t.F2)
	}
	if t.For > 0 {
		text += "/" + strconv.FormatInt(t.For.Milliseconds(), 10)
	}
	return text
}

// Indicate plays a tone by its name, or a list of tones, if the channel can; an empty
// text stops it. See ParseTones for what else the error tells.
func (r *Run) Indicate(text string) error {
	if text == "" {
		return r.PlayTones(nil)
	}
	tones, err := ParseTones(text)
	if err != nil {
		return err
	}
	return r.PlayTones(tones)
}

// PlayTones plays tones until something else is played, if the channel can; nil stops
// them.
func (r *Run) PlayTones(tones Tones) error {
	if r.over {
		return ErrHangup
	}
	if tones != nil {
		r.heard()
	}
	if i, ok := r.Line().(Indicator); ok {
		return r.check(i.Indicate(tones))
	}
	return nil
}

// Music plays music on hold of a class until something else is played, if the channel
// can; an empty class is the default one.
func (r *Run) Music(class string) error {
	if r.over {
		return ErrHangup
	}
	r.heard()
	if m, ok := r.Line().(Musician); ok {
		return r.check(m.Music(class))
	}
	return fmt.Errorf("music on hold: %w", ErrUnsupported)
}
