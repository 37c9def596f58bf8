package main

import (
	"fmt"
	"math"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"dialtone/dtmf"
	"dialtone/media"
)

// heardStream is a sound file, one channel of it, or one stream of a capture, with the keys that were heard in it.
type heardStream struct {
	file     string
	channel  int                   // from 1 on; 0: there is one
	captured *media.CapturedStream // nil: not of a capture
	media.Heard
}

// name tells the streams of one file apart; empty: there is one.
func (s *heardStream) name() string {
	switch c := s.captured; {
	case c != nil:
		return fmt.Sprintf("%s → %s, SSRC %08x, %s", c.From, c.To, c.SSRC, codec(c))
	case s.channel > 0:
		return fmt.Sprintf("channel %d", s.channel)
	}
	return ""
}

func codec(c *media.CapturedStream) string {
	switch {
	case c.Audio && c.EventType >= 0:
		return fmt.Sprintf("%s, events %d", c.Law, c.EventType)
	case c.Audio:
		return c.Law.String()
	}
	return fmt.Sprintf("events %d", c.EventType)
}

// print prints a stream for people.
func (c dtmfCommand) print(s heardStream) {
	name := s.name()
	if len(c.Files) > 1 || c.Details {
		name = strings.TrimSuffix(s.file+": "+name, ": ")
	}
	if c.Details {
		fmt.Println(name)
		s.table()
		if c.Explain {
			s.refusals()
		}
		return
	}
	if name != "" && (len(s.Digits) > 0 || c.Explain && len(s.Refused) > 0) {
		fmt.Fprintln(os.Stderr, name)
	}
	refused := s.Refused
	if !c.Explain {
		refused = nil
	}
	for _, d := range s.Digits {
		for len(refused) > 0 && refused[0].At < d.Start {
			printRefusal(refused[0])
			refused = refused[1:]
		}
		fmt.Printf("%c %d %d\n", d.Key, milliseconds(d.Start), milliseconds(d.Start+d.Length))
	}
	for _, r := range refused {
		printRefusal(r)
	}
}

func printRefusal(r dtmf.Refusal) {
	fmt.Printf("no %c %d: %s\n", r.Key, milliseconds(r.At), refusal(r))
}

// refusal says why tones are no key.
func refusal(r dtmf.Refusal) string {
	return fmt.Sprintf("%s (tones %+.1f and %+.1f %% off, %.0f and %.0f dBm0, %.0f %% of the sound)",
		r.Why, 100*r.Off[0], 100*r.Off[1], r.Level[0], r.Level[1], 100*min(r.Share, 1))
}

