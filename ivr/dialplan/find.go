package dialplan

import (
	"slices"
	"sort"
	"strings"
	"time"
)

// All questions search a context itself first, extensions before patterns; then its includes in the order of the lines, each with its
// own includes at once. A context is searched once, so includes that go round in circles do no harm. An include
// outside of its times is not there. What the files and the switch have under one name is one context; see Switch.

// Find gives the line to execute at a place. The match is made anew for each priority: of the extensions that match, it is the
// first one that has this priority, so priority 2 may come from another pattern, or another context, than priority 1 did. caller
// is the caller's number, empty if there is none. An extension that is named by a pattern's own text finds that pattern.
func (p *Plan) Find(at Place, caller string, now time.Time) (*Priority, bool) {
	s := search{plan: p, written: at.Exten, exten: plain(at.Exten), caller: caller, now: now}
	var found *Priority
	s.matching(at.Context, p.contexts[at.Context], func(e *Extension) bool {
		found = e.Priority(at.Priority)
		return found != nil
	})
	return found, found != nil
}

// Label gives the number of the priority that has a label, in the first of the matching extensions that knows it.
func (p *Plan) Label(context, exten, label, caller string, now time.Time) (int, bool) {
	s := search{plan: p, written: exten, exten: plain(exten), caller: caller, now: now}
	number := 0
	s.matching(context, p.contexts[context], func(e *Extension) bool {
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
	s.matching(context, c, func(e *Extension) bool {
		if e.Priority(1) != nil {
			m.Extension = e
		}
		return m.Extension != nil
	})
	m.Exists = m.Extension != nil
	s.visited.clear()
	m.MatchMore = s.longer(context, c)
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

// parts are what the files and the switch have under one context's name; either may be nil.
type parts [2]*Context

// enter gives the parts of a context, of which inFiles is one that is known or nil; false: it is not there, or was searched.
func (s *search) enter(context string, inFiles *Context) (parts, bool) {
	p := parts{inFiles, s.plan.made(context)}
	switch {
	case p[0] != nil:
		return p, !s.visited.mark(p[0].index, len(s.plan.Contexts))
	case p[1] != nil:
		return p, !s.visited.markMade(context)
	}
	return p, false
}

// target is the context of the files that an include names; nil: there is none.
func (p *Plan) target(i *Include) *Context {
	if i.target == nil {
		return p.contexts[i.Context] // the include of a switch, or one that leads nowhere in the files
	}
	return i.target
}

// matching visits the extensions that match, in their order, until visit says that it has what it wants. inFiles is what the
// files have of the context; nil: nothing.
func (s *search) matching(context string, inFiles *Context, visit func(*Extension) bool) bool {
	p, ok := s.enter(context, inFiles)
	if !ok {
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
	for _, c := range p {
		if c == nil {
			continue
		}
		if m := c.number(s.exten); m != nil && variants(m) {
			return true
		}
	}
	isPattern := strings.HasPrefix(s.exten, "_")
	for _, c := range p {
		if c == nil {
			continue
		}
		if isPattern {
			if m := c.pattern(s.written); m != nil && variants(m) {
				return true
			}
		} else if c.trie.match(s.exten, variants) {
			return true
		}
	}
	for _, c := range p {
		if c == nil {
			continue
		}
		for _, i := range c.Includes {
			if i.Open(s.now) && s.matching(i.Context, s.plan.target(i), visit) {
				return true
			}
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
func (s *search) longer(context string, inFiles *Context) bool {
	p, ok := s.enter(context, inFiles)
	if !ok {
		return false
	}
	for _, c := range p {
		if c != nil && (c.longerName(s.exten, s.caller) || c.numbers != nil && goesOn(c.numbers, s.exten)) {
			return true
		}
	}
	for _, c := range p {
		if c == nil {
			continue
		}
		switch c.trie.longer(s.exten, s.caller) {
		case yes:
			return true
		case never:
			return false
		}
	}
	for _, c := range p {
		if c == nil {
			continue
		}
		for _, i := range c.Includes {
			if i.Open(s.now) && s.longer(i.Context, s.plan.target(i)) {
				return true
			}
		}
	}
	return false
}

// longerName tells whether a name that is no pattern begins with digits and goes on, for the caller.
func (c *Context) longerName(digits, caller string) bool {
	for _, name := range c.names[sort.SearchStrings(c.names, digits):] {
		if !strings.HasPrefix(name, digits) {
			return false
		}
		if len(name) > len(digits) && c.exact[name].first(caller) != nil {
			return true
		}
	}
	return false
}

// visited remembers contexts by their index, without allocation if there are not many.
type visited struct {
	few  [4]uint64
	many []uint64
	made []string // contexts that only the switch has, by their names
}

func (v *visited) clear() {
	v.few = [4]uint64{}
	clear(v.many)
	v.made = v.made[:0]
}

// markMade remembers a context that only the switch has, and tells whether it was remembered before.
func (v *visited) markMade(name string) bool {
	if slices.Contains(v.made, name) {
		return true
	}
	v.made = append(v.made, name)
	return false
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
