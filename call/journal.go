package call

import (
	"dialtone/ivr"
	"dialtone/media"
	"dialtone/sip"
)

// LiveCall is what the journal keeps of a call, by part. Each part has one writer, which hands over its own:
// the leg its dialog, the stream its media, the run its place and variables.
type LiveCall struct {
	Dialog sip.Dialog        `json:"dialog"`
	Media  media.StreamState `json:"media"`
	Run    ivr.State         `json:"run"`
	Call   Snapshot          `json:"call"`
}

// journalRun keeps the run's state, before each step.
func (c *Call) journalRun(state *ivr.State) {
	c.sw.config.Journal.Journal(c.id, "run", state)
}

// journalMedia keeps the dialog and what the stream needs to go on: both change together, at an answer.
func (c *Call) journalMedia() {
	c.sw.config.Journal.Journal(c.id, "dialog", c.leg().Dialog())
	c.sw.config.Journal.Journal(c.id, "media", c.stream.State())
	c.sw.config.Journal.Journal(c.id, "call", c.Snapshot())
}

// step shows a step that is about to be executed to those who follow the call, and keeps it for the record. The
// steps of calls that Dial makes, each on a goroutine of its own, are not where this call is.
func (c *Call) step(step ivr.Step) {
	c.history.add(step)
	c.traceStep(step)
	if step.Channel != c.channel.name {
		return
	}
	c.update(func(s *Snapshot) {
		s.Context, s.Exten, s.Priority = step.Place.Context, step.Place.Exten, step.Place.Priority
		s.App, s.Args = step.App, step.Args
	})
}
