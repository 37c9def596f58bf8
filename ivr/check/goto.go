package check

import (
	"slices"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// includers gives for each context those in which its lines may run: itself, and
// what includes it, directly or not.
func includers(plan *dialplan.Plan) map[string][]string {
	direct := map[string][]string{}
	for _, c := range plan.Contexts {
		for _, i := range c.Includes {
			direct[i.Context] = append(direct[i.Context], c.Name)
		}
	}
	all := map[string][]string{}
	for _, c := range plan.Contexts {
		list := []string{c.Name}
		for i := 0; i < len(list); i++ {
			for _, from := range direct[list[i]] {
				if !slices.Contains(list, from) {
					list = append(list, from)
				}
			}
		}
		all[c.Name] = list
	}
	return all
}

// reached gives the contexts that are searched for a place in a context: itself
// and its includes, whatever the time.
func (c *checker) reached(name string) []*dialplan.Context {
	start, ok := c.plan.Context(name)
	if !ok {
		return nil
	}
	list := []*dialplan.Context{start}
	for i := 0; i < len(list); i++ {
		for _, include := range list[i].Includes {
			if next, ok := c.plan.Context(include.Context); ok && !slices.Contains(list, next) {
				list = append(list, next)
			}
		}
	}
	return list
}

// target checks that the place that a Goto names exists.
func (c *checker) target(target string, offset int) {
	if target == "" || strings.Contains(target, "$") {
		return
	}
	here := c.at.Extension
	context, exten, priority := "", here.Name, target
	switch part := strings.SplitN(target, ",", 4); len(part) {
	case 1:
	case 2:
		exten, priority = part[0], part[1]
	default:
		context, exten, priority = part[0], part[1], part[2]
	}
	if exten == "" {
		exten = here.Name
	}
	if context != "" {
		if _, ok := c.plan.Context(context); !ok {
			var names []string
			for _, known := range c.plan.Contexts {
				names = append(names, known.Name)
			}
			c.add(Warning, offset, nearest(context, names), "the jump to %q leads nowhere: there is no context %q", target, context)
			return
		}
	}
	if strings.HasPrefix(priority, "+") || strings.HasPrefix(priority, "-") {
		return
	}
	from := []string{context}
	if context == "" {
		from = c.includers[here.Context.Name]
	}
	for _, name := range from {
		if c.place(name, exten, priority) {
			return
		}
	}
	c.nowhere(from[0], exten, priority, target, offset)
}

// nowhere says what of a target is missing.
func (c *checker) nowhere(context, exten, priority, target string, offset int) {
	if exten != c.at.Extension.Name && !c.place(context, exten, "1") {
		c.add(Warning, offset, nearest(exten, c.names(context)), "the jump to %q leads nowhere: context %q has no extension %q", target, context, exten)
		return
	}
	if n, isNumber := ivr.LeadingInt(priority); isNumber {
		c.add(Warning, offset, "", "the jump to %q leads nowhere: extension %q of context %q has no priority %d", target, exten, context, n)
		return
	}
	var labels []string
	for _, in := range c.reached(context) {
		for _, e := range in.Extensions {
			for _, p := range e.Priorities {
				if e.Name == exten && p.Label != "" {
					labels = append(labels, p.Label)
				}
			}
		}
	}
	c.add(Warning, offset, nearest(priority, labels), "the jump to %q leads nowhere: extension %q of context %q has no label %q", target, exten, context, priority)
}

// names are the extensions of a context.
func (c *checker) names(context string) []string {
	var names []string
	for _, in := range c.reached(context) {
		for _, e := range in.Extensions {
			names = append(names, e.Name)
		}
	}
	return names
}

// place tells whether a place exists for some caller at some time.
func (c *checker) place(context, exten, priority string) bool {
	number, isNumber := ivr.LeadingInt(priority)
	callers := []string{""}
	contexts := c.reached(context)
	for _, in := range contexts {
		for _, e := range in.Extensions {
			switch {
			case !e.ForCaller:
			case e.Name == exten:
				return true // for its caller; which priorities another match adds is not known
			case !slices.Contains(callers, e.Caller) && !strings.HasPrefix(e.Caller, "_"):
				callers = append(callers, e.Caller)
			}
		}
	}
	for _, in := range contexts {
		for _, caller := range callers {
			if isNumber {
				if _, ok := c.plan.Find(dialplan.Place{Context: in.Name, Exten: exten, Priority: number}, caller, time.Time{}); ok {
					return true
				}
			} else if _, ok := c.plan.Label(in.Name, exten, priority, caller, time.Time{}); ok {
				return true
			}
		}
	}
	return false
}
