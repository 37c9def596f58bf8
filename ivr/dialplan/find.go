package dialplan

import (
	"sort"
	"strings"
	"time"
)

// All questions search a context itself first, extensions before patterns; then its includes in the order of the lines, each with its
// own includes at once. A context is searched once, so includes that go round in circles do no harm. An include
// outside of its times is not there.

// Find gives the line to execute at a place. The match is made anew for each priority: of the extensions that match, it is the
// first one that has this priority, so priority 2 may come from another pattern, or another context, than priority 1 did. caller
// is the caller's number, empty if there is none. An extension that is named by a pattern's own text finds that pattern.
func (p *Plan) Find(at Place, caller string, now time.Time) (*Priority, bool) {
	s := search{plan: p, written: at.Exten, exten: plain(at.Exten), caller: caller, now: now}
	var found *Priority
	s.matching(p.contexts[at.Context], func(e *Extension) bool {
		found = e.Priority(at.Priority)
		return found != nil
	})
	return found, found != nil
}

// Label gives the number of the priority that has a label, in the first of the matching extensions that knows it.
func (p *Plan) Label(context, exten, label, caller string, now time.Time) (int, bool) {
	s := search{plan: p, written: exten, exten: plain(exten), caller: caller, now: now}
	number := 0
	s.matching(p.contexts[context], func(e *Extension) bool {
		if q := e.Label(label); q != nil {
			number = q.Number
		}
		return number != 0
	})
	return number, number != 0
}

// A Match is what the digits dialled so far are in a context. Only extensions with a priority 1 count.
type Match struct {
	Exists    bool       // they are an extension
	CanMatch  bool       // they are one, or become one with more digits
	MatchMore bool       // it is worth waiting for more digits: they could be a longer extension
	Extension *Extension // the one that they are; nil unless Exists
}

// Match looks digits up in a context, for the collection of digits.
func (p *Plan) Match(context, digits, caller string, now time.Time) Match {
	c := p.contexts[context]
	s := search{plan: p, written: digits, exten: plain(digits), caller: caller, now: now}
	var m Match
	s.matching(c, func(e *Extension) bool {
		if e.Priority(1) != nil {
			m.Extension = e
		}
		return m.Extension != nil
	})
	m.Exists = m.Extension != nil
	s.visited.clear()
	m.MatchMore = s.longer(c)
	m.CanMatch = m.Exists || m.MatchMore
	return m
}

// search is one question on its way through contexts.
type search struct {
	plan    *Plan
	written string // what was dialled
	exten   string // the same without dashes
	caller  string
	now     time.Time
	visited visited
}

// matching visits the extensions that match, in their order, until visit says that it has what it wants.
func (s *search) matching(c *Context, visit func(*Extension) bool) bool {
	if c == nil || s.visited.mark(c.index, len(s.plan.Contexts)) {
		return false
	}
	variants := func(m *name) bool {
		for _, e := range m.variants {
			if e.fits(s.caller) && visit(e) {
				return true
			}
		}
		return false
	}
	if m := c.exact[s.exten]; m != nil && variants(m) {
		return true
	}
	if strings.HasPrefix(s.exten, "_") {
		if m := c.pattern(s.written); m != nil && variants(m) {
			return true
		}
	} else if c.trie.match(s.exten, variants) {
		return true
	}
	for _, i := range c.Includes {
		if i.target != nil && i.Open(s.now) && s.matching(i.target, visit) {
			return true
		}
	}
	return false
}

// pattern finds the pattern that is written as text, but for dashes that do not count.
func (c *Context) pattern(text string) *name {
	p, err := compile(text)
	if err != nil {
		return nil
	}
	m := c.trie.lookup(p)
	if m == nil || plain(m.variants[0].Name) != plain(text) {
		return nil
	}
	return m
}

// longer asks whether more digits could match. A pattern that ends in "!" and fits already ends the search of its context, and of what that
// includes, with no.
func (s *search) longer(c *Context) bool {
	if c == nil || s.visited.mark(c.index, len(s.plan.Contexts)) {
		return false
	}
	for _, name := range c.names[sort.SearchStrings(c.names, s.exten):] {
		if !strings.HasPrefix(name, s.exten) {
			break
		}
		if len(name) > len(s.exten) && c.exact[name].first(s.caller) != nil {
			return true
		}
	}
	switch c.trie.longer(s.exten, s.caller) {
	case yes:
		return true
	case never:
		return false
	}
	for _, i := range c.Includes {
		if i.target != nil && i.Open(s.now) && s.longer(i.target) {
			return true
		}
	}
	return false
}

// visited remembers contexts by their index, without allocation if there are not many.
type visited struct {
	few  [4]uint64
	many []uint64
}

func (v *visited) clear() {
	v.few = [4]uint64{}
	clear(v.many)
}

// mark remembers context i of n, and tells whether it was remembered before.
func (v *visited) mark(i, n int) bool {
	words := v.few[:]
	if n > 64*len(v.few) {
		if v.many == nil {
			v.many = make([]uint64, (n+63)/64)
		}
		words = v.many
	}
	before := words[i/64]>>(i%64)&1 == 1
	words[i/64] |= 1 << (i % 64)
	return before
}
