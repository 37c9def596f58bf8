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
	c.reachable = map[string][]*dialplan.Context{}
	c.callers = map[*dialplan.Context][]string{}
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

// reached gives the contexts that are searched for a place in a context: itself
// and its includes, whatever the time.
func (c *checker) reached(name string) []*dialplan.Context {
	if list, known := c.reachable[name]; known {
		return list
	}
	start, ok := c.plan.Context(name)
	if !ok {
		return nil
	}
	list := []*dialplan.Context{start}
	seen := map[*dialplan.Context]bool{start: true}
	for i := 0; i < len(list); i++ {
		for _, include := range list[i].Includes {
			if next, ok := c.plan.Context(include.Context); ok && !seen[next] {
				seen[next] = true
				list = append(list, next)
			}
		}
	}
	c.reachable[name] = list
	return list
}

// find gives the lines at a place, for any caller at any time; the priority is a
// number or a label. The place for no particular caller comes first.
func (c *checker) find(context, exten, priority string) []*dialplan.Priority {
	var list []*dialplan.Priority
	number, isNumber := ivr.LeadingInt(priority)
	for _, in := range c.reached(context) {
		for _, caller := range append([]string{""}, c.callers[in]...) {
			n, ok := number, isNumber
			if !isNumber {
				n, ok = c.plan.Label(in.Name, exten, priority, caller, time.Time{})
			}
			if !ok {
				continue
			}
			if p, ok := c.plan.Find(dialplan.Place{Context: in.Name, Exten: exten, Priority: n}, caller, time.Time{}); ok && !slices.Contains(list, p) {
				list = append(list, p)
			}
		}
		for _, e := range c.variants[variant{in, exten}] { // for callers by patterns, too
			p := e.Label(priority)
			if isNumber {
				p = e.Priority(number)
			}
			if p != nil && !slices.Contains(list, p) {
				list = append(list, p)
			}
		}
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
	for _, in := range c.reached(context) {
		for _, e := range in.Extensions {
			if e.Name != exten {
				continue
			}
			for _, p := range e.Priorities {
				if p.Label != "" {
					labels = append(labels, p.Label)
				}
			}
		}
	}
	return labels
}