// table prints what is known of the stream and of each press.
func (s *heardStream) table() {
	if c := s.captured; c != nil {
		fmt.Printf("%s to %s, %s\n", clock(ticks(c.Start)), clock(ticks(c.End)), transport(c))
	}
	if len(s.Digits) == 0 {
		fmt.Println("no keys")
		return
	}
	tones, events := false, false
	for _, d := range s.Digits {
		tones, events = tones || d.Tone != nil, events || d.Event != nil
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	line := []string{"KEY", "START", "LENGTH", "WAY"}
	if tones {
		line = append(line, "LOW dBm0", "HIGH dBm0", "TWIST dB", "LOW OFF", "HIGH OFF", "SNR dB")
	}
	if events {
		line = append(line, "TYPE", "VOLUME", "PACKETS", "LOST", "LATE", "TWICE", "ENDS")
	}
	line = append(line, "NOTES")
	fmt.Fprintln(table, strings.Join(line, "\t"))
	for _, d := range s.Digits {
		line = append(line[:0], string(d.Key), clock(d.Start), fmt.Sprintf("%d ms", milliseconds(d.Length)), ways(d))
		if tones {
			line = append(line, toneColumns(d)...)
		}
		if events {
			line = append(line, eventColumns(d.Event)...)
		}
		line = append(line, notes(d))
		fmt.Fprintln(table, strings.TrimRight(strings.Join(line, "\t"), "\t"))
	}
	table.Flush()
}

// transport says how the packets of a captured stream fared.
func transport(c *media.CapturedStream) string {
	parts := []string{plural(c.Packets, "packet"), fmt.Sprintf("%d lost (%.1f %%)", c.Lost, 100*float64(c.Lost)/float64(max(int64(c.Packets)+c.Lost, 1)))}
	if c.Reordered > 0 {
		parts = append(parts, fmt.Sprintf("%d out of order", c.Reordered))
	}
	if c.Duplicates > 0 {
		parts = append(parts, fmt.Sprintf("%d twice", c.Duplicates))
	}
	if c.Audio {
		parts = append(parts, fmt.Sprintf("jitter %.1f ms", c.Jitter.Seconds()*1000))
	}
	return strings.Join(parts, ", ")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func ways(d media.HeardDigit) string {
	if d.Tone != nil && d.Event != nil {
		return "event+tone"
	}
	return d.Way.String()
}

func toneColumns(d media.HeardDigit) []string {
	t := d.Tone
	if t == nil {
		return make([]string, 6)
	}
	hertz := t.Hertz(d.Key)
	off := func(i int) string { return signed(100*t.Off[i], 2) + " % " + signed(hertz[i], 1) + " Hz" }
	return []string{
		fmt.Sprintf("%.1f", t.Level[0]), fmt.Sprintf("%.1f", t.Level[1]), signed(t.Twist(), 1), off(0), off(1), fmt.Sprintf("%.0f", t.SNR),
	}
}

// signed shows a number with its sign; what is rounded to nothing has a plus.
func signed(x float64, digits int) string {
	unit := math.Pow10(digits)
	return fmt.Sprintf("%+.*f", digits, math.Round(x*unit)/unit+0) // -0 + 0 is 0
}

func eventColumns(e *media.HeardEvent) []string {
	if e == nil {
		return make([]string, 7)
	}
	columns := []string{fmt.Sprint(e.PayloadType), fmt.Sprintf("%d dBm0", e.Volume)}
	for _, n := range []int{e.Packets, e.Lost, e.Reordered, e.Duplicates, e.Ends} {
		columns = append(columns, fmt.Sprint(n))
	}
	return columns
}

// notes says what is remarkable about a press.
func notes(d media.HeardDigit) string {
	var notes []string
	if e := d.Event; e != nil {
		notes = append(notes, e.Faults...)
		if e.Segments > 1 {
			notes = append(notes, plural(e.Segments, "segment"))
		}
		if t := d.Tone; t != nil {
			switch by := milliseconds(t.Start - e.Start); {
			case by <= -10:
				notes = append(notes, fmt.Sprintf("tone begins %d ms before the event", -by))
			case by >= 10:
				notes = append(notes, fmt.Sprintf("tone begins %d ms after the event", by))
			}
			if by := milliseconds(t.Length - e.Length); by <= -20 || by >= 20 {
				notes = append(notes, fmt.Sprintf("tone lasts %d ms", milliseconds(t.Length)))
			}
		}
	}
	return strings.Join(notes, ", ")
}

// refusals prints the tones that were no key.
func (s *heardStream) refusals() {
	for _, r := range s.Refused {
		fmt.Printf("%s no %c: %s\n", clock(r.At), r.Key, refusal(r))
	}
}

// milliseconds turns 1/8000 s into ms.
func milliseconds(samples int64) int64 { return samples / 8 }

// clock shows a time as m:ss.mmm, with hours when there are some.
func clock(samples int64) string {
	ms := milliseconds(samples)
	if ms < 0 {
		return fmt.Sprintf("-0:%02d.%03d", -ms/1000, -ms%1000)
	}
	text := fmt.Sprintf("%d:%02d.%03d", ms/60000%60, ms/1000%60, ms%1000)
	if hours := ms / 3600000; hours > 0 {
		text = fmt.Sprintf("%d:%02d:%02d.%03d", hours, ms/60000%60, ms/1000%60, ms%1000)
	}
	return text
}

// ticks turns a time into 1/8000 s.
func ticks(d time.Duration) int64 { return int64(d/time.Microsecond) / 125 }

// What --json prints. Times are in ms from the beginning of the file, levels in dBm0.
type (
	jsonStream struct {
		File    string `json:"file"`
		Channel int    `json:"channel,omitempty"` // of a sound file with several, from 1 on
		*jsonCaptured
		Digits  []jsonDigit   `json:"digits"`
		Refused []jsonRefusal `json:"refused,omitempty"` // with --explain
	}
	jsonCaptured struct {
		From       string  `json:"from"`
		To         string  `json:"to"`
		SSRC       uint32  `json:"ssrc"`
		Law        string  `json:"law,omitempty"`        // of its audio; empty: there is none
		EventType  *int    `json:"event_type,omitempty"` // payload type of events
		StartMS    int64   `json:"start_ms"`
		EndMS      int64   `json:"end_ms"`
		Packets    int     `json:"packets"`
		Lost       int64   `json:"lost"`
		Reordered  int     `json:"reordered"`
		Duplicates int     `json:"duplicates"`
		JitterMS   float64 `json:"jitter_ms"`
	}
	jsonDigit struct {
		Digit   string     `json:"digit"`
		StartMS int64      `json:"start_ms"`
		EndMS   int64      `json:"end_ms"`
		Way     string     `json:"way"` // the one that counts: event or tone
		Tone    *jsonTone  `json:"tone,omitempty"`
		Event   *jsonEvent `json:"event,omitempty"`
	}
	jsonTone struct {
		StartMS  int64 `json:"start_ms"`
		LengthMS int64 `json:"length_ms"`
		jsonMeasure
	}
	jsonMeasure struct {
		Low   jsonSinusoid `json:"low"`
		High  jsonSinusoid `json:"high"`
		Twist float64      `json:"twist_db"` // high less low
		SNR   float64      `json:"snr_db"`
		Share float64      `json:"share"` // of the sound's energy
	}
	jsonSinusoid struct {
		Level      float64 `json:"level_dbm0"`
		OffPercent float64 `json:"off_percent"`
		OffHertz   float64 `json:"off_hz"`
	}
	jsonEvent struct {
		StartMS     int64    `json:"start_ms"`
		LengthMS    int64    `json:"length_ms"`
		PayloadType uint8    `json:"payload_type"`
		Volume      int      `json:"volume_dbm0"`
		Packets     int      `json:"packets"`
		Lost        int      `json:"lost"`
		Reordered   int      `json:"reordered"`
		Duplicates  int      `json:"duplicates"`
		Ends        int      `json:"ends"`
		Segments    int      `json:"segments"`
		Marker      bool     `json:"marker"`
		Faults      []string `json:"faults,omitempty"`
	}
	jsonRefusal struct {
		Digit string `json:"digit"` // whose tones are nearest
		AtMS  int64  `json:"at_ms"`
		Why   string `json:"why"`
		jsonMeasure
	}
)

func asJSON(streams []heardStream, explain bool) []jsonStream {
	out := make([]jsonStream, 0, len(streams))
	for _, s := range streams {
		j := jsonStream{File: s.file, Channel: s.channel, Digits: []jsonDigit{}}
		if c := s.captured; c != nil {
			j.jsonCaptured = &jsonCaptured{
				From: c.From.String(), To: c.To.String(), SSRC: c.SSRC, StartMS: c.Start.Milliseconds(), EndMS: c.End.Milliseconds(),
				Packets: c.Packets, Lost: c.Lost, Reordered: c.Reordered, Duplicates: c.Duplicates, JitterMS: round(c.Jitter.Seconds() * 1000),
			}
			if c.Audio {
				j.Law = c.Law.String()
			}
			if c.EventType >= 0 {
				j.EventType = &c.EventType
			}
		}
		for _, d := range s.Digits {
			j.Digits = append(j.Digits, digitAsJSON(d))
		}
		if explain {
			for _, r := range s.Refused {
				j.Refused = append(j.Refused, jsonRefusal{string(r.Key), milliseconds(r.At), r.Why, measureAsJSON(r.Key, r.Measure)})
			}
		}
		out = append(out, j)
	}
	return out
}

func digitAsJSON(d media.HeardDigit) jsonDigit {
	j := jsonDigit{Digit: string(d.Key), StartMS: milliseconds(d.Start), EndMS: milliseconds(d.Start + d.Length), Way: d.Way.String()}
	if t := d.Tone; t != nil {
		j.Tone = &jsonTone{milliseconds(t.Start), milliseconds(t.Length), measureAsJSON(d.Key, t.Measure)}
	}
	if e := d.Event; e != nil {
		j.Event = &jsonEvent{
			milliseconds(e.Start), milliseconds(e.Length), e.PayloadType, e.Volume, e.Packets, e.Lost, e.Reordered, e.Duplicates, e.Ends,
			e.Segments, e.Marker, e.Faults,
		}
	}
	return j
}

func measureAsJSON(key byte, m dtmf.Measure) jsonMeasure {
	hertz := m.Hertz(key)
	of := func(i int) jsonSinusoid {
		return jsonSinusoid{round(m.Level[i]), round(100 * m.Off[i]), round(hertz[i])}
	}
	return jsonMeasure{of(0), of(1), round(m.Twist()), round(m.SNR), round(m.Share)}
}

// round leaves two digits behind the point.
func round(x float64) float64 { return math.Round(100*x) / 100 }
