package ivr

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"dialtone/ivr/expr"
)

// variable is a channel variable. Inherit is what its name was written with:
// 1 for _NAME (the child of a Dial gets NAME), 2 for __NAME (it gets __NAME).
type variable struct {
	value   string
	inherit int
}

// variables are a call's, by name without the underscores of inheritance.
type variables struct {
	m      map[string]variable
	size   int               // bytes of names and values
	frozen map[string]string // what snapshot gave last; nil after a change
}

// snapshot gives the variables by the names they are stored under. The map is
// never changed again, and given again while nothing changes, so that steps which
// set nothing cost the journal nothing.
func (v *variables) snapshot() map[string]string {
	if v.frozen == nil {
		v.frozen = make(map[string]string, len(v.m))
		for name, x := range v.m {
			v.frozen[x.stored(name)] = x.value
		}
	}
	return v.frozen
}

// stored is the name with the underscores of inheritance.
func (x variable) stored(name string) string { return "__"[:x.inherit] + name }

func (v *variables) put(name string, x variable) {
	if v.m == nil {
		v.m = make(map[string]variable)
	}
	if old, ok := v.m[name]; ok {
		v.size -= len(name) + len(old.value)
	}
	v.frozen = nil
	v.m[name] = x
	v.size += len(name) + len(x.value)
}

func (v *variables) remove(name string) {
	if old, ok := v.m[name]; ok {
		v.frozen = nil
		delete(v.m, name)
		v.size -= len(name) + len(old.value)
	}
}

// inheritance splits the underscores of inheritance off a name.
func inheritance(name string) (string, int) {
	switch {
	case strings.HasPrefix(name, "__"):
		return name[2:], 2
	case strings.HasPrefix(name, "_"):
		return name[1:], 1
	}
	return name, 0
}

// Variable gives what ${name} reads: a built-in, a variable of the channel, or a
// global one, in this order.
func (r *Run) Variable(name string) (string, bool) {
	if value, ok := r.builtin(name); ok {
		return value, true
	}
	if v, ok := r.vars.m[name]; ok {
		return v.value, true
	}
	return r.globals.Get(name)
}

// builtin gives the variables that the run itself keeps; setting one of them has
// no visible effect.
func (r *Run) builtin(name string) (string, bool) {
	switch name {
	case "EXTEN":
		return r.place.Exten, true
	case "CONTEXT":
		return r.place.Context, true
	case "PRIORITY":
		return strconv.Itoa(r.place.Priority), true
	case "CHANNEL":
		return r.ch.Name(), true
	case "UNIQUEID":
		return r.ch.UniqueID(), true
	case "HANGUPCAUSE":
		return strconv.Itoa(r.cause), true
	case "RTPAUDIOQOS": // Asterisk sets it at the end of a call
		all, err := r.SoundItem("all")
		return all, err == nil
	case "EPOCH":
		return strconv.FormatInt(r.ch.Now().Unix(), 10), true
	}
	return "", false
}

// Set is Set(name=value): a name that begins with _ or __ is inherited by the
// channels that Dial makes, one with brackets writes a function. What cannot be
// set is warned of and left.
func (r *Run) Set(name, value string) {
	if strings.HasSuffix(name, ")") {
		if open := strings.IndexByte(name, '('); open > 0 {
			if err := r.writeFunction(name[:open], name[open+1:len(name)-1], value); err != nil {
				r.Warn("%v", err)
			}
			return
		}
	}
	r.set(name, value)
}

// set stores a plain variable within the limits.
func (r *Run) set(name, value string) {
	name, inherit := inheritance(name)
	if name == "" {
		return
	}
	if len(value) > r.limits.Value {
		r.Warn("the value of %q has %d bytes: cut to %d", name, len(value), r.limits.Value)
		value = value[:r.limits.Value]
	}
	old, exists := r.vars.m[name]
	if !exists && len(r.vars.m) >= r.limits.Variables {
		r.Warn("variable %q is not set: the call has %d variables already", name, r.limits.Variables)
		return
	}
	if r.vars.size+len(name)+len(value)-len(old.value) > r.limits.Memory {
		r.Warn("variable %q is not set: the call's variables would take more than %d bytes", name, r.limits.Memory)
		return
	}
	r.vars.put(name, variable{value, inherit})
}

// Inherited gives the variables that a channel made by Dial starts with, by the
// names under which it has them.
func (r *Run) Inherited() map[string]string {
	out := map[string]string{}
	for name, v := range r.vars.m {
		switch v.inherit {
		case 1:
			out[name] = v.value
		case 2:
			out["__"+name] = v.value
		}
	}
	return out
}

// Names gives the names of the channel's variables that begin with prefix, sorted.
func (r *Run) Names(prefix string) []string {
	var names []string
	for name := range r.vars.m {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Globals are the variables that all calls share.
func (r *Run) Globals() *Globals { return r.globals }

// Expand replaces variables, functions and expressions in text, as it is done to
// the arguments of every step.
func (r *Run) Expand(text string) string {
	if !strings.Contains(text, "${") && !strings.Contains(text, "$[") {
		return text
	}
	if r.expanding >= maxExpanding {
		r.Warn("EVAL stands more than %d levels deep in itself: %q is left out", maxExpanding, text)
		return ""
	}
	r.expanding++
	defer func() { r.expanding-- }()
	return expr.Expand(text, scope{r})
}

// maxExpanding bounds EVAL of a text that holds EVAL of itself.
const maxExpanding = 20

// scope is the run as expressions see it.
type scope struct{ r *Run }

func (s scope) Variable(name string) (string, bool) { return s.r.Variable(name) }

func (s scope) Function(name, args string) (string, error) { return s.r.readFunction(name, args) }

func (s scope) Warn(format string, args ...any) { s.r.Warn(format, args...) }

// Globals are variables that all calls share. They are safe for concurrent use.
type Globals struct {
	mu sync.RWMutex
	m  map[string]string
}

// maxGlobals bounds how many variables calls may add; values have Limits.Value.
const maxGlobals = 10_000

// NewGlobals makes globals with the values of a plan's [globals]; m is copied.
func NewGlobals(m map[string]string) *Globals {
	g := &Globals{m: make(map[string]string, len(m))}
	g.Load(m)
	return g
}

// Load sets what a plan's [globals] say, as a reload does; others stay.
func (g *Globals) Load(m map[string]string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	maps.Copy(g.m, m)
}

// Replace puts what a plan's [globals] say in the place of all that there is.
func (g *Globals) Replace(m map[string]string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.m = maps.Clone(m)
	if g.m == nil {
		g.m = map[string]string{}
	}
}

// Get gives a global variable.
func (g *Globals) Get(name string) (string, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	value, ok := g.m[name]
	return value, ok
}

// Set sets a global variable and tells whether there was room for it.
func (g *Globals) Set(name, value string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, exists := g.m[name]; !exists && len(g.m) >= maxGlobals {
		return false
	}
	g.m[name] = value
	return true
}

// SetGlobal sets a global variable, within the limits of this call's values.
func (r *Run) SetGlobal(name, value string) {
	if len(value) > r.limits.Value {
		r.Warn("the value of global %q has %d bytes: cut to %d", name, len(value), r.limits.Value)
		value = value[:r.limits.Value]
	}
	if name != "" && !r.globals.Set(name, value) {
		r.Warn("global %q is not set: there are %d already", name, maxGlobals)
	}
}
