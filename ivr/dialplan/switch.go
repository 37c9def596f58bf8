package dialplan

import "iter"

// A Switch has contexts beside those of the files: those that objects mean, made when a question is asked, as they are at
// that moment. (Asterisk's word for such a source is a switch, too; there a line names it, here it stands beside all files.)
//
// A context that both have is one: what the files say is found first, numbers before patterns:
//
//	numbers of the files, then of the switch
//	patterns of the files, then of the switch
//	includes of the files, then of the switch
type Switch interface {
	// Context gives what there is under a context's name, nil if there is nothing. It is asked at each question, by many
	// calls at once, so it does not wait. What it gave does not change.
	Context(name string) *Context
}

// Numbers are a context's extensions without a pattern which are so many that each is made when it is asked for. They are
// the same for all callers, and have a priority 1.
type Numbers interface {
	// Number gives the extension of a number, nil if there is none. It does not change.
	Number(exten string) *Extension
	// From gives the numbers that begin with digits, in the order of their bytes.
	From(digits string) iter.Seq[string]
}

// With is the plan with a switch beside its files.
func (p *Plan) With(s Switch) *Plan {
	with := *p
	with.beside = s
	return &with
}

// made gives what the switch has under a context's name; nil: nothing.
func (p *Plan) made(name string) *Context {
	if p.beside == nil {
		return nil
	}
	return p.beside.Context(name)
}

// Read makes the context that a text means, for a switch: the lines of one section and its head, with numbers beside those that
// the text has (nil: none). file is what the text is called where its lines are told of. An include may name a context that
// is elsewhere.
func Read(file, text string, numbers Numbers) (*Context, []Problem) {
	parsed, problems := Parse(file, []byte(text))
	var read section
	for i := range parsed.Lines {
		switch line := &parsed.Lines[i]; line.Kind {
		case Section:
			read.name, read.pos = line.Key, line.pos(line.keyAt)
		case Setting:
			read.lines = append(read.lines, line)
		}
	}
	plan, more := build([]*section{&read}, LoadOptions{Switch: everywhere{}})
	c := plan.contexts[read.name]
	if c == nil { // a section such as [globals]
		return nil, append(problems, more...)
	}
	c.numbers = numbers
	return c, append(problems, more...)
}

// everywhere is the switch that has every context.
type everywhere struct{}

// Context makes it a Switch.
func (everywhere) Context(string) *Context { return &Context{} }

// number gives the extensions of a name that is no pattern.
func (c *Context) number(exten string) *name {
	if m := c.exact[exten]; m != nil || c.numbers == nil {
		return m
	}
	if e := c.numbers.Number(exten); e != nil {
		return &name{variants: []*Extension{e}}
	}
	return nil
}

// Patterns gives the context's own patterns that fit what was dialled, whoever calls, in the order in which they are tried.
func (c *Context) Patterns(dialled string) (list []*Extension) {
	c.trie.match(plain(dialled), func(m *name) bool {
		list = append(list, m.variants...)
		return false
	})
	return list
}

// goesOn tells whether one of the numbers begins with digits and goes on.
func goesOn(numbers Numbers, digits string) bool {
	for number := range numbers.From(digits) {
		if len(number) > len(digits) {
			return true
		}
	}
	return false
}
