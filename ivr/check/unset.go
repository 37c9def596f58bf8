package check

import (
	"maps"
	"slices"
	"strings"
)

// unsetVariables tells of variables that are read, but set nowhere, and of those
// that are set by a name which was probably misspelt.
func (c *checker) unsetVariables() {
	set := c.setNames()
	blamed := map[string]string{} // by the misspelt name that is set: the one that is read
	for _, name := range slices.Sorted(maps.Keys(c.vars)) {
		u := c.vars[name]
		switch {
		case len(u.reads) == 0:
		case len(u.sets) == 0:
			if !c.fromElsewhere(name) {
				c.unset(name, u, set, blamed)
			}
		default:
			c.uninitialized(name, u)
		}
	}
}

// setNames are the variables that the plan sets, sorted.
func (c *checker) setNames() []string {
	c.folded = map[string]string{}
	var names []string
	for name, u := range c.vars {
		if len(u.sets) > 0 {
			names = append(names, name)
			c.folded[strings.ToLower(name)] = name
		}
	}
	slices.Sort(names)
	return names
}

// fromElsewhere tells whether something else than the plan's lines sets a variable.
func (c *checker) fromElsewhere(name string) bool {
	return name == "" || builtin(name) || c.setByApps[name] || slices.ContainsFunc(c.prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// unset tells of one variable that is set nowhere: where it is read, or, if another
// one that nobody reads has nearly its name and fewer lines, where that is set.
func (c *checker) unset(name string, u *usage, set []string, blamed map[string]string) {
	near := c.nearVariable(name, set)
	if plain := strings.TrimLeft(name, "_"); plain != name && c.vars[plain] != nil {
		near = plain // underscores say who inherits it, and are not part of the name
	}
	if near != "" && blamed[near] == "" {
		other := c.vars[near]
		if len(other.sets) < len(u.reads) && onlyItself(other) && other.sets[0].node >= 0 {
			blamed[near] = name
			for _, a := range other.sets {
				c.here = c.nodes[a.node].line
				c.add(UnreadVariable, Warning, a.at, name, "variable %q is set, but never read, while %q is read, but never set", near, name)
			}
			return
		}
	}
	for i, r := range u.reads {
		if near == "" && (c.outside || r.tested) || i > 0 && r.node == u.reads[i-1].node {
			continue
		}
		c.here = c.nodes[r.node].line
		c.add(UnsetVariable, Warning, r.at, near, "variable %q is read, but never set: it is empty", name)
	}
}

// onlyItself tells whether a variable is read at most to set itself.
func onlyItself(u *usage) bool {
	for _, r := range u.reads {
		if !slices.ContainsFunc(u.sets, func(a assignment) bool { return a.node == r.node && a.self }) {
			return false
		}
	}
	return true
}

// nearVariable finds the variable that was probably meant. Names in which only
// digits differ are different names.
func (c *checker) nearVariable(name string, names []string) string {
	if other := c.folded[strings.ToLower(name)]; other != "" && other != name {
		return other
	}
	if len(name) < 4 {
		return ""
	}
	near := c.nearest(name, names)
	digits := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return '0'
			}
			return r
		}, s)
	}
	if near == "" || digits(near) == digits(name) || len(near) < 3 {
		return ""
	}
	return near
}

// uninitialized tells of a variable that gets its first value from itself, as a number.
func (c *checker) uninitialized(name string, u *usage) {
	for _, a := range u.sets {
		if !a.self {
			return
		}
	}
	if c.fromElsewhere(name) || c.outside {
		return
	}
	for _, r := range u.reads {
		if r.sum && slices.ContainsFunc(u.sets, func(a assignment) bool { return a.node == r.node }) {
			c.here = c.nodes[r.node].line
			c.add(UnsetVariable, Warning, r.at, "", "variable %q has no value to begin with: without one this is no sum, and it stays empty", name)
			return
		}
	}
}
