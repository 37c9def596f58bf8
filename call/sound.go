package call

import (
	"context"
	"errors"
	"time"

	"dialtone/ivr"
	"dialtone/media"
	"dialtone/media/g711"
	"dialtone/sounds"
)

// Start plays the sounds one after another without a gap. A sound that cannot be had ends the list.
func (ch *channel) Start(names []string, language string, from time.Duration) (<-chan struct{}, error) {
	if err := ch.yield(); err != nil {
		return nil, err
	}
	if err := ch.Progress(); err != nil {
		return nil, err
	}
	prompts, err := ch.prompts(names, language)
	if len(prompts) == 0 {
		return nil, err
	}
	sources := make([]media.Source, len(prompts))
	for i, prompt := range prompts {
		sources[i] = prompt
	}
	if from > 0 {
		sources[0] = later{prompts[0], int(from * 8 / time.Millisecond)}
	}
	ch.call.referrer.Load().Tell(200, "") // it speaks to who was sent here
	done := ch.call.stream.Play(sources...)
	ch.call.traceSounds(names[:len(prompts)], prompts)
	return done, err
}

// Stop ends what plays.
func (ch *channel) Stop() { ch.call.stream.Stop() }

// Length is how long a sound lasts.
func (ch *channel) Length(name, language string) (time.Duration, error) {
	prompt, err := ch.sound(name, language)
	if err != nil {
		return 0, err
	}
	return prompt.Duration(), nil
}

// later is a sound from a sample of it on.
type later struct {
	*sounds.Prompt
	skip int
}

var _ media.Growing = later{}

// At gives the audio from offset on.
func (l later) At(law g711.Law, offset, n int) []byte { return l.Prompt.At(law, l.skip+offset, n) }

// prompts finds the sounds, up to the first that cannot be had. The error is an *ivr.SoundError, or tells that the
// call ended meanwhile, or its time.
func (ch *channel) prompts(names []string, language string) ([]*sounds.Prompt, error) {
	prompts := make([]*sounds.Prompt, 0, len(names))
	for i, name := range names {
		prompt, err := ch.sound(name, language)
		switch {
		case errors.Is(err, context.Canceled):
			return nil, ivr.ErrHangup
		case errors.Is(err, context.DeadlineExceeded):
			return nil, ivr.ErrAbsolute
		case err != nil:
			return prompts, soundError(name, i, err)
		}
		prompts = append(prompts, prompt)
	}
	return prompts, nil
}

// sound waits for a sound as long as the call lasts: context.Canceled tells that it is over,
// context.DeadlineExceeded that its time is.
func (ch *channel) sound(name, language string) (*sounds.Prompt, error) {
	ctx := context.Context(lifetime{context.Background(), ch.call.over})
	if !ch.deadline.IsZero() {
		timed, cancel := context.WithDeadline(ctx, ch.deadline)
		defer cancel()
		ctx = timed
	}
	return ch.call.sw.config.Sounds.Get(ctx, name, language)
}

// lifetime is a context that ends with the call.
type lifetime struct {
	context.Context
	over <-chan struct{}
}

func (l lifetime) Done() <-chan struct{} { return l.over }

func (l lifetime) Err() error {
	select {
	case <-l.over:
		return context.Canceled
	default:
		return nil
	}
}

func soundError(name string, index int, err error) *ivr.SoundError {
	missing := &ivr.SoundError{Name: name, Index: index, Err: err}
	if notFound, ok := errors.AsType[*sounds.NotFoundError](err); ok {
		missing.Looked = notFound.Looked
	}
	return missing
}
