package call

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"dialtone/ivr"
	"dialtone/sounds"
)

// Traced is one thing that happened in a live call, for those who look at it step by step.
type Traced struct {
	Call  string     `json:"call"` // its ID; empty: Lost
	At    float64    `json:"at"`   // seconds since the call came in
	Kind  TracedKind `json:"kind"`
	Text  string     `json:"text"`            // the step, the sounds, the key, the message
	Step  *ivr.Step  `json:"step,omitempty"`  // of TracedStep
	Key   string     `json:"key,omitempty"`   // of TracedKey
	Taken bool       `json:"taken,omitempty"` // of TracedKey: something waited for it
	Lost  int        `json:"lost,omitempty"`  // of TracedLost
}

// TracedKind is what a Traced tells of.
type TracedKind string

// The kinds of what is traced.
const (
	TracedStep  TracedKind = "step"  // a priority is about to be executed, in the call or in one that Dial made
	TracedState TracedKind = "state" // the call rings, or is answered
	TracedSound TracedKind = "sound" // sounds begin
	TracedKey   TracedKind = "key"   // a key was pressed, and taken or lost
	TracedLog   TracedKind = "log"   // a warning or an error of the dialplan
	TracedEnd   TracedKind = "end"
	TracedLost  TracedKind = "lost" // the reader was too slow: so many have no place
)

// tracers are those who look at calls step by step. Nobody does, as a rule, and then a step costs one load.
type tracers struct {
	count atomic.Int32
	mu    sync.Mutex
	all   map[*tracer]struct{}
}

// tracer is one reader.
type tracer struct {
	call string // only this one; empty: all
	out  chan Traced
	lost int // since the last that found room; guarded by the tracers' mu
}

// traceBuffer is how many lines a reader may be behind before it loses some.
const traceBuffer = 1024

// Trace gives what happens in a call, by its ID, or in all (empty), until ctx ends. A reader that is slower than the
// calls loses what it has no room for and is told how much, never the calls their time.
func (s *Switch) Trace(ctx context.Context, call string) <-chan Traced {
	t := &tracer{call: call, out: make(chan Traced, traceBuffer)}
	s.tracers.mu.Lock()
	if s.tracers.all == nil {
		s.tracers.all = map[*tracer]struct{}{}
	}
	s.tracers.all[t] = struct{}{}
	s.tracers.count.Add(1)
	s.tracers.mu.Unlock()
	context.AfterFunc(ctx, func() {
		s.tracers.mu.Lock()
		delete(s.tracers.all, t)
		s.tracers.count.Add(-1)
		close(t.out)
		s.tracers.mu.Unlock()
	})
	return t.out
}

// publish hands a line to those who want it and have room.
func (t *tracers) publish(line Traced) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for reader := range t.all {
		if reader.call != "" && reader.call != line.Call {
			continue
		}
		if room := cap(reader.out) - len(reader.out); room < 2 { // one for the line, one to tell of those before it
			reader.lost++
			continue
		}
		if reader.lost > 0 {
			reader.out <- Traced{Kind: TracedLost, Lost: reader.lost, Text: fmt.Sprintf("%d lines are lost: the reader is slower than the calls", reader.lost)}
			reader.lost = 0
		}
		reader.out <- line
	}
}

// trace tells of the call, if anybody looks.
func (c *Call) trace(kind TracedKind, text func() string) {
	if c.sw.tracers.count.Load() == 0 {
		return
	}
	c.sw.tracers.publish(Traced{Call: c.id, At: c.since(time.Now()), Kind: kind, Text: text()})
}

// traceStep tells of a step. One of a call that Dial made has the name of its channel in front.
func (c *Call) traceStep(step ivr.Step) {
	if c.sw.tracers.count.Load() == 0 {
		return
	}
	text := step.String()
	if step.Channel != c.channel.name {
		text = step.Channel + " " + text
	}
	c.sw.tracers.publish(Traced{Call: c.id, At: c.since(step.At), Kind: TracedStep, Text: text, Step: &step})
}

// traceSounds tells of the sounds that begin, and how long they last. One that is being read for the first time is
// waited for, but not so long that a key would have to wait noticeably.
func (c *Call) traceSounds(names []string, prompts []*sounds.Prompt) {
	c.trace(TracedSound, func() string {
		enough, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		least, more := 0, ""
		for _, prompt := range prompts {
			select {
			case <-prompt.Ended():
			case <-enough.Done():
				more = "more than "
			}
			least += prompt.Len()
		}
		return fmt.Sprintf("plays %s (%s%.2f s)", strings.Join(names, "&"), more, float64(least)/sounds.Rate)
	})
}

// traceState tells that the call rings or is answered.
func (c *Call) traceState(state State) {
	c.trace(TracedState, func() string {
		if state == StateUp {
			return "answered"
		}
		return string(state)
	})
}

// traceEnd tells of the end.
func (c *Call) traceEnd(s Snapshot) {
	c.trace(TracedEnd, func() string { return fmt.Sprintf("end %d by %s", s.Cause, s.EndedBy) })
}

// traceKey tells of a key.
func (c *Call) traceKey(key byte, taken bool) {
	if c.sw.tracers.count.Load() == 0 {
		return
	}
	text := "key " + string(key)
	if !taken {
		text += ", which nothing waits for"
	}
	c.sw.tracers.publish(Traced{Call: c.id, At: c.since(time.Now()), Kind: TracedKey, Text: text, Key: string(key), Taken: taken})
}

// since is how long a moment is behind the call's beginning, in seconds.
func (c *Call) since(at time.Time) float64 { return max(0, at.Sub(c.snapshot.Started).Seconds()) }

// runLog is the log of the dialplan's run: the call's, whose warnings are traced as well.
func (c *Call) runLog() *slog.Logger { return slog.New(tracedLog{c.log.Handler(), c}) }

type tracedLog struct {
	slog.Handler
	call *Call
}

// Enabled implements slog.Handler: warnings are wanted whatever the server's log leaves out.
func (l tracedLog) Enabled(ctx context.Context, level slog.Level) bool {
	return l.Handler.Enabled(ctx, level) || level >= slog.LevelWarn && l.call.sw.tracers.count.Load() > 0
}

// Handle implements slog.Handler.
func (l tracedLog) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		l.call.trace(TracedLog, func() string {
			text := strings.ToLower(r.Level.String()) + ": " + r.Message
			r.Attrs(func(a slog.Attr) bool {
				if a.Key == "line" && a.Value.String() != "-" {
					text += " (" + a.Value.String() + ")"
				}
				return true
			})
			return strings.Replace(text, "warn:", "warning:", 1)
		})
	}
	if !l.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return l.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (l tracedLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return tracedLog{l.Handler.WithAttrs(attrs), l.call}
}

// WithGroup implements slog.Handler.
func (l tracedLog) WithGroup(name string) slog.Handler {
	return tracedLog{l.Handler.WithGroup(name), l.call}
}
