package main

import (
	"fmt"
	"strings"
	"time"

	"dialtone/ivr/dialplan"
)

type matchCommand struct {
	dataFlag
	CID     string `name:"cid" placeholder:"N" help:"The caller's number, for extensions that are for certain callers."`
	At      moment `placeholder:"TIME" help:"When it is dialled, as 2026-11-23T12:30:00+01:00, for includes that have times (default: now)."`
	JSON    bool   `help:"Print JSON."`
	Path    string `arg:"" help:"The dialplan: a file or a directory."`
	Context string `arg:"" help:"The context in which the number is looked up."`
	Number  string `arg:"" help:"What is dialled; may be empty (''): nothing yet."`
}

func (matchCommand) Help() string {
	return `Says which extension answers when a number is dialled, by way of which includes it was found, and which others come close: those that
match, too, but are tried later, those for other callers, those behind an include outside its times, and those that more digits
would make. The objects of the data directory stand beside the files. Exists, can match and match more are the three questions that are asked while digits are collected.

Examples:
  dialtone match extensions_extra.d default 8899
  dialtone match menu.conf menu 12 --cid 0102030405
  dialtone match incoming.conf from-trunk 0123 --at 2026-12-25T10:00:00+01:00 --json
  dialtone match menu.conf menu ''`
}

// maxOthers bounds what is listed beside the answer.
const maxOthers = 20

// matched is the answer, as --json prints it.
type matched struct {
	Match     *string  `json:"match"` // as in the file; null: none
	Exists    bool     `json:"exists"`
	CanMatch  bool     `json:"canMatch"`
	MatchMore bool     `json:"matchMore"`
	Caller    *string  `json:"caller,omitempty"` // of EXT/CID
	Context   string   `json:"context,omitempty"`
	Path      []string `json:"path,omitempty"` // contexts, from the one that was asked
	File      string   `json:"file,omitempty"`
	Line      int      `json:"line,omitempty"`
	Others    []other  `json:"others"`
	More      int      `json:"more,omitempty"` // others that are not listed
}

// other is an extension that comes close.
type other struct {
	Extension string       `json:"extension"`
	Caller    *string      `json:"caller,omitempty"`
	Path      []string     `json:"path"`
	Why       dialplan.Why `json:"why"`
	Text      string       `json:"text"`
	File      string       `json:"file"`
	Line      int          `json:"line"`
}

// Run looks the number up.
func (c matchCommand) Run() error {
	objects, err := openKept(c.Data)
	if err != nil {
		return err
	}
	defer objects.Close()
	plan, err := loadPlan([]string{c.Path}, objects.beside())
	if err != nil {
		return err
	}
	if !plan.Has(c.Context) {
		return fmt.Errorf("%s has no context [%s]%s", c.Path, c.Context, nearContext(plan, c.Context))
	}
	at := time.Time(c.At)
	if at.IsZero() {
		at = time.Now()
	}
	m := look(plan, c.Context, c.Number, c.CID, at)
	if c.JSON {
		return printJSON(m)
	}
	fmt.Print(m.text(c.Number))
	return nil
}

// look asks the plan.
func look(plan *dialplan.Plan, context, number, caller string, at time.Time) matched {
	answer := plan.Match(context, number, caller, at)
	m := matched{Exists: answer.Exists, CanMatch: answer.CanMatch, MatchMore: answer.MatchMore, Others: []other{}}
	for _, c := range plan.Explain(context, number, caller, at) {
		e, pos := c.Extension, position(c.Extension)
		var forCaller *string
		if e.ForCaller {
			forCaller = &e.Caller
		}
		switch {
		case c.Why == dialplan.Answers:
			m.Match, m.Caller, m.Context, m.Path, m.File, m.Line = &e.Name, forCaller, e.Context.Name, c.Path, pos.File, pos.Line
		case len(m.Others) == maxOthers:
			m.More++
		default:
			m.Others = append(m.Others, other{e.Name, forCaller, c.Path, c.Why, c.Text, pos.File, pos.Line})
		}
	}
	return m
}

// position is where an extension begins.
func position(e *dialplan.Extension) dialplan.Pos {
	if len(e.Priorities) == 0 {
		return e.HintPos
	}
	return e.Priorities[0].Pos
}

// maxContexts bounds how many contexts a message names.
const maxContexts = 8

// nearContext suggests the context that was meant, or names those that there are.
func nearContext(plan *dialplan.Plan, name string) string {
	var names []string
	for _, c := range plan.Contexts {
		names = append(names, c.Name)
	}
	if near := dialplan.Nearest(name, names, 3); near != "" {
		return fmt.Sprintf(" (did you mean [%s]?)", near)
	}
	switch more := len(names) - maxContexts; {
	case len(names) == 0:
		return "; it has none"
	case more > 0:
		return fmt.Sprintf("; it has [%s] and %d more", strings.Join(names[:maxContexts], "], ["), more)
	}
	return fmt.Sprintf("; it has [%s]", strings.Join(names, "], ["))
}

// text is the answer for people.
func (m matched) text(number string) string {
	var b strings.Builder
	dialled := number
	if number == "" {
		dialled = "nothing"
	}
	if m.Match == nil {
		fmt.Fprintf(&b, "%s is no extension\n", dialled)
	} else {
		fmt.Fprintf(&b, "%s is %s  %s:%d\n", dialled, extension(*m.Match, m.Caller, m.Path), m.File, m.Line)
	}
	fmt.Fprintf(&b, "exists %s, can match %s, match more %s\n", yesNo(m.Exists), yesNo(m.CanMatch), yesNo(m.MatchMore))
	for _, o := range m.Others {
		fmt.Fprintf(&b, "  not %s: %s  %s:%d\n", extension(o.Extension, o.Caller, o.Path), o.Text, o.File, o.Line)
	}
	if m.More > 0 {
		fmt.Fprintf(&b, "  and %d more\n", m.More)
	}
	return b.String()
}

// extension is an extension with the way to it.
func extension(name string, caller *string, path []string) string {
	if caller != nil {
		name += "/" + *caller
	}
	return name + " in [" + strings.Join(path, "] ← [") + "]"
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
