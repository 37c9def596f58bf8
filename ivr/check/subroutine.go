package check

import "slices"

// subroutines tells of a Return to which no Gosub leads, and of a Gosub that does
// not come back.
func (c *checker) subroutines() {
	c.backs = map[int32]bool{}
	called := c.follow(c.allSubs())
	var jumped []int32
	for i := range c.nodes {
		n := &c.nodes[i]
		jumped = append(jumped, n.to...)
		jumped = append(jumped, n.menu...)
	}
	elsewhere := c.follow(c.menuLines(jumped))
	for i := range c.nodes {
		n := &c.nodes[i]
		c.here = n.line
		if n.calls[0].name == "return" && !called[int32(i)] && elsewhere[int32(i)] {
			c.add(Subroutine, Error, -1, "", "no Gosub leads to this %s: the call ends here", n.calls[0].app)
		}
		if call := n.calls[0]; call.name == "gosub" && len(n.subs) > 0 && len(n.next) > 0 {
			c.comesBack(n)
		}
	}
}

// allSubs are the lines at which subroutines begin.
func (c *checker) allSubs() []int32 {
	var list []int32
	for i := range c.nodes {
		list = append(list, c.nodes[i].subs...)
		if c.nodes[i].computed { // what it calls or where it goes is not known
			for j := range c.nodes {
				if c.nodes[j].line.Number == 1 {
					list = append(list, int32(j))
				}
			}
			break
		}
	}
	return list
}

// menuLines adds to where jumps lead what can be dialled in menus, and where these begin.
func (c *checker) menuLines(jumped []int32) []int32 {
	list := slices.Clone(jumped)
	menus := map[string]bool{}
	for i := range c.nodes {
		if n := &c.nodes[i]; n.calls[0].name == "waitexten" {
			for _, in := range c.reached(n.line.Extension.Context.Name) {
				menus[in.Name] = true
			}
		}
	}
	for i := range c.nodes {
		if p := c.nodes[i].line; p.Number == 1 && menus[p.Extension.Context.Name] {
			list = append(list, int32(i))
		}
	}
	return list
}

// follow gives all lines to which some lead.
func (c *checker) follow(start []int32) map[int32]bool {
	seen := map[int32]bool{}
	for list := slices.Clone(start); len(list) > 0; {
		i := list[len(list)-1]
		list = list[:len(list)-1]
		if seen[i] {
			continue
		}
		seen[i] = true
		list = append(list, c.nodes[i].successors()...)
	}
	return seen
}

// comesBack checks that a subroutine has a Return, unless it ends the call on purpose.
func (c *checker) comesBack(n *node) {
	const most = 500
	if c.backs[n.subs[0]] {
		return // looked at before
	}
	c.backs[n.subs[0]] = true
	lines := map[int32]bool{}
	fallen := int32(-1)
	for list := slices.Clone(n.subs); len(list) > 0; {
		i := list[len(list)-1]
		list = list[:len(list)-1]
		if lines[i] {
			continue
		}
		lines[i] = true
		sub := &c.nodes[i]
		if sub.open || len(lines) > most || c.foreign(sub) || len(sub.menu) > 0 {
			return
		}
		for _, call := range sub.calls {
			if call.name == "return" || call.name == "stackpop" || call.name == "waitexten" || call.name == "background" {
				return
			}
		}
		if sub.falls && len(sub.next) == 0 {
			fallen = i
		}
		list = append(list, sub.successors()...)
	}
	if fallen >= 0 {
		c.here = c.nodes[fallen].line
		c.add(Subroutine, Error, -1, "Return", "the subroutine ends here without Return: the call ends, and does not go on behind the %s at %s", n.calls[0].app, n.line.Pos)
	}
}
