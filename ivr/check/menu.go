package check

import (
	"strings"

	"dialtone/ivr/dialplan"
)

// joinMenu adds to a line that waits for a digit where a wrong digit, and none, lead.
func (c *checker) joinMenu(n *node) {
	for _, call := range n.calls {
		switch {
		case call.name == "waitexten":
			n.menu = append(n.menu, c.special(n.line, "i")...)
			if len(n.next) == 0 {
				after := c.special(n.line, "t")
				n.menu = append(n.menu, after...)
				n.ends = len(after) == 0
			}
		case call.name == "background" && interrupted(call):
			n.menu = append(n.menu, c.special(n.line, "i")...)
		}
	}
}

// interrupted tells whether a digit ends a Background.
func interrupted(call call) bool {
	_, plays := argument(call.args.arguments(), 1).option('p')
	return !plays
}

// special finds an extension such as i, in the context of a line or where that is
// included; else e.
func (c *checker) special(p *dialplan.Priority, name string) []int32 {
	for _, name := range []string{name, "e"} {
		if lines := c.findFrom(p.Extension.Context.Name, name, "1"); len(lines) > 0 {
			return []int32{c.at[lines[0]]}
		}
	}
	return nil
}

// menus checks that a menu handles a wrong digit, and no digit. A menu is a context
// in which digits can be dialled and a line waits for them.
func (c *checker) menus() {
	told := map[variant]bool{}
	dialable := map[*dialplan.Context]bool{}
	for i := range c.nodes {
		n := &c.nodes[i]
		call := n.calls[0]
		context := n.line.Extension.Context
		waits := call.name == "waitexten"
		prompts := call.name == "background" && n.line.Extension.Name == "s" && interrupted(call) && argument(call.args.arguments(), 3).text == ""
		if !waits && !prompts {
			continue
		}
		if _, known := dialable[context]; !known {
			dialable[context] = c.dialable(context)
		}
		if !dialable[context] {
			continue
		}
		c.here = n.line
		if prompts && c.plan.Settings.AutoFallThrough && c.unheard(n) {
			c.add(NoWait, Warning, -1, "WaitExten", "nothing waits for a digit behind this prompt: the call ends when it was played")
		}
		if !told[variant{context, "i"}] && len(c.special(n.line, "i")) == 0 {
			told[variant{context, "i"}] = true
			c.add(NoInvalid, Warning, -1, "", "the menu [%s] has no extension i: a digit that leads nowhere ends the call", context.Name)
		}
		if waits && len(n.next) == 0 && !told[variant{context, "t"}] && len(c.special(n.line, "t")) == 0 {
			told[variant{context, "t"}] = true
			c.add(NoTimeout, Warning, -1, "", "the menu [%s] has no extension t, and no line follows %s: a caller who presses nothing is hung up on", context.Name, call.app)
		}
	}
}

// dialable tells whether a caller can dial something in a context, or in one that
// includes it.
func (c *checker) dialable(context *dialplan.Context) bool {
	for _, in := range c.includers[context.Name] {
		for _, reached := range c.reached(in) {
			for _, e := range reached.Extensions {
				if strings.IndexByte("_0123456789*#", e.Name[0]) >= 0 {
					return true
				}
			}
		}
	}
	return false
}

// silent are the applications during which a digit is lost, and behind which a run goes on.
var silent = set("noop set mset verbose log wait userevent celgenuserevent progress ringing")

// unheard tells whether the lines behind a prompt run off the end of the extension
// without waiting for a digit.
func (c *checker) unheard(n *node) bool {
	for steps := 0; steps < 1000; steps++ {
		if len(n.next) == 0 {
			return n.falls && len(n.to) == 0
		}
		n = &c.nodes[n.next[0]]
		if !silent[n.calls[0].name] {
			return false
		}
	}
	return false
}
