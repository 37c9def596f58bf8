package check

import (
	"regexp"
	"slices"
	"strings"
)

// variables is what the lines of a plan do with variables.
type variables struct {
	vars      map[string]*usage
	setByApps map[string]bool   // by an application, as its own documentation says
	prefixes  []string          // Set(NAME${X}=…): how names begin that are set
	folded    map[string]string // variables that are set, by their names in lower case
	outside   bool              // a program or an unknown name may set any
}

// usage is where a variable is set and read.
type usage struct {
	sets  []assignment
	reads []reading
}

// assignment is a place where a variable is set.
type assignment struct {
	node  int32
	at    int    // of the name in the line's arguments
	value string // as written
	fixed bool   // value is what it gets, but for other variables in it
	self  bool   // its own value is part of the new one
}

// reading is a place where a variable is read.
type reading struct {
	node   int32
	at     int
	tested bool // whether it is set is what the line wants to know
	sum    bool // as a number, which a variable that is not set is not
}

func (v *variables) usage(name string) *usage {
	u := v.vars[name]
	if u == nil {
		u = &usage{}
		v.vars[name] = u
	}
	return u
}

// collectVariables prepares the variables; collect fills them.
func (c *checker) collectVariables() {
	c.vars, c.setByApps = map[string]*usage{}, map[string]bool{}
	for _, app := range c.known.Apps {
		for _, name := range app.Sets {
			c.setByApps[name] = true
		}
	}
	for name, value := range c.plan.Globals {
		u := c.usage(name)
		u.sets = append(u.sets, assignment{node: -1, value: value, fixed: true})
	}
}

// collect notes what a line does with variables.
func (c *checker) collect(at int32) {
	n := &c.nodes[at]
	for _, call := range n.calls {
		c.collectSets(at, call)
	}
	args := part{n.line.Args, 0}
	references(args, func(r *reference) {
		if r.open != '{' {
			return
		}
		name, inside, function := r.name()
		if !function {
			if strings.Contains(name, "$") {
				return
			}
			c.read(name, reading{node: at, at: r.at, tested: tests(r), sum: sums(r)})
			return
		}
		first := inside.split(',')[0]
		if target, value, ok := inside.cut('='); ok && name == "SET" {
			c.assign(at, target, value, true)
		}
		if !first.fixed() {
			return
		}
		switch {
		case name == "INC" || name == "DEC":
			c.read(first.text, reading{node: at, at: first.at, sum: true})
			c.set(first.text, assignment{node: at, at: first.at, self: true})
		case name == "SHIFT" || name == "POP":
			c.read(first.text, reading{node: at, at: first.at})
		case takesName[name] && !strings.Contains(first.text, "("):
			c.read(first.text, reading{node: at, at: first.at, tested: tests(r)})
		}
	})
}

// takesName are the functions whose first argument is the name of a variable.
var takesName = set("CUT FIELDQTY FIELDNUM LISTFILTER REPLACE STRREPLACE STRBETWEEN GLOBAL LOCAL HASH HASHKEYS JSON_DECODE")

// collectSets notes the variables that a call sets.
func (c *checker) collectSets(at int32, call call) {
	list := call.args.arguments()
	switch call.name {
	case "set":
		name, value, ok := call.args.cut('=')
		if ok {
			c.assign(at, name, value, true)
		} else if word, _, blank := call.args.cut(' '); blank {
			c.assign(at, word, part{}, false) // probably meant, and told
		}
	case "mset":
		for _, pair := range list {
			if name, value, ok := pair.cut('='); ok {
				value.text = strings.Trim(value.text, `"`)
				c.assign(at, name, value, true)
			}
		}
	case "read", "readexten":
		c.assign(at, list[0], part{}, false)
	case "mixmonitor":
		if name, ok := argument(list, 1).option('i'); ok {
			c.assign(at, name, part{}, false)
		}
	case "agi", "eagi", "deadagi", "stasis", "externalivr":
		c.outside = true
	}
}

