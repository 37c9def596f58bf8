package dialplan

import "strings"

// existing finds the present extension; nil if it is not there.
func (b *builder) existing() *Extension {
	if b.present != nil {
		return b.present
	}
	m, e := b.place(false)
	if m == nil {
		return nil
	}
	if i, found := m.variant(e); found {
		return m.variants[i]
	}
	return nil
}

// target finds the present extension or makes it; nil if it has no name.
func (b *builder) target() *Extension {
	if b.present != nil {
		return b.present
	}
	m, e := b.place(true)
	if m == nil {
		return nil
	}
	i, found := m.variant(e)
	if found {
		b.present = m.variants[i]
		return b.present
	}
	b.present, e.Context = e, b.context
	m.variants = append(m.variants, nil)
	copy(m.variants[i+1:], m.variants[i:])
	m.variants[i] = e
	return e
}

// place gives the name of the present extension, and the extension as it would be if it is new. grow makes the name.
func (b *builder) place(grow bool) (*name, *Extension) {
	text, caller, forCaller := strings.Cut(b.exten, "/")
	e := &Extension{Name: text, Caller: caller, ForCaller: forCaller}
	if text == "" {
		return nil, e
	}
	if forCaller {
		p, err := compile(caller)
		if err != nil {
			if grow {
				b.problem(b.line.valueAt, Warning, "the caller's pattern %q has %v: it never matches", clip(caller), err)
			}
			p = pattern{sets: []set{{}}}
		}
		e.caller = p
	}
	c := b.context
	if text[0] != '_' {
		key := plain(text)
		if c.exact[key] == nil && grow {
			c.exact[key] = &name{}
		}
		return c.exact[key], e
	}
	p, err := compile(text)
	if err != nil {
		for _, m := range c.never {
			if m.variants[0].Name == text {
				return m, e
			}
		}
		if !grow {
			return nil, e
		}
		b.problem(b.line.valueAt, Warning, "the pattern %q has %v: it never matches", clip(text), err)
		c.never = append(c.never, &name{})
		return c.never[len(c.never)-1], e
	}
	if !grow {
		return c.trie.lookup(p), e
	}
	m := c.trie.insert(p)
	if *m == nil {
		*m = &name{}
	}
	return *m, e
}

// variant is where the extension for e's callers is among those of its name, or belongs: those for certain callers first, in the order
// of these, then the one for all.
func (m *name) variant(e *Extension) (int, bool) {
	for i, v := range m.variants {
		switch {
		case !e.ForCaller && !v.ForCaller:
			return i, true
		case !e.ForCaller:
			continue
		case !v.ForCaller:
			return i, false
		}
		literal, literalV := !strings.HasPrefix(e.Caller, "_"), !strings.HasPrefix(v.Caller, "_")
		if literal != literalV {
			if literal {
				return i, false
			}
			continue
		}
		c := strings.Compare(e.Caller, v.Caller)
		if !literal {
			c = e.caller.compare(&v.caller)
		}
		switch {
		case c == 0:
			return i, true
		case c < 0:
			return i, false
		}
	}
	return len(m.variants), false
}
