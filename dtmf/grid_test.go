package dtmf

import (
	"flag"
	"math/rand/v2"
	"strings"
	"testing"

	"dialtone/media/g711"
)

var (
	reps = flag.Int("reps", 12, "presses per condition and law")
	only = flag.String("only", "", "part of the names of the conditions to try")
	seed = flag.Uint64("seed", 1, "of the conditions' random choices")
)

const lead = 60.0 // ms of silence before what a condition makes; up to 10 more where that is not told

// run gives the share of trials in which exactly what was wanted was heard.
func run(t *testing.T, c condition, number, law int, accept bool) (right, splits, wrong int) {
	for i := range *reps {
		rng := rand.New(rand.NewPCG(*seed, uint64(number<<32|law<<24|i)))
		tr := &trial{Rand: rng, key: keys[i%len(keys)]}
		tr.want = string(tr.key)
		made := c.make(tr)
		before := lead
		if tr.lost == nil {
			before += 10 * rng.Float64()
		}
		pcm := join(silence(before), made, silence(120)).through(g711.Law(law))
		var got string
		if tr.lost != nil {
			got = keysOf(tr.lost(new(Detector), pcm))
		} else {
			got = heard(pcm)
		}
		want := tr.want
		if !accept {
			want = ""
		}
		switch {
		case got == want:
			right++
		case accept && len(got) > len(want):
			splits++
		case accept && strings.Trim(got, want) != "":
			wrong++
		}
		if got != want && testing.Verbose() {
			t.Logf("%s, %v, repetition %d: heard %q, want %q%s", c.name, g711.Law(law), i, got, want, refusals(pcm))
		}
	}
	return right, splits, wrong
}

func TestAcceptsWhatTelephonesSend(t *testing.T) {
	grid(t, accepted, true, 0.995)
}

func TestRejectsWhatIsNoKey(t *testing.T) {
	grid(t, rejected, false, 0.99)
}

func grid(t *testing.T, conditions []condition, accept bool, bar float64) {
	total, rights := 0, 0
	for number, c := range conditions {
		if !strings.Contains(c.name, *only) {
			continue
		}
		right, splits, wrong := 0, 0, 0
		for law := range 2 {
			r, s, w := run(t, c, number, law, accept)
			right, splits, wrong = right+r, splits+s, wrong+w
		}
		n := 2 * *reps
		total, rights = total+n, rights+right
		if float64(right) < bar*float64(n) || splits > 0 || wrong > 0 {
			t.Errorf("%s: %d of %d right, %d split, %d wrong", c.name, right, n, splits, wrong)
		}
	}
	t.Logf("%d of %d, %.3f %%", rights, total, 100*float64(rights)/float64(total))
}

// refusals gives what a detector says of why it did not take pairs in pcm.
func refusals(pcm []int16) (why string) {
	var d Detector
	d.Explain(func(r Refusal) { why += "\n\t" + r.String() })
	d.Samples(nil, 0, pcm)
	return why
}
