package check

import (
	"slices"
	"strconv"
	"strings"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// node is a line with what may follow it.
type node struct {
	line  *dialplan.Priority
	calls []call
	next  []int32 // the following priority, where the line may go on to it
	to    []int32 // where it may jump
	subs  []int32 // subroutines that it calls
	menu  []int32 // i and t, where it waits for a digit that leads nowhere or does not come
	block *block  // the While or If in which it stands; nil: none

	falls    bool // the following priority may run
	ends     bool // the call may end here
	open     bool // it may go where the text does not say
	entered  bool // something leads here
	computed bool // a variable gives a place that it names
}

// buildFlow makes the nodes and joins them.
func (c *checker) buildFlow() {
	total := 0
	for _, context := range c.plan.Contexts {
		for _, e := range context.Extensions {
			total += len(e.Priorities)
		}
	}
	c.nodes = make([]node, 0, total)
	c.near, c.doubtful = map[string]string{}, map[[2]string]bool{}
	c.at = make(map[*dialplan.Priority]int32, total)
	for _, context := range c.plan.Contexts {
		for _, e := range context.Extensions {
			first := len(c.nodes)
			for _, p := range e.Priorities {
				c.at[p] = int32(len(c.nodes))
				c.nodes = append(c.nodes, node{line: p, calls: c.meant(calls(p))})
			}
			c.pair(c.nodes[first:])
		}
	}
	for i := range c.nodes {
		c.collect(int32(i)) // targets depend on constants
	}
	for i := range c.nodes {
		c.join(&c.nodes[i])
	}
	for i := range c.nodes {
		n := &c.nodes[i]
		for _, list := range [][]int32{n.next, n.to, n.subs} {
			for _, j := range list {
				if int(j) != i {
					c.nodes[j].entered = true
				}
			}
		}
	}
	c.enterComputed()
}

// meant puts the application that was probably meant in the place of one that does
// not exist, so that one fault gives one message.
func (c *checker) meant(list []call) []call {
	for i := range list {
		if name := list[i].name; c.known.Apps[name] == nil && !ivr.AsteriskApps[name] {
			near, known := c.near[name]
			if !known {
				near = strings.ToLower(c.nearApp(strings.TrimSpace(list[i].app)))
				if trimmed := strings.TrimSpace(name); c.known.Apps[trimmed] != nil {
					near = trimmed
				}
				c.near[name] = near
			}
			if near != "" {
				list[i].name = near
			}
		}
	}
	return list
}

// doubt notes the lines that a jump to nowhere may have meant.
func (c *checker) doubt(from *dialplan.Priority, j jump) {
	context, exten := j.context, j.exten
	if context == "" {
		context = from.Extension.Context.Name
	}
	if exten == "" {
		exten = from.Extension.Name
	}
	c.doubtful[[2]string{context, exten}] = true
	c.doubtful[[2]string{"label", j.priority}] = true
}

// join finds what follows a line.
func (c *checker) join(n *node) {
	first := n.calls[0]
	n.falls, n.ends = c.falls(first)
	for _, call := range n.calls {
		for _, j := range c.jumps(n.line, call) {
			lines := c.lines(n.line, j)
			n.open, n.computed = n.open || len(lines) == 0, n.computed || j.computed
			if len(lines) == 0 && !j.computed {
				c.doubt(n.line, j)
			}
			for _, p := range lines {
				at, ours := c.at[p]
				if !ours {
					continue // of an object beside the files
				}
				if j.sub {
					n.subs = append(n.subs, at)
				} else {
					n.to = append(n.to, at)
				}
				if j.after {
					n.to = append(n.to, c.following(p)...)
				}
			}
		}
		if call.name == "exec" || call.name == "tryexec" || strings.HasPrefix(call.name, "execif") {
			for _, inner := range call.inner() {
				name, _, _ := strings.Cut(inner.text, "(")
				n.open = n.open || strings.Contains(name, "$")
			}
		}
		c.joinBlock(n, call)
		if call.name == "dial" {
			if target, ok := argument(call.args.arguments(), 2).option('F'); ok && target.text == "" {
				n.to = append(n.to, c.following(n.line)...)
			}
		}
	}
	if n.falls {
		n.next = c.following(n.line)
		n.ends = n.ends || len(n.next) == 0
	}
	c.joinMenu(n)
}

// following are the lines that may run when a line goes on to the next priority.
func (c *checker) following(p *dialplan.Priority) []int32 {
	e := p.Extension
	variants := c.variants[variant{e.Context, e.Name}]
	next := e.Priority(p.Number + 1)
	if next != nil && len(variants) == 0 {
		return []int32{c.at[next]}
	}
	var list []int32
	for _, v := range variants {
		if q := v.Priority(p.Number + 1); q != nil {
			list = append(list, c.at[q])
		}
	}
	if len(list) == 0 {
		for _, in := range c.includers[e.Context.Name] {
			for _, q := range c.find(in, e.Name, strconv.Itoa(p.Number+1)) {
				list = append(list, c.at[q])
			}
		}
	}
	return list
}

// falls tells whether the line behind a call may run after it, and whether the
// call may end the call, if all it names exists.
func (c *checker) falls(call call) (falls, ends bool) {
	switch call.name {
	case "goto":
		return call.args.text == "", false
	case "hangup", "busy", "congestion", "raiseexception", "incomplete", "return":
		return false, true
	case "gotoif", "gotoiftime":
		_, yes, no, _ := call.args.branches()
		return yes.text == "" || no.text == "", false
	case "execif", "execiftime":
		_, yes, no, _ := call.args.branches()
		return c.either(call, yes, no)
	case "exec", "tryexec":
		return c.either(call, call.args, call.args)
	case "endwhile", "continuewhile", "exitwhile", "else", "exitif":
		return false, false // joinBlock knows where they go
	}
	return true, false
}

// either is falls of the one or the other call within a call.
func (c *checker) either(outer call, texts ...part) (falls, ends bool) {
	for _, text := range texts {
		inner, ok := innerCall(text, outer)
		if !ok {
			falls = true
			continue
		}
		f, e := c.falls(inner)
		falls, ends = falls || f, ends || e
	}
	return falls, ends
}

// enterComputed notes the lines to which jumps may lead that a variable makes: as
// a rule those with a label.
func (c *checker) enterComputed() {
	type places struct{ context, exten string } // empty: any
	labelled, numbered := map[places]bool{}, map[places]bool{}
	for i := range c.nodes {
		n := &c.nodes[i]
		for _, call := range n.calls {
			for _, j := range c.jumps(n.line, call) {
				if !j.computed || !strings.Contains(j.priority, "$") {
					continue
				}
				var p places
				if fixedName(j.context) {
					p.context = j.context
				}
				if fixedName(j.exten) {
					p.exten = j.exten
				}
				if j.parts == 1 && strings.HasPrefix(j.priority, "${") {
					p = places{} // it may be a whole target
				}
				labelled[p] = true
				if strings.HasPrefix(j.priority, "$[") || j.parts > 1 && strings.HasPrefix(j.priority, "$") {
					numbered[p] = true
				}
			}
		}
	}
	if len(labelled) == 0 {
		return
	}
	for i := range c.nodes {
		p := c.nodes[i].line
		context, exten := p.Extension.Context.Name, p.Extension.Name
		for _, at := range []places{{}, {context, ""}, {"", exten}, {context, exten}} {
			if labelled[at] && p.Label != "" || numbered[at] {
				c.nodes[i].entered = true
			}
		}
	}
}

func fixedName(name string) bool { return name != "" && !strings.Contains(name, "$") }

// successors are the lines that may follow a node, in any way but by a digit.
func (n *node) successors() []int32 { return slices.Concat(n.next, n.to, n.menu) }
