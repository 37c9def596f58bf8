package check

import (
	"maps"
	"slices"
)

// instant are the applications that take no time: a loop of nothing else does
// nothing but turn.
var instant = set(`noop set mset goto gotoif gotoiftime execif execiftime exec while endwhile exitwhile continuewhile if elseif else
	endif exitif verbose log userevent answer ringing progress proceeding celgenuserevent nocdr resetcdr stackpop`)

// loops tells of loops that do not end by themselves: those that take no time at
// all, and retries of a menu that nobody counts.
func (c *checker) loops() {
	all := make([]int32, len(c.nodes))
	for i := range all {
		all[i] = int32(i)
	}
	limited := c.timeLimited()
	for _, loop := range c.cycles(all) {
		if c.turns(loop, instant) {
			c.here = c.nodes[c.back(loop)].line
			c.add(Endless, Error, -1, "", "endless loop: the call comes back here without playing, waiting or hearing a digit, and nothing leads out")
			continue
		}
		if c.turns(loop, unheard) {
			c.here = c.nodes[c.back(loop)].line
			c.add(Endless, Warning, -1, "", "endless loop: the call waits and comes back here, nothing is heard and nothing leads out")
			continue
		}
		if limited || len(loop) > mostLoop {
			continue
		}
		if again := c.retry(loop); again >= 0 && c.unbounded(loop, 0) {
			c.here = c.nodes[again].line
			c.add(Endless, Warning, -1, "", "endless loop: with wrong digits, or none, the caller comes back here again and again; nothing counts how often and leaves the menu")
		}
	}
}

// What may be looked into: the lines of one loop, and those of all of them, each as
// often as it is looked at.
const (
	mostLoop  = 2000
	maxLooked = 2_000_000
)

// unheard are those, and the ones that let time pass while nothing is heard.
var unheard = func() map[string]bool {
	m := set("wait waituntil")
	maps.Copy(m, instant)
	return m
}()

// turns tells whether a loop has no way out and consists of certain applications.
func (c *checker) turns(loop []int32, of map[string]bool) bool {
	inside := members32(loop)
	for _, i := range loop {
		n := &c.nodes[i]
		if n.ends || n.open || len(n.subs) > 0 {
			return false
		}
		for _, call := range n.calls {
			if !of[call.name] {
				return false
			}
		}
		for _, next := range n.successors() {
			if !inside[next] {
				return false
			}
		}
	}
	return true
}

// back is the line of a loop that leads back: the last that jumps within it.
func (c *checker) back(loop []int32) int32 {
	inside := members32(loop)
	last := loop[0]
	for _, i := range loop {
		if slices.ContainsFunc(c.nodes[i].to, func(j int32) bool { return inside[j] && j <= i }) {
			last = max(last, i)
		}
	}
	return last
}

// retry is the line of a loop that leads back to its menu: as a rule one in i or t.
// Below 0: it is no such loop.
func (c *checker) retry(loop []int32) int32 {
	special := func(i int32) bool {
		name := c.nodes[i].line.Extension.Name
		return name == "i" || name == "t"
	}
	inside := members32(loop)
	again := int32(-1)
	waits := false
	for _, i := range loop {
		n := &c.nodes[i]
		waits = waits || special(i) || n.calls[0].name == "waitexten"
		for _, j := range n.to {
			switch {
			case !inside[j]:
			case special(i) && !special(j):
				return i
			case j <= i:
				again = i
			}
		}
	}
	if !waits {
		return -1
	}
	return again
}

// unbounded tells whether a run can go round in some of these lines for ever: there
// is a cycle in which no counter grows that a condition of the cycle tests and no
// line sets back. Where it is not sure, it can not.
func (c *checker) unbounded(lines []int32, depth int) bool {
	if c.looked += len(lines); depth > 20 || c.looked > maxLooked {
		return false
	}
	for _, loop := range c.cycles(lines) {
		if c.endless(loop, depth) {
			return true
		}
	}
	return false
}

