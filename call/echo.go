package call

import (
	"dialtone/media"
	"dialtone/media/g711"
)

// echo sends back what is heard, later by a constant time. The stream's shard writes and reads it.
type echo struct {
	heard [2][echoRing]byte // in both laws, a ring
	until int               // samples heard so far
}

const (
	echoDelay = 60 * 8  // samples: a packet is sent before as much is heard, and 60 ms is the longest
	echoRing  = 1 << 10 // samples; more than the delay and a packet
)

var _ media.Source = (*echo)(nil)

// hear takes what is received.
func (e *echo) hear(pcm []int16, missing bool) {
	for _, s := range pcm {
		at := e.until % echoRing
		e.heard[g711.Mu][at], e.heard[g711.A][at] = g711.Mu.Encode(s), g711.A.Encode(s)
		e.until++
	}
}

var quiet = func() (quiet [2][echoDelay]byte) {
	for _, law := range g711.Laws() {
		for i := range quiet[law] {
			quiet[law][i] = law.Silence()
		}
	}
	return quiet
}()

// At gives what was heard echoDelay before.
func (e *echo) At(law g711.Law, offset, n int) []byte {
	from := offset - echoDelay
	left := min(n, e.until-from, echoRing-from&(echoRing-1))
	if from < 0 || left <= 0 || e.until-from > echoRing {
		if from < 0 {
			n = min(n, -from)
		}
		return quiet[law][:min(n, echoDelay)]
	}
	at := from % echoRing
	return e.heard[law][at : at+left]
}

// Echo begins, and ends, to send back what is heard.
func (ch *channel) Echo(on bool) error {
	s := &ch.senses
	if s.echo != nil {
		s.ignore(ch.call.stream, s.echo)
		s.echo = nil
		ch.call.stream.Stop()
	}
	if !on {
		return nil
	}
	if err := ch.Progress(); err != nil {
		return err
	}
	e := new(echo)
	s.echo = &listener{heard: e.hear}
	s.listen(ch.call.stream, s.echo)
	ch.call.stream.Play(e)
	return nil
}
