package check

import (
	"maps"
	"slices"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// variant is an extension's name in a context, with all its callers.
type variant struct {
	context *dialplan.Context
	name    string
}

// nameIndex are names for suggestions, sorted.
type nameIndex struct {
	apps, functions, contexts []string
}

// mostIncluders bounds how many of the contexts that include another are looked at.
const mostIncluders = 32

// index prepares what the questions about places need.
func (c *checker) index() {
	c.reachable = map[string]*reach{}
	c.extensions = map[string][]*dialplan.Extension{}
	c.patterns = map[*dialplan.Context]bool{}
	c.callers = map[*dialplan.Context][]string{}
	c.own = map[variant][]*dialplan.Extension{}
	c.variants = map[variant][]*dialplan.Extension{}
	for _, app := range c.known.Apps {
		c.names.apps = append(c.names.apps, app.Name)
	}
	slices.Sort(c.names.apps)
	c.names.functions = slices.Sorted(maps.Keys(c.known.Functions))
	direct := map[string][]string{}
	for _, context := range c.plan.Contexts {
		c.names.contexts = append(c.names.contexts, context.Name)
		for _, i := range context.Includes {
			direct[i.Context] = append(direct[i.Context], context.Name)
		}
		for _, e := range context.Extensions {
			key := plain(e.Name)
			c.extensions[key] = append(c.extensions[key], e)
			c.own[variant{context, key}] = append(c.own[variant{context, key}], e)
			if strings.HasPrefix(e.Name, "_") {
				c.patterns[context] = true
			}
			if e.ForCaller {
				c.variants[variant{context, e.Name}] = nil
				if !slices.Contains(c.callers[context], e.Caller) && !strings.HasPrefix(e.Caller, "_") && len(c.callers[context]) < mostIncluders {
					c.callers[context] = append(c.callers[context], e.Caller)
				}
			}
		}
		for _, e := range context.Extensions {
			if list, many := c.variants[variant{context, e.Name}]; many {
				c.variants[variant{context, e.Name}] = append(list, e)
			}
		}
	}
	c.includers = make(map[string][]string, len(c.plan.Contexts))
	for _, context := range c.plan.Contexts {
		list := []string{context.Name}
		for i := 0; i < len(list) && len(list) < mostIncluders; i++ {
			for _, from := range direct[list[i]] {
				if !slices.Contains(list, from) && len(list) < mostIncluders {
					list = append(list, from)
				}
			}
		}
		c.includers[context.Name] = list
	}
}

// reach is a context with what it includes, whatever the time.
type reach struct {
	list     []*dialplan.Context // itself first
	patterns []*dialplan.Context // those with patterns
	set      map[*dialplan.Context]bool
}

// reached gives the contexts that are searched for a place in a context: itself
// and its includes.
func (c *checker) reached(name string) []*dialplan.Context { return c.reach(name).list }

func (c *checker) reach(name string) *reach {
	if r := c.reachable[name]; r != nil {
		return r
	}
	r := &reach{set: map[*dialplan.Context]bool{}}
	c.reachable[name] = r
	visit := func(name string) {
		if next, ok := c.plan.Context(name); ok && !r.set[next] {
			r.set[next] = true
			r.list = append(r.list, next)
			if c.patterns[next] {
				r.patterns = append(r.patterns, next)
			}
		}
	}
	visit(name)
	for i := 0; i < len(r.list); i++ {
		for _, include := range r.list[i].Includes {
			visit(include.Context)
		}
	}
	return r
}

// having gives the contexts, of those that are searched for a place in one, in which
// an extension may match.
func (c *checker) having(context, exten string) []*dialplan.Context {
	list := slices.Clone(c.reach(context).patterns)
	for _, e := range c.called(context, exten) {
		if !c.patterns[e.Context] && (len(list) == 0 || list[len(list)-1] != e.Context) {
			list = append(list, e.Context)
		}
	}
	return list
}

// plain leaves the dashes out of an extension's name.
func plain(name string) string { return strings.ReplaceAll(name, "-", "") }

// find gives the lines at a place, for any caller at any time; the priority is a
// number or a label. The place for no particular caller comes first.
func (c *checker) find(context, exten, priority string) []*dialplan.Priority {
	if strings.HasPrefix(exten, "_") {
		return c.findPattern(context, exten, priority)
	}
	if number, isNumber := ivr.LeadingInt(priority); isNumber {
		return c.findNumber(context, exten, number)
	}
	var list []*dialplan.Priority
	if n, ok := c.plan.Label(context, exten, priority, "", time.Time{}); ok {
		list = c.place(list, context, exten, n, "")
	}
	for _, in := range c.having(context, exten) {
		for _, caller := range append([]string{""}, c.callers[in]...) {
			if n, ok := c.plan.Label(in.Name, exten, priority, caller, time.Time{}); ok {
				list = c.place(list, in.Name, exten, n, caller)
			}
		}
		for _, e := range c.variants[variant{in, exten}] { // for callers by patterns, too
			if p := e.Label(priority); p != nil && !slices.Contains(list, p) {
				list = append(list, p)
			}
		}
	}
	return list
}

// findPattern is find for a pattern, by its own text.
func (c *checker) findPattern(context, exten, priority string) []*dialplan.Priority {
	var list []*dialplan.Priority
	number, isNumber := ivr.LeadingInt(priority)
	for _, e := range c.called(context, exten) {
		p := e.Label(priority)
		if isNumber {
			p = e.Priority(number)
		}
		if p != nil {
			list = append(list, p)
		}
	}
	return list
}

// called gives the extensions of a name, dashes aside, that are searched for in a context.
func (c *checker) called(context, exten string) []*dialplan.Extension {
	r := c.reach(context)
	named := c.extensions[plain(exten)]
	var list []*dialplan.Extension
	if len(named) <= len(r.list) {
		for _, e := range named {
			if r.set[e.Context] {
				list = append(list, e)
			}
		}
		return list
	}
	for _, in := range r.list {
		list = append(list, c.own[variant{in, plain(exten)}]...)
	}
	return list
}

// findNumber is find for a number.
func (c *checker) findNumber(context, exten string, number int) []*dialplan.Priority {
	var list []*dialplan.Priority
	if c.plan.Has(context) {
		list = c.place(list, context, exten, number, "")
	}
	for _, in := range c.having(context, exten) {
		for _, caller := range append([]string{""}, c.callers[in]...) {
			list = c.place(list, in.Name, exten, number, caller)
		}
		for _, e := range c.variants[variant{in, exten}] {
			if p := e.Priority(number); p != nil && !slices.Contains(list, p) {
				list = append(list, p)
			}
		}
	}
	return list
}

// place adds the line at a place, if it exists.
func (c *checker) place(list []*dialplan.Priority, context, exten string, number int, caller string) []*dialplan.Priority {
	p, ok := c.plan.Find(dialplan.Place{Context: context, Exten: exten, Priority: number}, caller, time.Time{})
	if ok && !slices.Contains(list, p) {
		list = append(list, p)
	}
	return list
}

// findFrom is find in the contexts in which the lines of one may run, the first
// in which the place exists.
func (c *checker) findFrom(context, exten, priority string) []*dialplan.Priority {
	for _, name := range c.includers[context] {
		if list := c.find(name, exten, priority); len(list) > 0 {
			return list
		}
	}
	return nil
}

// extensionNames are the extensions of a context, for a suggestion: not more than
// a search through them should cost.
func (c *checker) extensionNames(context string) []string {
	const most = 5000
	if c.compared > maxNear {
		return nil
	}
	var names []string
	for _, in := range c.reached(context) {
		for _, e := range in.Extensions {
			if names = append(names, e.Name); len(names) >= most {
				return names
			}
		}
	}
	return names
}

// labels are those of an extension and its variants.
func (c *checker) labels(context, exten string) []string {
	var labels []string
	for _, e := range c.called(context, exten) {
		for _, p := range e.Priorities {
			if p.Label != "" {
				labels = append(labels, p.Label)
			}
		}
	}
	return labels
}

// hasExtension tells whether an extension of a name is searched for in a context, be
// it without priority 1.
func (c *checker) hasExtension(context, exten string) bool { return len(c.called(context, exten)) > 0 }
