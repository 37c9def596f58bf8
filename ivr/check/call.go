package check

import (
	"regexp"
	"strings"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// call is an application with its arguments, as it stands in a line: the line
// itself, or what ExecIf and the like run.
type call struct {
	app    string // the name as written
	name   string // in lower case
	args   part
	nameAt int  // where the name is in the line's arguments; below 0: it is the line's application
	maybe  bool // a condition decides whether it runs
}

// mostCalls bounds ExecIf within ExecIf.
const mostCalls = 64

// calls takes a line apart: the line's application first, then those within its
// arguments. One whose name a variable gives is left out.
func calls(p *dialplan.Priority) []call {
	list := []call{{p.App, strings.ToLower(p.App), part{p.Args, 0}, -1, false}}
	for i := 0; i < len(list) && len(list) < mostCalls; i++ {
		for _, text := range list[i].inner() {
			if inner, ok := innerCall(text, list[i]); ok {
				list = append(list, inner)
			}
		}
	}
	return list
}

// inner are the texts App(args) that a call may run.
func (c call) inner() []part {
	switch c.name {
	case "execif", "execiftime":
		_, yes, no, _ := c.args.branches()
		return []part{yes, no}
	case "exec", "tryexec":
		return []part{c.args}
	}
	return nil
}

// innerCall reads App(args); ok is false when there is none, or a variable names it.
func innerCall(text part, outer call) (call, bool) {
	name, args, bracket := strings.Cut(text.text, "(")
	inner := call{nameAt: text.at, maybe: outer.maybe || strings.HasPrefix(outer.name, "execif")}
	if bracket {
		inner.args = part{args, text.at + len(name) + 1}
		if end := strings.LastIndexByte(args, ')'); end >= 0 {
			inner.args.text = args[:end]
		}
	} else {
		inner.args.at = text.at + len(name)
	}
	inner.app = strings.TrimSpace(name)
	inner.name = strings.ToLower(inner.app)
	return inner, inner.app != "" && !strings.Contains(name, "$")
}

// application finds the application of a call, or says what is wrong with its name.
func (c *checker) application(call call) *ivr.App {
	if app := c.known.Apps[strings.ToLower(call.app)]; app != nil {
		c.allowed(call)
		return app
	}
	name := call.app
	trimmed := strings.TrimSpace(name)
	cut, args := c.cutApp(trimmed)
	lower := strings.ToLower(trimmed)
	switch {
	case trimmed == "":
		c.add(UnknownApplication, Error, call.nameAt, "", "no application: the call ends here")
	case cut != nil:
		c.add(UnknownApplication, Error, call.nameAt, cut.Name+"("+clip(args)+")", "unknown application %q: the arguments stand in brackets", clip(name))
	case strings.Contains(name, "${"), strings.Contains(name, "$["):
		c.add(UnknownApplication, Error, call.nameAt, "Exec", "unknown application %q: a variable cannot stand in its name", name)
	case trimmed != name && c.known.Apps[lower] != nil:
		c.add(UnknownApplication, Error, call.nameAt, c.known.Apps[lower].Name, "unknown application %q: the blank before the bracket is part of the name", name)
	case ivr.Replaced[lower] != "":
		c.add(Unavailable, Error, call.nameAt, "", "application %q does not exist any more: %s", trimmed, ivr.Replaced[lower])
	case ivr.AsteriskApps[lower]:
		c.add(Unavailable, Error, call.nameAt, "", "application %q is not available in this version: the call ends here", trimmed)
	default:
		c.add(UnknownApplication, Error, call.nameAt, c.nearApp(trimmed), "unknown application %q: the call ends here", name)
	}
	return nil
}

// nearApp suggests an application, without what was written behind its name by mistake.
func (c *checker) nearApp(name string) string {
	if app, _ := c.cutApp(name); app != nil {
		return app.Name
	}
	return c.nearest(name[:wordEnd(name)], c.names.apps)
}

// cutApp finds the application that a text begins with whose arguments do not stand in brackets: of Playback,beep.
func (c *checker) cutApp(text string) (app *ivr.App, args string) {
	end := wordEnd(text)
	if end == len(text) {
		return nil, ""
	}
	return c.known.Apps[strings.ToLower(text[:end])], strings.Trim(text[end:], " ,|;:()")
}

// wordEnd is where the word ends that a text begins with; all of it is one where it begins with none.
func wordEnd(text string) int {
	if end := strings.IndexFunc(text, func(r rune) bool { return r < 0x80 && !isWord(byte(r)) }); end > 0 {
		return end
	}
	return len(text)
}

// function finds a function, or says that there is none of this name.
func (c *checker) function(name string, at int) *ivr.Function {
	if f := c.known.Functions[name]; f != nil {
		return f
	}
	if ivr.AsteriskFunctions[name] {
		c.add(Unavailable, Warning, at, "", "function %q is not available in this version: it gives an empty text", name)
		return nil
	}
	suggest := strings.ToUpper(strings.TrimSpace(name))
	if c.known.Functions[suggest] == nil {
		suggest = c.nearest(name, c.names.functions)
	}
	c.add(UnknownFunction, Warning, at, suggest, "unknown function %q: it gives an empty text", name)
	return nil
}

// references checks each ${ } and $[ ] of a line, and the function that Set writes.
func (c *checker) references(args string) {
	if i := strings.Index(args, "$("); i >= 0 && !textual[c.nodes[c.at[c.here]].calls[0].name] {
		c.add(Expression, Warning, i, "$[…]", "\"$(\" begins no expression: it is a text")
	}
	references(part{args, 0}, func(r *reference) {
		if r.unclosed {
			c.add(Unclosed, Warning, r.dollar, "", "%q has no closing %q", clip(args[r.dollar:]), closer(r.open))
			return
		}
		if r.open == '[' {
			c.expression(r)
			return
		}
		name, inside, function := r.name()
		if !function {
			return
		}
		if f := c.function(name, r.at); f != nil {
			c.allowedFunction(name, inside, r.at)
			c.functionArguments(name, inside)
			if f.Read == nil {
				c.add(Arguments, Warning, r.at, "", "function %s can be set, but not read: it gives an empty text", name)
			}
		}
	})
}

// textual are the applications whose arguments are texts of all kinds.
var textual = set("noop verbose log userevent celgenuserevent system trysystem agi sendtext mixmonitor")

func closer(open byte) string {
	if open == '{' {
		return "}"
	}
	return "]"
}

// written is the function that Set(NAME(args)=value) writes.
var written = regexp.MustCompile(`^([^${}()\[\]=]+)\((.*)\)$`)

// writtenFunction checks the function that a Set writes.
func (c *checker) writtenFunction(name part) {
	at := written.FindStringSubmatchIndex(name.text)
	if at == nil {
		return
	}
	function := name.text[at[2]:at[3]]
	f := c.function(function, name.at)
	if f == nil {
		return
	}
	c.allowedFunction(function, part{name.text[at[4]:at[5]], name.at + at[4]}, name.at)
	c.functionArguments(function, part{name.text[at[4]:at[5]], name.at + at[4]})
	if f.Write == nil {
		c.add(Arguments, Warning, name.at, "", "function %s can be read, but not set: nothing happens", function)
	}
}
