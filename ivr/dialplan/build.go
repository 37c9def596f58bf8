package dialplan

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"dialtone/ivr/expr"
	"dialtone/ivr/schedule"
)

// builder makes a Plan of sections.
type builder struct {
	plan      *Plan
	problems  []Problem
	functions func(name, args string) (string, error)

	// While the lines of one section are read:
	context *Context
	exten   string     // of the last exten, with its /CID; empty: there was none
	present *Extension // that of exten; nil: not looked for yet
	last    int        // priority of the last one; 0: there was none

	line *Line // the present one

	missing int // includes of contexts that do not exist
}

// maxNear is how many of the includes that lead nowhere are compared with how many contexts, for a suggestion.
const maxNear = 1000

// build reads the globals of all sections first, then the settings, then the contexts.
func build(sections []*section, o LoadOptions) (*Plan, []Problem) {
	b := &builder{
		plan:      &Plan{Globals: map[string]string{}, Settings: Settings{AutoFallThrough: true}, contexts: map[string]*Context{}, beside: o.Switch},
		functions: o.Functions,
	}
	for _, s := range sections {
		if !s.template && strings.EqualFold(s.name, "globals") {
			b.globals(s)
		}
	}
	for _, s := range sections {
		switch {
		case s.template, strings.EqualFold(s.name, "globals"):
		case strings.EqualFold(s.name, "general"):
			b.settings(s)
		default:
			b.section(s)
		}
	}
	for _, c := range b.plan.Contexts {
		b.finish(c)
	}
	return b.plan, b.problems
}

// problem tells of the present line, at an offset of its text.
func (b *builder) problem(at int, severity Severity, format string, args ...any) {
	b.problems = append(b.problems, Problem{Pos: b.line.pos(at), Severity: severity, Text: fmt.Sprintf(format, args...)})
}

// Variable, Function and Warn make the builder the expr.Scope of the lines that are substituted when they are read.
func (b *builder) Variable(name string) (string, bool) {
	v, ok := b.plan.Globals[name]
	return v, ok
}

func (b *builder) Function(name, args string) (string, error) {
	if name == "GLOBAL" {
		return b.plan.Globals[args], nil
	}
	if b.functions == nil {
		return "", fmt.Errorf("function %s cannot be read while the file is loaded", name)
	}
	return b.functions(name, args)
}

func (b *builder) Warn(format string, args ...any) {
	b.problem(b.line.valueAt, Warning, format, args...)
}

// globals sets the variables of a section [globals]. An empty value unsets.
func (b *builder) globals(s *section) {
	for _, b.line = range s.lines {
		if strings.EqualFold(b.line.Key, "exten") || strings.EqualFold(b.line.Key, "same") {
			b.problem(b.line.keyAt, Warning, "in [%s] this line is no extension: it sets a variable %q", s.name, b.line.Key)
		}
		if v := expr.Expand(b.line.Value, b); v != "" {
			b.plan.Globals[b.line.Key] = v
		} else {
			delete(b.plan.Globals, b.line.Key)
		}
	}
}

// settings reads a section [general]. What is not known is ignored, since Asterisk has settings that mean nothing here.
func (b *builder) settings(s *section) {
	set := &b.plan.Settings
	for _, b.line = range s.lines {
		switch strings.ToLower(b.line.Key) {
		case "static":
			set.Static = b.truth()
		case "writeprotect":
			set.WriteProtect = b.truth()
		case "autofallthrough":
			set.AutoFallThrough = b.truth()
		case "extenpatternmatchnew":
			set.ExtenPatternMatchNew = b.truth()
		case "clearglobalvars":
			set.ClearGlobalVars = b.truth()
		case "overrideswitch":
			set.OverrideSwitch = b.line.Value
		case "userscontext":
			set.UsersContext = b.line.Value
		}
	}
}

// truth reads a value as yes or no.
func (b *builder) truth() bool {
	switch strings.ToLower(b.line.Value) {
	case "yes", "true", "y", "t", "1", "on":
		return true
	case "no", "false", "n", "f", "0", "off":
	default:
		b.problem(b.line.valueAt, Warning, "%s is yes or no, not %q: it counts as no", b.line.Key, clip(b.line.Value))
	}
	return false
}

