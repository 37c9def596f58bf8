// Package dialplan reads Asterisk's extensions.conf and finds in it what a call needs next.
//
// [Load] makes a [Plan] of files, and tells every fault of them at once as a [Problem]. A Plan never changes, so any
// number of calls use one at the same time; a reload makes another one. A Plan has contexts, a [Context] has extensions, an
// [Extension] (a number, or a pattern such as _0[1-9]XXXXXXXX) has numbered priorities, and a [Priority] is one line:
// an application with its arguments, which stay as written.
//
//	[menu]                          context
//	exten = s,1,Answer(1000)        extension s, priority 1
//	same = n(start),Background(m)   extension s, priority 2, label start
//	exten = _X,1,Goto(office,${EXTEN},1)
//	include = night,22:00-06:00,*,*,*
//
// Three questions are asked of a Plan, each through the context's includes and for a certain caller and moment: [Plan.Find], the
// line to execute at a [Place]; [Plan.Match], whether the digits so far are an extension, or can become one; [Plan.Label],
// the number behind a label. What no file has, a [Switch] may: the contexts that objects mean.
//
// Reading order: plan.go (what a Plan is), find.go (the questions), switch.go (what is not in files), pattern.go and trie.go (how extensions match, in which order);
// then, from text to Plan: file.go (lines and comments), load.go (files, sections, templates), build.go (contexts),
// exten.go (the lines exten and same), problem.go.
//
// The package knows no application and no function. What a line costs a call is bounded by ivr, what a file costs by the
// limits in load.go.
package dialplan

import (
	"sort"
	"time"

	"dialtone/ivr/schedule"
)

// A Plan is a whole dialplan. It does not change.
type Plan struct {
	Contexts []*Context        // in the order of the files
	Globals  map[string]string // of the sections [globals], substituted; none is empty
	Settings Settings          // of the sections [general]
	Files    []string          // that it was read from, in their order

	contexts map[string]*Context
	beside   Switch // nil: there is nothing but the files
}

// Settings are what [general] can say. Only AutoFallThrough changes what a call does.
type Settings struct {
	AutoFallThrough      bool // a call that runs off the end of an extension ends; else it waits for digits. Default: true
	Static               bool
	WriteProtect         bool
	ExtenPatternMatchNew bool
	ClearGlobalVars      bool
	OverrideSwitch       string
	UsersContext         string
}

// Context finds a context of the files by its name, in which case and blanks count.
func (p *Plan) Context(name string) (*Context, bool) {
	c, ok := p.contexts[name]
	return c, ok
}

// Has tells whether the files or the switch have a context.
func (p *Plan) Has(name string) bool { return p.contexts[name] != nil || p.made(name) != nil }

// A Context is a set of extensions.
type Context struct {
	Name       string
	Pos        Pos          // of its first section
	Extensions []*Extension // in the order in which they are tried
	Includes   []*Include   // in the order of the lines
	IgnorePats []string     // after them the dial tone goes on; kept, without effect
	Switches   []SwitchLine // kept, without effect
	AutoHints  bool         // an extension without a hint stands for the phone of its number

	index int              // in Plan.Contexts
	exact map[string]*name // extensions that are no patterns, by their name without dashes
	names []string         // the keys of exact, sorted
	trie  node             // the patterns
	never []*name          // patterns that are broken

	numbers Numbers // of a switch; nil: none
}

// A SwitchLine is a line switch, lswitch or eswitch.
type SwitchLine struct {
	Kind, Text string // the directive in lower case, and what it names
	Pos        Pos
}

// An Include makes the extensions of another context reachable.
type Include struct {
	Context string             // its name
	Text    string             // the line's value: the name, and the times if there are any
	Times   *schedule.TimeSpec // when it is there; nil: always
	Pos     Pos

	target *Context // nil: no such context
}

// Open tells whether the include is there at a moment.
func (i *Include) Open(at time.Time) bool { return i.Times == nil || i.Times.Match(at) }

// An Extension is a name or a pattern in a context, for all callers or for some.
type Extension struct {
	Name       string // as in the file, without blanks: 100, _1XX, _1-800-NXX
	ForCaller  bool   // EXT/CID: for one caller only
	Caller     string // that caller's number or a pattern for it; empty: a caller without a number
	Context    *Context
	Hint       string      // devices that show its state; substituted, but for that of a pattern: see Plan.Hint
	HintName   string      // who it is, between the hint's brackets
	HintPos    Pos         // of the hint; zero if there is none
	Priorities []*Priority // by number

	caller    pattern // of Caller
	labels    map[string]*Priority
	duplicate bool // a line was refused because its priority was there already
}

// Priority gives the line with a number; nil if there is none.
func (e *Extension) Priority(number int) *Priority {
	if i := number - 1; i >= 0 && i < len(e.Priorities) && e.Priorities[i].Number == number {
		return e.Priorities[i] // there are no holes before it
	}
	if i := e.place(number); i < len(e.Priorities) && e.Priorities[i].Number == number {
		return e.Priorities[i]
	}
	return nil
}

// Label gives the line with a label; nil if there is none.
func (e *Extension) Label(label string) *Priority { return e.labels[label] }

// place is where in Priorities a number stands, or would.
func (e *Extension) place(number int) int {
	if n := len(e.Priorities); n == 0 || e.Priorities[n-1].Number < number {
		return n
	}
	return sort.Search(len(e.Priorities), func(i int) bool { return e.Priorities[i].Number >= number })
}

// A Priority is one line: what is executed at a number of an extension.
type Priority struct {
	Number    int    // from 1
	Label     string // empty: none
	App       string // the application's name as written; empty: none was
	Args      string // between its brackets, as written
	Pos       Pos    // of App
	Extension *Extension
}

// A Place is where a call is: a priority of what was dialled.
type Place struct {
	Context  string `json:"context"`
	Exten    string `json:"exten"` // as dialled, not the pattern
	Priority int    `json:"priority"`
}
