package dialplan

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// A Candidate is an extension that what was dialled is, or comes close to.
type Candidate struct {
	Extension *Extension
	Path      []string // the contexts by which it is reached, from the one that was asked to its own
	Why       Why
	Text      string // Why as a sentence, with what decided; empty for Answers
}

// Why is what keeps a Candidate from answering.
type Why string

// The reasons, in the order in which Explain tells them.
const (
	Answers Why = "answers" // nothing does
	Later   Why = "later"   // it matches, but is tried after the one that answers
	Caller  Why = "caller"  // it is for another caller
	First   Why = "first"   // it has no priority 1
	Closed  Why = "closed"  // it stands behind an include outside its times
	Longer  Why = "longer"  // it matches with more digits
	Shorter Why = "shorter" // it matches what was dialled without its last digits
)

// Explain tells which extensions what was dialled is or comes close to, for a person who asks why a call went where it went. The one
// that answers, if one does, is that of Match, and comes first.
func (p *Plan) Explain(context, digits, caller string, now time.Time) []Candidate {
	x := explanation{plan: p, text: plain(digits), written: digits, caller: caller, now: now, answer: p.Match(context, digits, caller, now).Extension,
		seen: map[string]bool{}}
	x.visit(context, nil, nil)
	for i := range x.list {
		x.say(&x.list[i])
	}
	order := []Why{Answers, Later, Caller, First, Closed, Longer, Shorter}
	slices.SortStableFunc(x.list, func(a, b Candidate) int { return slices.Index(order, a.Why) - slices.Index(order, b.Why) })
	return x.list
}

// explanation is one question on its way through contexts.
type explanation struct {
	plan                  *Plan
	text, written, caller string
	now                   time.Time
	answer                *Extension
	seen                  map[string]bool
	list                  []Candidate
}

// visit looks at a context's extensions, then at what it includes; closed is the include outside its times on the way here.
func (x *explanation) visit(context string, path []string, closed *Include) {
	if x.seen[context] {
		return
	}
	x.seen[context] = true
	path = append(slices.Clip(path), context)
	var includes []*Include
	for _, c := range [...]*Context{x.plan.contexts[context], x.plan.made(context)} {
		if c == nil {
			continue
		}
		includes = append(includes, c.Includes...)
		for e := range c.near(x.text) {
			if why, ok := x.judge(e); ok {
				candidate := Candidate{Extension: e, Path: path, Why: why}
				if closed != nil && why != Answers {
					candidate.Why = Closed
					candidate.Text = fmt.Sprintf("the include %q is outside its times", closed.Text)
				}
				x.list = append(x.list, candidate)
			}
		}
	}
	for _, i := range includes {
		if closed == nil && i.Open(x.now) {
			x.visit(i.Context, path, nil)
		}
	}
	for _, i := range includes { // what is open is found first, as in a call
		if closed != nil || !i.Open(x.now) {
			x.visit(i.Context, path, cmp.Or(closed, i))
		}
	}
}

// maxNearNumbers bounds the numbers of a switch that one question is compared with.
const maxNearNumbers = 1000

// near gives the extensions that what was dialled may be or come close to: all that were read, and of the numbers of a switch those
// with which it begins, and that begin with it.
func (c *Context) near(dialled string) iter.Seq[*Extension] {
	return func(yield func(*Extension) bool) {
		for _, e := range c.Extensions {
			if !yield(e) {
				return
			}
		}
		if c.numbers == nil {
			return
		}
		for end := 1; end < len(dialled); end++ {
			if e := c.numbers.Number(dialled[:end]); e != nil && !yield(e) {
				return
			}
		}
		count := 0
		for number := range c.numbers.From(dialled) {
			if e := c.numbers.Number(number); e != nil && !yield(e) {
				return
			}
			if count++; count == maxNearNumbers {
				return
			}
		}
	}
}

// judge says what an extension is to what was dialled.
func (x *explanation) judge(e *Extension) (Why, bool) {
	if x.answer.is(e) {
		return Answers, true
	}
	p, err := compile(e.Name)
	if err != nil {
		return "", false
	}
	isPattern := strings.HasPrefix(e.Name, "_")
	matches := p.matches(x.text) && !(isPattern && strings.HasPrefix(x.text, "_")) || isPattern && plain(e.Name) == x.text
	switch {
	case matches && !e.fits(x.caller):
		return Caller, true
	case matches && e.Priority(1) == nil:
		return First, true
	case matches:
		return Later, true
	case !e.fits(x.caller) || e.Priority(1) == nil:
		return "", false
	case p.begins(x.text):
		return Longer, isPattern || strings.Trim(plain(e.Name)[len(x.text):], "0123456789*#ABCD") == "" // s, i, t are not for keys
	case x.answer == nil && len(p.sets) > 0 && p.tail == 0 && len(x.text) > len(p.sets) && p.matches(x.text[:len(p.sets)]):
		return Shorter, true
	}
	return "", false
}

// is tells whether two are one extension, which a switch may have made twice; nil is none.
func (e *Extension) is(other *Extension) bool {
	switch {
	case e == other:
		return e != nil
	case e == nil || len(e.Priorities) == 0 || len(other.Priorities) == 0:
		return false
	}
	return e.Name == other.Name && e.Priorities[0].Pos == other.Priorities[0].Pos
}

// begins tells whether the pattern fits text with something behind it.
func (p *pattern) begins(text string) bool {
	for i := range min(len(text), len(p.sets)) {
		if !p.sets[i].has(text[i]) {
			return false
		}
	}
	return len(text) < len(p.sets) || p.tail != 0
}

// say completes the sentence.
func (x *explanation) say(c *Candidate) {
	e := c.Extension
	switch c.Why {
	case Later:
		c.Text = x.earlier(e)
	case Caller:
		c.Text = "it is for caller " + e.Caller + " only"
		if e.Caller == "" {
			c.Text = "it is for callers without a number only"
		}
	case First:
		c.Text = "it has no priority 1"
	case Longer:
		c.Text = "it matches with more digits"
	case Shorter:
		p, _ := compile(e.Name)
		c.Text = fmt.Sprintf("it matches %s; what follows is too much", x.text[:len(p.sets)])
	}
}

// earlier says why the extension that answers is tried before one that matches, too.
func (x *explanation) earlier(e *Extension) string {
	a := x.answer
	switch {
	case a == nil:
		return "it matches"
	case a.Context.Name != e.Context.Name:
		return fmt.Sprintf("[%s] is searched before [%s]", a.Context.Name, e.Context.Name)
	case plain(a.Name) == plain(e.Name) || a.ForCaller != e.ForCaller && a.Name == e.Name:
		return "the one for this caller is tried first"
	case !strings.HasPrefix(a.Name, "_"):
		return "an extension without a pattern is tried first"
	}
	p, errP := compile(a.Name)
	q, errQ := compile(e.Name)
	if errP != nil || errQ != nil {
		return "it is tried later"
	}
	for i := range min(len(p.sets), len(q.sets)) {
		s, t := &p.sets[i], &q.sets[i]
		switch {
		case s.size() < t.size():
			return fmt.Sprintf("at digit %d %s has fewer choices (%d) than it has (%d)", i+1, a.Name, s.size(), t.size())
		case *s != *t:
			return fmt.Sprintf("at digit %d the choices of %s come first", i+1, a.Name)
		}
	}
	if len(p.sets) > len(q.sets) {
		return fmt.Sprintf("at digit %d %s is more exact than %c", len(q.sets)+1, a.Name, q.tail)
	}
	return ". is tried before !"
}