var keywords = []string{"exten", "same", "include", "ignorepat", "switch", "lswitch", "eswitch", "autohints"}

// section reads the lines of a context.
func (b *builder) section(s *section) {
	c, ok := b.plan.contexts[s.name]
	if !ok {
		c = &Context{Name: s.name, Pos: s.pos, index: len(b.plan.Contexts), exact: map[string]*name{}}
		b.plan.contexts[s.name] = c
		b.plan.Contexts = append(b.plan.Contexts, c)
	}
	b.context, b.exten, b.present, b.last = c, "", nil, 0
	for _, b.line = range s.lines {
		switch key := strings.ToLower(b.line.Key); key {
		case "exten":
			b.extension()
		case "include":
			b.include()
		case "ignorepat":
			b.ignorePat()
		case "switch", "lswitch", "eswitch":
			b.switchTo(key)
		case "autohints":
			c.AutoHints = b.truth()
		default:
			if strings.HasPrefix(key, "same") {
				b.same()
				continue
			}
			b.problem(b.line.keyAt, Error, "unknown keyword %q: the line is ignored", clip(b.line.Key))
			b.problems[len(b.problems)-1].Suggest = suggest(key, keywords)
		}
	}
}

// include reads CONTEXT[,times,days,mdays,months[,zone]].
func (b *builder) include() {
	text := expr.Expand(b.line.Value, b)
	for _, i := range b.context.Includes {
		if i.Text == text {
			b.problem(b.line.valueAt, Warning, "[%s] includes %q already: the line is skipped", b.context.Name, clip(text))
			return
		}
	}
	i := &Include{Context: text, Text: text, Pos: b.line.pos(b.line.valueAt)}
	if end := strings.IndexAny(text, ",|"); end >= 0 {
		i.Context = strings.TrimSpace(text[:end])
		times, err := schedule.ParseTimeSpec(text[end+1:])
		if err != nil {
			b.problem(b.line.valueAt, Warning, "include of [%s]: %s", clip(i.Context), strings.ReplaceAll(err.Error(), "\n", "; "))
		}
		if zone := times.UnknownZone(); zone != "" {
			b.problem(b.line.valueAt, Warning, "include of [%s]: there is no time zone %q: it is read as UTC", clip(i.Context), clip(zone))
		}
		i.Times = &times
	}
	b.context.Includes = append(b.context.Includes, i)
}

func (b *builder) ignorePat() {
	text := expr.Expand(b.line.Value, b)
	if slices.Contains(b.context.IgnorePats, text) {
		b.problem(b.line.valueAt, Warning, "ignorepat %q stands in [%s] already: the line is skipped", clip(text), b.context.Name)
		return
	}
	b.context.IgnorePats = append(b.context.IgnorePats, text)
}

// switchTo keeps a line switch, lswitch or eswitch; only the first is substituted.
func (b *builder) switchTo(kind string) {
	s := SwitchLine{Kind: kind, Text: b.line.Value, Pos: b.line.pos(b.line.valueAt)}
	if kind == "switch" {
		s.Text = expr.Expand(s.Text, b)
	}
	b.context.Switches = append(b.context.Switches, s)
}

// finish brings a context into the form in which it is searched.
func (b *builder) finish(c *Context) {
	c.names = slices.Sorted(maps.Keys(c.exact))
	for _, n := range c.names {
		c.Extensions = append(c.Extensions, c.exact[n].variants...)
	}
	c.Extensions = c.trie.finish(c.Extensions)
	for _, m := range c.never {
		c.Extensions = append(c.Extensions, m.variants...)
	}
	for _, i := range c.Includes {
		if i.target = b.plan.contexts[i.Context]; !b.plan.Has(i.Context) {
			b.problems = append(b.problems, Problem{Pos: i.Pos, Text: fmt.Sprintf("[%s] includes [%s], which does not exist", c.Name, clip(i.Context)),
				Suggest: b.nearContext(i.Context)})
		}
	}
}

// nearContext suggests a context.
func (b *builder) nearContext(name string) string {
	if b.missing++; b.missing > maxNear || len(b.plan.contexts) > maxNear {
		return ""
	}
	names := slices.Collect(maps.Keys(b.plan.contexts))
	sort.Strings(names)
	if near := suggest(name, names); near != "" {
		return "[" + near + "]"
	}
	return ""
}
