package dialplan

import "sort"

// The patterns of a context are a tree. From each node lead edges, single characters first, then sets in their order; a
// pattern ends at a node by itself or with "." or "!". So walking the tree from left to right meets the patterns in the order in
// which they are to be tried, and what was dialled decides at each node which few edges are worth following.
type node struct {
	singles []edge // sets of one character, in its order
	sets    []edge // larger ones, in their order
	dot     *name  // a pattern that goes on with "."
	bang    *name  // with "!"
	end     *name  // that ends here

	all  bool // a priority 1 for all callers is here or below
	some bool // one for some callers
}

type edge struct {
	set  set
	next *node
}

// name is all extensions with the same name or an equal pattern: those for certain callers, by these, then the one for all.
type name struct {
	variants []*Extension
}

// insert finds the place of a pattern, making it if it is not there.
func (n *node) insert(p pattern) **name {
	for i := range p.sets {
		n = n.follow(&p.sets[i], true)
	}
	return n.slot(p.tail)
}

// lookup finds a pattern; nil if it is not there.
func (n *node) lookup(p pattern) *name {
	for i := range p.sets {
		if n = n.follow(&p.sets[i], false); n == nil {
			return nil
		}
	}
	return *n.slot(p.tail)
}

func (n *node) slot(tail byte) **name {
	switch tail {
	case '.':
		return &n.dot
	case '!':
		return &n.bang
	}
	return &n.end
}

// follow finds the edge of just this set, or makes it.
func (n *node) follow(s *set, grow bool) *node {
	edges := &n.sets
	if s.size() == 1 {
		edges = &n.singles
	}
	i := sort.Search(len(*edges), func(i int) bool { return (*edges)[i].set.compare(s) >= 0 })
	if i < len(*edges) && (*edges)[i].set == *s {
		return (*edges)[i].next
	}
	if !grow {
		return nil
	}
	*edges = append(*edges, edge{})
	copy((*edges)[i+1:], (*edges)[i:])
	(*edges)[i] = edge{*s, new(node)}
	return (*edges)[i].next
}

// finish computes what the nodes know of those below them, and gives all extensions in their order.
func (n *node) finish(list []*Extension) []*Extension {
	for _, edges := range [...][]edge{n.singles, n.sets} {
		for _, e := range edges {
			list = e.next.finish(list)
			n.all = n.all || e.next.all
			n.some = n.some || e.next.some
		}
	}
	for _, m := range [...]*name{n.dot, n.bang, n.end} {
		if m == nil {
			continue
		}
		for _, e := range m.variants {
			if e.Priority(1) != nil {
				n.all = n.all || !e.ForCaller
				n.some = n.some || e.ForCaller
			}
		}
		list = append(list, m.variants...)
	}
	return list
}

// single finds the edge of one character.
func (n *node) single(c byte) *node {
	low, high := 0, len(n.singles)
	for low < high {
		mid := int(uint(low+high) >> 1)
		switch b := n.singles[mid].set.lowest(); {
		case b == c:
			return n.singles[mid].next
		case b < c:
			low = mid + 1
		default:
			high = mid
		}
	}
	return nil
}

// match visits the extensions whose pattern fits text, until visit says that it has what it wants.
func (n *node) match(text string, visit func(*name) bool) bool {
	if text == "" {
		return n.bang != nil && visit(n.bang) || n.end != nil && visit(n.end)
	}
	if next := n.single(text[0]); next != nil && next.match(text[1:], visit) {
		return true
	}
	for i := range n.sets {
		if n.sets[i].set.has(text[0]) && n.sets[i].next.match(text[1:], visit) {
			return true
		}
	}
	return n.dot != nil && visit(n.dot) || n.bang != nil && visit(n.bang)
}

// outcome is an answer to "could more digits match?".
type outcome uint8

const (
	no    outcome = iota
	yes           // they could
	never         // a pattern that ends in "!" matches already and is tried before those that could
)

// longer asks whether a pattern could match text with something behind it.
func (n *node) longer(text, caller string) outcome {
	if text == "" {
		for _, edges := range [...][]edge{n.singles, n.sets} {
			for i := range edges {
				if edges[i].next.reachable(caller) {
					return yes
				}
			}
		}
	} else {
		if next := n.single(text[0]); next != nil {
			if o := next.longer(text[1:], caller); o != no {
				return o
			}
		}
		for i := range n.sets {
			if n.sets[i].set.has(text[0]) {
				if o := n.sets[i].next.longer(text[1:], caller); o != no {
					return o
				}
			}
		}
	}
	if n.dot.first(caller) != nil {
		return yes
	}
	if n.bang.fits(caller) {
		return never
	}
	return no
}

// reachable tells whether the node or one below it has a priority 1 for the caller.
func (n *node) reachable(caller string) bool {
	if n.all || !n.some {
		return n.all
	}
	for _, m := range [...]*name{n.dot, n.bang, n.end} {
		if m.first(caller) != nil {
			return true
		}
	}
	for _, edges := range [...][]edge{n.singles, n.sets} {
		for i := range edges {
			if edges[i].next.reachable(caller) {
				return true
			}
		}
	}
	return false
}

// first gives the extension for the caller that has a priority 1.
func (m *name) first(caller string) *Extension {
	if m == nil {
		return nil
	}
	for _, e := range m.variants {
		if e.fits(caller) && e.Priority(1) != nil {
			return e
		}
	}
	return nil
}

// fits tells whether one of the extensions is for the caller.
func (m *name) fits(caller string) bool {
	if m == nil {
		return false
	}
	for _, e := range m.variants {
		if e.fits(caller) {
			return true
		}
	}
	return false
}

// fits tells whether the extension is for the caller, whose number is empty if it is not known.
func (e *Extension) fits(caller string) bool {
	switch {
	case !e.ForCaller:
		return true
	case e.Caller == "" || caller == "":
		return e.Caller == caller
	}
	return e.caller.matches(plain(caller))
}
