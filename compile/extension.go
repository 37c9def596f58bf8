package compile

import (
	"fmt"
	"strings"

	"dialtone/store"
)

// extraFeatures is the context for numbers of one's own, in files, that all phones may dial.
const extraFeatures = "xivo-extrafeatures"

// writeContext writes the head of a context of numbers, what it includes, and its patterns.
func writeContext(s *section, c *store.Context) {
	s.head(c.Name)
	s.note("context %d %s: %s", c.ID, c.Label, c.Type)
	if c.Type == store.ContextInternal {
		s.include(extraFeatures)
	}
	for _, id := range c.Contexts {
		if other, _, ok := s.tx.Contexts().Get(id); ok && other.Enabled {
			s.include(other.Name)
		}
	}
	for e := range s.tx.ExtensionsFrom(c.Name, "_") {
		writeExtension(s, c, e)
	}
}

func (s *section) include(context string) { fmt.Fprintf(&s.text, "include = %s\n", context) }

// writeExtension writes the lines of a number or a pattern; false: nobody can dial it.
func writeExtension(s *section, c *store.Context, e *store.Extension) bool {
	if !e.Enabled || !s.readable(e.Exten) {
		return false
	}
	switch e.Of.Kind {
	case store.OwnerIncall:
		return s.leads(e, IncallContext(e.Of.ID))
	case store.OwnerGroup:
		return s.leads(e, GroupContext(e.Of.ID))
	case store.OwnerLine:
		return s.lineExtension(e)
	case store.OwnerOutcall:
		return s.outcallExtension(e)
	}
	return false
}

// leads writes an extension that leads to s of a context.
func (s *section) leads(e *store.Extension, context string) bool {
	s.dialled(e)
	s.line("Goto", context, "s", "1")
	return true
}

// dialled begins an extension, and notes what was dialled.
func (s *section) dialled(e *store.Extension) {
	s.at(e.Exten)
	s.set(inherited(dialledVariable), "${EXTEN}")
}

// lineExtension writes the number of a line, with the telephones whose state it shows.
func (s *section) lineExtension(e *store.Extension) bool {
	l, _, ok := s.tx.Lines().Get(e.Of.ID)
	if !ok {
		return false
	}
	s.dialled(e)
	switch {
	case l.User == 0:
		s.line("Goto", lineContext(l.ID), "s", "1")
	case len(s.linesOf(l.User)) > 1:
		s.line("Goto", UserContext(l.User), lineExten(l), "1")
	default:
		s.line("Goto", UserContext(l.User), "s", "1")
	}
	if devices := s.devices(s.tx.LinesOfExtension(e)); len(devices) > 0 {
		fmt.Fprintf(&s.text, "exten = %s,hint,%s\n", e.Exten, join(devices))
	}
	return true
}

// outcallExtension writes what is dialled to call out: what of it is called, and from whom.
func (s *section) outcallExtension(e *store.Extension) bool {
	o, _, ok := s.tx.Outcalls().Get(e.Of.ID)
	if !ok || !o.Enabled {
		return false
	}
	number := "${EXTEN}"
	if strip := e.Outcall.StripDigits; strip > 0 {
		number = fmt.Sprintf("${EXTEN:%d}", strip)
	}
	s.dialled(e)
	s.set(calledVariable, literal(e.Outcall.ExternalPrefix)+number)
	s.set(outcallCallerVariable, literal(e.Outcall.CallerID))
	s.line("Goto", OutcallContext(o.ID), "s", "1")
	return true
}

// join writes devices as Dial takes them.
func join(devices []string) string { return strings.Join(devices, "&") }
