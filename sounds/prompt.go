// Package sounds turns a name in a dialplan into audio that can be sent.
//
// A [Cache] looks a name up as Asterisk does (find.go: folders in order, the
// language's sub-folder first, no extension in the name), decodes the file once
// and keeps it as a [Prompt]: the bytes of both G.711 laws, shared by every call
// that plays it. Sending is then a slice of those bytes. Files of the same
// content share one prompt, and a prompt may be played while the rest of it is
// still being decoded (progress.go).
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
	"sync/atomic"
	"time"

	"dialtone/media/g711"
)

// Rate is the sample rate of everything that is sent, in Hz (RFC 3551 §4.5.14).
const Rate = 8000

// Prompt is audio at 8 kHz as bytes of both laws. What there is of it never
// changes, so any number of streams may play it at once; a decoder may still add
// to its end. It is a media.Source, and a media.Growing.
type Prompt struct {
	extent atomic.Pointer[extent]
	ended  chan struct{} // closed when nothing more comes
	heard  *atomic.Int64 // how far somebody asked, before the end was there; the decoder keeps it
}

// extent is how far a prompt goes at a moment.
type extent struct {
	blocks []block // of blockLen samples each, the last one perhaps shorter
	length int     // samples
	ended  bool
}

// block is a piece of a prompt by g711.Law, both of one length.
type block [2][]byte

// blockLen is two seconds: a whole number of frames of any length up to 40 ms, so that few frames lie across two blocks.
const blockLen = 2 * Rate

func newPrompt() *Prompt {
	p := &Prompt{ended: make(chan struct{}), heard: new(atomic.Int64)}
	p.extent.Store(new(extent))
	return p
}

// NewPrompt makes a prompt of linear samples at 8 kHz.
func NewPrompt(pcm []int16) *Prompt {
	p := newPrompt()
	var g growth
	g.linear(pcm)
	p.show(g.end())
	return p
}

// show makes what has come heard. One goroutine calls it, and not after the end.
func (p *Prompt) show(e *extent) {
	p.extent.Store(e)
	if e.ended {
		close(p.ended)
	}
}

// At gives up to n samples in the law, a byte each, from the sample at offset;
// fewer where a block ends, none from the end on. The bytes belong to the prompt
// and must not be changed; they stay valid as long as somebody holds them. It
// neither waits nor locks.
func (p *Prompt) At(law g711.Law, offset, n int) []byte {
	e := p.extent.Load()
	if !e.ended && int64(offset) > p.heard.Load() {
		p.heard.Store(int64(offset))
	}
	if offset < 0 || offset >= e.length || n <= 0 {
		return nil
	}
	from := offset % blockLen
	end := from + min(n, blockLen-from, e.length-offset)
	return e.blocks[offset/blockLen][law&1][from:end:end]
}

// More tells that samples may come after those that are there.
func (p *Prompt) More() bool { return !p.extent.Load().ended }

// Ended is closed when nothing more comes.
func (p *Prompt) Ended() <-chan struct{} { return p.ended }

// Len is the number of samples that are there.
func (p *Prompt) Len() int { return p.extent.Load().length }

// Duration is the time that playing it takes. It waits for the end of what is
// still being decoded.
func (p *Prompt) Duration() time.Duration {
	<-p.ended
	return duration(p.Len())
}

// duration is the time that n samples at 8 kHz take.
func duration(n int) time.Duration { return time.Duration(n) * time.Second / Rate }

// growth is the end at which a prompt grows; one goroutine uses it. It writes
// only behind the extents that it has given.
type growth struct {
	blocks []block
	length int
}

// linear adds samples.
func (g *growth) linear(pcm []int16) {
	for len(pcm) > 0 {
		room := g.room(len(pcm))
		n := len(room[0])
		for law := range room {
			g711.Law(law).EncodeTo(room[law], pcm[:n])
		}
		pcm = pcm[n:]
	}
}

// coded adds samples of a law, which stay bit for bit what they are; the other law's are made of them.
func (g *growth) coded(law g711.Law, b []byte) {
	for len(b) > 0 {
		room := g.room(len(b))
		n := copy(room[0], b)
		copy(room[1], b)
		law.Transcode(room[1-law])
		b = b[n:]
	}
}

// room is where the next samples go, at most n, as far as they lie in one block.
func (g *growth) room(n int) block {
	from := g.length % blockLen
	if from == 0 {
		g.blocks = append(g.blocks, block{make([]byte, blockLen), make([]byte, blockLen)})
	}
	last := g.blocks[len(g.blocks)-1]
	n = min(n, blockLen-from)
	g.length += n
	return block{last[0][from : from+n], last[1][from : from+n]}
}

// extent is how far it has grown.
func (g *growth) extent() *extent { return &extent{blocks: g.blocks, length: g.length} }

// end is the extent of what grows no more; it holds no more memory than it has samples.
func (g *growth) end() *extent {
	blocks := append([]block(nil), g.blocks...)
	if used := g.length % blockLen; used > 0 {
		last := &blocks[len(blocks)-1]
		for law, b := range last {
			last[law] = append(make([]byte, 0, used), b[:used]...)
		}
	}
	return &extent{blocks: blocks, length: g.length, ended: true}
}