func (c *checker) endless(loop []int32, depth int) bool {
	inside := members32(loop)
	guards := map[string][]int32{} // lines that leave the loop by a variable
	var unsure []int32
	for _, i := range loop {
		n := &c.nodes[i]
		if n.open || len(n.subs) > 0 || c.foreign(n) {
			unsure = append(unsure, i)
			continue
		}
		leaves := n.ends || slices.ContainsFunc(n.successors(), func(j int32) bool { return !inside[j] })
		names, known := c.tested(n)
		switch {
		case len(n.calls) == 0 || !leaves || names == nil && known:
		case !known:
			unsure = append(unsure, i)
		default:
			for _, name := range names {
				guards[name] = append(guards[name], i)
			}
		}
	}
	counters := map[string][]int32{} // lines that count
	for name := range guards {
		grows, back, other := c.changes(name, inside)
		switch {
		case other:
			unsure = append(unsure, guards[name]...)
		case len(grows) > 0 && !back:
			counters[name] = grows
		}
	}
	if len(unsure) > 0 {
		return c.unbounded(without(loop, unsure), depth+1)
	}
	for name, grows := range counters {
		return c.unbounded(without(loop, grows), depth+1) || c.unbounded(without(loop, guards[name]), depth+1)
	}
	return true
}

// foreign tells of a line that may change any variable.
func (c *checker) foreign(n *node) bool {
	for _, call := range n.calls {
		if call.name == "agi" || call.name == "exec" || call.name == "tryexec" || c.known.Apps[call.name] == nil {
			return true
		}
	}
	return false
}

// tested gives the variables that a line's conditions read; known is false when
// they read more than variables.
func (c *checker) tested(n *node) (names []string, known bool) {
	known = true
	for _, call := range n.calls {
		condition, ok := call.condition()
		if !ok {
			if call.name == "gotoiftime" || call.name == "execiftime" {
				known = false
			}
			continue
		}
		references(condition, func(r *reference) {
			if r.open != '{' {
				return
			}
			name, args, function := r.name()
			switch {
			case !function && c.isSet(name) && !c.fromElsewhere(name):
				names = append(names, name)
			case function && (name == "INC" || name == "DEC"):
				names = append(names, args.text)
			case function && pure[name]:
			default:
				known = false
			}
		})
	}
	return names, known
}

// isSet tells whether a line of the plan sets a variable.
func (c *checker) isSet(name string) bool {
	v := c.vars[name]
	return v != nil && len(v.sets) > 0
}

// pure are the functions whose value comes from their arguments alone.
var pure = set("LEN ISNULL EXISTS IF MATH MIN MAX TOUPPER TOLOWER TRIM REGEX FILTER QUOTE")

// members32 makes a set.
func members32(list []int32) map[int32]bool {
	m := make(map[int32]bool, len(list))
	for _, i := range list {
		m[i] = true
	}
	return m
}

// without leaves some lines out.
func without(list, out []int32) []int32 {
	gone := members32(out)
	var rest []int32
	for _, i := range list {
		if !gone[i] {
			rest = append(rest, i)
		}
	}
	return rest
}

// cycles gives the sets of lines, of those given, that lead to each other (strongly
// connected components, by Tarjan's algorithm), each sorted.
func (c *checker) cycles(lines []int32) [][]int32 {
	inside := make(map[int32]*visit, len(lines))
	for _, i := range lines {
		inside[i] = &visit{}
	}
	var found [][]int32
	var stack []int32
	var path []*visit
	counter := int32(0)
	for _, root := range lines {
		if inside[root].index != 0 {
			continue
		}
		enter := func(i int32) {
			v := inside[i]
			counter++
			v.line, v.index, v.low, v.open = i, counter, counter, true
			v.rest = c.nodes[i].successors()
			stack = append(stack, i)
			path = append(path, v)
		}
		for enter(root); len(path) > 0; {
			v := path[len(path)-1]
			if len(v.rest) > 0 {
				next := v.rest[0]
				v.rest = v.rest[1:]
				w := inside[next]
				switch {
				case w == nil:
				case w.index == 0:
					enter(next)
				case w.open:
					v.low = min(v.low, w.index)
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				path[len(path)-1].low = min(path[len(path)-1].low, v.low)
			}
			if v.low != v.index {
				continue
			}
			at := len(stack) - 1
			for stack[at] != v.line {
				at--
			}
			set := slices.Clone(stack[at:])
			stack = stack[:at]
			for _, i := range set {
				inside[i].open = false
			}
			if len(set) > 1 || slices.Contains(c.nodes[set[0]].successors(), set[0]) {
				slices.Sort(set)
				found = append(found, set)
			}
		}
	}
	return found
}

// visit is what the search for cycles remembers of a line.
type visit struct {
	line, index, low int32
	open             bool
	rest             []int32
}