// assign notes that NAME, _NAME or FUNCTION(NAME) is set.
func (c *checker) assign(at int32, name, value part, fixed bool) {
	if open := strings.IndexByte(name.text, '('); open > 0 && strings.HasSuffix(name.text, ")") {
		function := name.text[:open]
		inside := part{name.text[open+1 : len(name.text)-1], name.at + open + 1}
		switch function {
		case "GLOBAL", "LOCAL":
			c.assign(at, inside, value, fixed)
		case "ARRAY":
			for _, element := range inside.split(',') {
				c.assign(at, element.trim(), part{}, false)
			}
		case "PUSH", "UNSHIFT", "HASH":
			c.assign(at, inside.split(',')[0], part{}, false)
		}
		return
	}
	trimmed := strings.TrimLeft(name.text, "_")
	name = part{trimmed, name.at + len(name.text) - len(trimmed)}
	if !name.fixed() {
		prefix, _, _ := strings.Cut(name.text, "$")
		if prefix == "" {
			c.outside = true
		} else if !slices.Contains(c.prefixes, prefix) {
			c.prefixes = append(c.prefixes, prefix)
		}
		return
	}
	a := assignment{node: at, at: name.at, value: value.text, fixed: fixed}
	references(value, func(r *reference) {
		read, inside, function := r.name()
		if r.open == '{' && (read == name.text || function && inside.split(',')[0].text == name.text) {
			a.self = true
		}
	})
	c.set(name.text, a)
	if trimmed := strings.TrimSpace(name.text); trimmed != name.text {
		c.set(trimmed, assignment{node: at, at: name.at}) // probably meant, and told
	}
	for _, other := range also.FindAllStringSubmatch(value.text, -1) {
		c.set(other[1], assignment{node: at, at: name.at})
	}
}

// also is a further variable in a Set, which is one for MSet.
var also = regexp.MustCompile(`,\s*([A-Za-z_]\w*)=`)

func (c *checker) set(name string, a assignment) {
	u := c.usage(name)
	u.sets = append(u.sets, a)
}

func (c *checker) read(name string, r reading) {
	u := c.usage(name)
	u.reads = append(u.reads, r)
}

// tests tells that a reading asks whether the variable is set at all: it is compared
// with nothing, or a function asks for its length.
func tests(r *reference) bool {
	for o := r.outer; o != nil; o = o.outer {
		if o.open == '[' && strings.Contains(o.text, `""`) {
			return true
		}
	}
	return r.within("EXISTS", "ISNULL", "LEN")
}

// operand is what follows a number in a sum.
var operand = regexp.MustCompile(`^\s*([-+*/%]|[<>]=?)`)

// sums tells that a variable stands by itself in a sum or before a comparison by
// size: the expression makes no sense when it is empty.
func sums(r *reference) bool {
	o := r.outer
	if o == nil || o.open != '[' {
		return false
	}
	from := r.dollar - o.at
	before := strings.TrimSpace(o.text[:from])
	if before != "" && before[len(before)-1] != '(' {
		return false
	}
	return r.before != '"' && operand.MatchString(o.text[r.end-o.at:]) && (before != "" || r.before == 0 || r.before == ' ')
}

// changes tells how lines change a variable: those that make another value of its
// own, whether one sets it back to a constant, and whether one does something else.
func (c *checker) changes(name string, inside map[int32]bool) (grows []int32, back, other bool) {
	u := c.vars[name]
	if u == nil {
		return nil, false, false
	}
	for _, a := range u.sets {
		switch {
		case a.node < 0 || !inside[a.node]:
		case a.self:
			grows = append(grows, a.node)
		case a.fixed && (part{text: a.value}).fixed():
			back = true
		default:
			other = true
		}
	}
	return grows, back, other
}

// timeLimited tells whether the plan limits how long calls last.
func (c *checker) timeLimited() bool {
	for i := range c.nodes {
		for _, call := range c.nodes[i].calls {
			if call.name == "set" && strings.HasPrefix(call.args.text, "TIMEOUT(absolute)=") {
				return true
			}
		}
	}
	return false
}

// constant gives the value of a variable that the plan sets to one value only.
func (c *checker) constant(name string) (string, bool) {
	u := c.vars[name]
	if u == nil || len(u.sets) == 0 || c.setByApps[name] || builtin(name) {
		return "", false
	}
	for _, prefix := range c.prefixes {
		if strings.HasPrefix(name, prefix) {
			return "", false
		}
	}
	for _, a := range u.sets {
		if !a.fixed || a.self || a.value != u.sets[0].value {
			return "", false
		}
	}
	return u.sets[0].value, true
}

// resolve replaces ${NAME} of constants; ok is false if another variable is left.
func (c *checker) resolve(text string) (resolved string, ok bool) {
	for range 20 {
		start := strings.Index(text, "${")
		if start < 0 {
			return text, !strings.Contains(text, "$[")
		}
		end := strings.IndexByte(text[start:], '}')
		if end < 0 {
			return "", false
		}
		value, constant := c.constant(text[start+2 : start+end])
		if !constant {
			return "", false
		}
		text = text[:start] + value + text[start+end+1:]
	}
	return "", false
}
