// Package sounds turns a name in a dialplan into audio that can be sent.
//
// A [Cache] looks a name up as Asterisk does (find.go: folders in order, the
// language's sub-folder first, no extension in the name), decodes the file once
// and keeps it as a [Prompt]: the bytes of both G.711 laws, shared by every call
// that plays it. Sending is then a slice of those bytes.
//
// Read are WAV (wav.go), MP3 (mp3.go) and files without a header (raw.go), at
// any usual rate; resample.go makes 8 kHz of them. G.711 at 8 kHz is passed bit
// for bit in its own law, 16-bit WAV at 8 kHz sample for sample. The files may
// come from strangers: decoders stop at [MaxDuration] of audio and [MaxBytes] of
// file, allocate by what they have read and not by what a header promises, and
// are fuzzed.
//
// Some spoken prompts are part of the program ([Embedded]), so that the example
// menus speak before anybody has recorded anything; library.go holds what
// `dialtone sounds` does with files.
package sounds

import (
	"time"

	"dialtone/media/g711"
)

// Rate is the sample rate of everything that is sent, in Hz (RFC 3551 §4.5.14).
const Rate = 8000

// Prompt is audio at 8 kHz as bytes of both laws. It never changes, so any
// number of streams may play it at once; it is a media.Source.
type Prompt struct {
	laws [2][]byte // by g711.Law; of one length
}

// NewPrompt makes a prompt of linear samples at 8 kHz.
func NewPrompt(pcm []int16) *Prompt {
	p := new(Prompt)
	for _, law := range []g711.Law{g711.Mu, g711.A} {
		p.laws[law] = make([]byte, len(pcm))
		law.EncodeTo(p.laws[law], pcm)
	}
	return p
}

// newLawPrompt makes a prompt of G.711 bytes, which it keeps as they are; the other law's are made of them.
func newLawPrompt(law g711.Law, b []byte) *Prompt {
	other := g711.Mu
	if law == g711.Mu {
		other = g711.A
	}
	p := new(Prompt)
	p.laws[law] = b
	p.laws[other] = append([]byte(nil), b...)
	law.Transcode(p.laws[other])
	return p
}

// At gives up to n samples in the law, a byte each, from the sample at offset;
// fewer at the end, none from there on. The bytes belong to the prompt and must
// not be changed; they stay valid as long as somebody holds them.
func (p *Prompt) At(law g711.Law, offset, n int) []byte {
	b := p.laws[law&1]
	if offset < 0 || offset >= len(b) || n <= 0 {
		return nil
	}
	end := offset + min(n, len(b)-offset)
	return b[offset:end:end]
}

// Len is the number of samples.
func (p *Prompt) Len() int { return len(p.laws[g711.Mu]) }

// Duration is the time that playing it takes.
func (p *Prompt) Duration() time.Duration { return duration(p.Len()) }

// duration is the time that n samples at 8 kHz take.
func duration(n int) time.Duration { return time.Duration(n) * time.Second / Rate }
