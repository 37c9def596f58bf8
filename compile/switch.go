package compile

import (
	"iter"
	"sync"

	"dialtone/ivr/dialplan"
	"dialtone/store"
)

// Switch is what the objects of a store mean, beside the files of a dialplan. It is safe for concurrent use, and keeps what was
// made for as long as the objects stay as they are.
type Switch struct {
	view func(func(*store.Tx) error) error

	mu   sync.RWMutex
	made map[string]made
}

// made is a context that was made of a text.
type made struct {
	revision store.Revision // of the objects, when the text was last compared
	text     string
	context  *dialplan.Context
}

// maxMade bounds what is kept. A menu takes 5 kB.
const maxMade = 2000

// NewSwitch makes the switch of a store; view is its View.
func NewSwitch(view func(func(*store.Tx) error) error) *Switch {
	return &Switch{view: view, made: map[string]made{}}
}

var _ dialplan.Switch = (*Switch)(nil)

// Context makes the context of a name (dialplan.Switch).
func (s *Switch) Context(name string) (c *dialplan.Context) {
	s.view(func(tx *store.Tx) error {
		c = s.context(tx, name)
		return nil
	})
	return c
}

func (s *Switch) context(tx *store.Tx, name string) *dialplan.Context {
	if write, id := familyOf(name); write != nil {
		return s.read(tx, name, nil, func(sec *section) bool {
			sec.head(name)
			return write(sec, id)
		})
	}
	c, ok := tx.Context(name)
	if !ok || !c.Enabled {
		return nil
	}
	return s.read(tx, name, numbers{s, name}, func(sec *section) bool {
		writeContext(sec, c)
		return true
	})
}

// read gives the context that a text means, made anew when the text is another one than before. file is its key, and where its
// lines are told of.
func (s *Switch) read(tx *store.Tx, file string, n dialplan.Numbers, write func(*section) bool) *dialplan.Context {
	s.mu.RLock()
	before := s.made[file]
	s.mu.RUnlock()
	if before.context != nil && before.revision == tx.Revision() {
		return before.context
	}
	sec := &section{tx: tx}
	if !write(sec) {
		return nil
	}
	now := made{tx.Revision(), sec.text.String(), before.context}
	if now.text != before.text || now.context == nil {
		now.context, _ = dialplan.Read(file, now.text, n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.made) >= maxMade {
		clear(s.made)
	}
	s.made[file] = now
	return now.context
}

// numbers are the extensions of a context that are no patterns.
type numbers struct {
	s       *Switch
	context string
}

// Number makes the extension of a number (dialplan.Numbers).
func (n numbers) Number(exten string) (found *dialplan.Extension) {
	n.s.view(func(tx *store.Tx) error {
		found = n.s.number(tx, n.context, exten)
		return nil
	})
	return found
}

func (s *Switch) number(tx *store.Tx, context, exten string) *dialplan.Extension {
	e, ok := tx.Extension(context, exten)
	if !ok || isPattern(exten) {
		return nil
	}
	c, ok := tx.Context(context)
	if !ok || !c.Enabled {
		return nil
	}
	made := s.read(tx, context+","+exten, nil, func(sec *section) bool {
		sec.head(context)
		return writeExtension(sec, c, e)
	})
	if made == nil || len(made.Extensions) == 0 {
		return nil
	}
	return made.Extensions[0]
}

// From gives the numbers that begin with digits (dialplan.Numbers).
func (n numbers) From(digits string) iter.Seq[string] {
	return func(yield func(string) bool) {
		n.s.view(func(tx *store.Tx) error {
			for e := range tx.ExtensionsFrom(n.context, digits) {
				if isPattern(e.Exten) || n.s.number(tx, n.context, e.Exten) == nil {
					continue
				}
				if !yield(e.Exten) {
					break
				}
			}
			return nil
		})
	}
}
