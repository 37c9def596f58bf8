package check

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"dialtone/ivr"
)

// kind is what an argument must be. What a variable makes is not judged.
type kind int

const (
	anything kind = iota
	number        // an integer or a fraction, with a sign perhaps
	duration      // a number that is not negative
	count         // an integer that is not negative
	name          // the name of a variable
	place         // a context
)

// signature is what an application wants of its arguments, in their order.
type signature struct {
	needs string // what the first argument is, which must be there; empty: it need not be
	ends  bool   // without it the call ends
	kinds []kind
}

var signatures = map[string]signature{
	"answer":           {kinds: []kind{duration}},
	"wait":             {needs: "a number of seconds", kinds: []kind{duration}},
	"waitexten":        {kinds: []kind{duration}},
	"waitdigit":        {kinds: []kind{duration}},
	"waituntil":        {needs: "a time in seconds since 1970", kinds: []kind{number}},
	"busy":             {kinds: []kind{duration}},
	"congestion":       {kinds: []kind{duration}},
	"playback":         {needs: "the name of a sound", ends: true},
	"background":       {needs: "the name of a sound", ends: true, kinds: []kind{anything, anything, anything, place}},
	"backgrounddetect": {needs: "the name of a sound", ends: true, kinds: []kind{anything, count, count, count, count}},
	"controlplayback":  {needs: "the name of a sound", ends: true, kinds: []kind{anything, count}},
	"read":             {needs: "the name of a variable", kinds: []kind{name, anything, count, anything, count, duration}},
	"readexten":        {needs: "the name of a variable", kinds: []kind{name, anything, place, anything, duration}},
	"goto":             {needs: "a target: [[context,]extension,]priority", ends: true},
	"gosub":            {needs: "a target: [[context,]extension,]priority", ends: true},
	"set":              {needs: "name=value"},
	"mset":             {needs: "name=value"},
	"exec":             {needs: "an application"},
	"tryexec":          {needs: "an application"},
	"execif":           {needs: "condition?App(arguments)", ends: true},
	"execiftime":       {needs: "times?App(arguments)", ends: true},
	"gotoif":           {needs: "condition?target"},
	"gosubif":          {needs: "condition?target"},
	"gotoiftime":       {needs: "times?target", ends: true},
	"while":            {needs: "a condition, or it never repeats"},
	"if":               {needs: "a condition"},
	"elseif":           {needs: "a condition"},
	"dial":             {needs: "a destination", kinds: []kind{anything, anything}},
	"record":           {needs: "the name of a file with its format", ends: true, kinds: []kind{anything, duration, duration}},
	"mixmonitor":       {needs: "the name of a file", ends: true},
	"playtones":        {needs: "the name of a tone", ends: true},
	"saynumber":        {needs: "a number", ends: true, kinds: []kind{number}},
	"saydigits":        {needs: "digits"},
	"sayalpha":         {needs: "a text"},
	"sayphonetic":      {needs: "a text"},
	"senddtmf":         {needs: "digits", kinds: []kind{anything, count, count}},
	"sendtext":         {needs: "a text"},
	"transfer":         {needs: "a destination"},
	"userevent":        {needs: "the name of an event", ends: true},
	"verbose":          {needs: "a text"},
	"log":              {needs: "a level and a text"},
	"system":           {needs: "a command", ends: true},
	"trysystem":        {needs: "a command"},
	"agi":              {needs: "an address or a program", ends: true},
	"waitforsilence":   {kinds: []kind{count, count, count}},
	"waitfornoise":     {kinds: []kind{count, count, count}},
}

// arguments checks the number and the kind of a call's arguments.
func (c *checker) arguments(call call) {
	c.brackets(call)
	s, known := signatures[call.name]
	if !known {
		c.particular(call)
		return
	}
	list := call.args.arguments()
	if s.needs != "" && strings.TrimSpace(list[0].text) == "" && !strings.Contains(call.args.text, "?") {
		switch {
		case call.args.text == "" && s.ends:
			c.add(Arguments, Error, call.nameAt, "", "%s needs %s: the call ends here", call.app, s.needs)
			return
		case call.args.text == "" || s.kinds != nil && s.kinds[0] == name:
			c.add(Arguments, Warning, call.nameAt, "", "%s needs %s", call.app, s.needs)
			return
		}
	}
	for i, k := range s.kinds {
		if i < len(list) && list[i].text != "" && list[i].fixed() {
			c.kind(call, list[i], k)
		}
	}
	c.particular(call)
}

var (
	aNumber   = regexp.MustCompile(`^\s*[-+]?(\d+\.?\d*|\.\d+)\s*$`)
	aCount    = regexp.MustCompile(`^\s*[-+]?\d+\s*$`)
	aVariable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*(\(.*\))?$`)
)

// kind checks one argument.
func (c *checker) kind(call call, p part, k kind) {
	negative := strings.HasPrefix(strings.TrimSpace(p.text), "-")
	switch k {
	case number:
		if !aNumber.MatchString(p.text) {
			c.add(Arguments, Warning, p.at, "", "%s: %q is not a number", call.app, p.text)
		}
	case duration, count:
		switch {
		case negative && aNumber.MatchString(p.text):
			c.add(Arguments, Warning, p.at, "", "%s: %q is negative, which counts as if it were not there", call.app, p.text)
		case k == duration && !aNumber.MatchString(p.text):
			c.add(Arguments, Warning, p.at, "", "%s: %q is not a number, it counts as if it were not there", call.app, p.text)
		case k == count && !aCount.MatchString(p.text):
			c.add(Arguments, Warning, p.at, "", "%s: %q is not a whole number, it counts as if it were not there", call.app, p.text)
		}
	case name:
		if !aVariable.MatchString(p.text) {
			c.add(Arguments, Warning, p.at, "", "%s: %q is not the name of a variable", call.app, p.text)
		}
	case place:
		if !c.plan.Has(p.text) {
			c.add(Nowhere, Warning, p.at, c.nearest(p.text, c.names.contexts), "%s: there is no context %q", call.app, p.text)
		}
	}
}

// bracketed are the applications whose arguments have balanced brackets; those of others are a text.
var bracketed = set(`goto gotoif gotoiftime gosub gosubif execif execiftime exec tryexec playback background read readexten dial hangup
	wait waitexten while if elseif answer controlplayback record`)

// brackets tells of brackets that do not fit together.
func (c *checker) brackets(call call) {
	if !bracketed[call.name] || call.nameAt >= 0 {
		return
	}
	unclosed := false
	references(call.args, func(r *reference) { unclosed = unclosed || r.unclosed })
	if unclosed {
		return // told already
	}
	depth, quoted := 0, false
	for i := 0; i < len(call.args.text); i++ {
		switch call.args.text[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case '(':
			if !quoted {
				depth++
			}
		case ')':
			if quoted {
				continue
			}
			if depth--; depth < 0 {
				c.add(Unclosed, Warning, i, "", "%s: this bracket closes nothing: the arguments go on to the last bracket of the line", call.app)
				return
			}
		}
	}
	if quoted && strings.Count(call.args.without(""), `"`)%2 == 1 {
		c.add(Unclosed, Warning, call.args.at, "", "%s: a quote in the arguments is not closed", call.app)
	}
	if depth > 0 && !quoted {
		c.add(Unclosed, Warning, call.args.at, "", "%s: a bracket in the arguments is not closed", call.app)
	}
}

// particular checks what is particular to an application.
func (c *checker) particular(call call) {
	list := call.args.arguments()
	switch call.name {
	case "goto":
		if len(list) > 3 && call.args.fixed() {
			c.add(Arguments, Warning, list[3].at, "", "%s has more than context, extension and priority: %q is ignored", call.app, list[3].text)
		}
	case "gosub":
		if target := call.args.beforeBracket().split(','); len(target) > 3 {
			c.add(Arguments, Warning, target[3].at, "", "%s: the arguments of the subroutine stand in brackets behind the priority: %s(%s,%s,%s(…))",
				call.app, call.app, target[0].text, target[1].text, target[2].text)
		}
	case "gotoif", "gosubif", "gotoiftime":
		c.twoBranches(call)
	case "execif", "execiftime":
		if _, yes, _, question := call.args.branches(); call.args.text != "" && (!question || strings.TrimSpace(yes.text) == "" && !strings.Contains(call.args.text, ":")) {
			c.add(Arguments, Error, call.args.at, "", "%s needs condition?App(arguments): the call ends here", call.app)
		}
	case "set":
		c.setArguments(call)
	case "mset":
		for _, pair := range list {
			if !strings.Contains(pair.text, "=") && pair.text != "" {
				c.add(Arguments, Warning, pair.at, "", "%s: no = in %q: nothing is set", call.app, pair.text)
			} else if name, _, _ := pair.cut('='); pair.text != "" {
				c.writtenFunction(name)
			}
		}
	case "hangup":
		c.cause(list[0])
	case "dial":
		c.dial(call)
	case "verbose":
		if len(list) > 1 && list[0].fixed() && !aCount.MatchString(list[0].text) && !strings.Contains(list[0].text, " ") {
			c.add(Arguments, Warning, list[0].at, "", "%s: %q is not a level from 0 to 10", call.app, list[0].text)
		}
	case "log":
		levels := []string{"ERROR", "WARNING", "NOTICE", "DEBUG", "VERBOSE", "DTMF"}
		if level := list[0]; level.text != "" && level.fixed() && !slices.Contains(levels, strings.ToUpper(level.text)) {
			c.add(Arguments, Warning, level.at, c.nearest(level.text, levels), "%s: %q is not a level: nothing is logged", call.app, level.text)
		}
	case "playtones":
		if _, err := ivr.ParseTones(call.args.text); err != nil && call.args.text != "" && call.args.fixed() {
			c.add(Arguments, Error, call.args.at, "", "%s: %v: the call ends here", call.app, err)
		}
	case "record":
		if file := list[0]; file.text != "" && file.fixed() && !strings.ContainsAny(file.text, ".:") {
			c.add(Arguments, Error, file.at, file.text+".wav", "%s: %q has no format behind a dot: the call ends here", call.app, file.text)
		} else {
			c.tape(call, file, false)
		}
	case "mixmonitor":
		options := ""
		if len(list) > 1 {
			options = inBrackets.ReplaceAllString(list[1].text, "")
		}
		c.tape(call, list[0], strings.Contains(options, "D"))
	}
}

var inBrackets = regexp.MustCompile(`\([^()]*\)`)

// tape checks the format of a recording, as far as it is a text.
func (c *checker) tape(call call, file part, stereo bool) {
	format := file.text[strings.LastIndexAny(file.text, ".:")+1:]
	if format == file.text || strings.ContainsAny(format, "${}/") {
		return
	}
	canStereo, written := ivr.TapeFormats[strings.TrimSpace(format)]
	switch {
	case !written:
		c.add(Arguments, Warning, file.at, c.nearest(format, slices.Sorted(maps.Keys(ivr.TapeFormats))), "%s: the format %q is not written: nothing is recorded", call.app, format)
	case stereo && !canStereo:
		c.add(Arguments, Warning, file.at, "", "%s: with option D the format is wav, sln or raw: nothing is recorded", call.app)
	}
}

// twoBranches checks condition?yes:no of jumps.
func (c *checker) twoBranches(call call) {
	if call.args.text == "" {
		return
	}
	_, yes, no, question := call.args.branches()
	switch {
	case !question:
		c.add(Arguments, Warning, call.args.at, "", "%s without a ? goes nowhere: the call goes on with the next line", call.app)
	case yes.text == "" && no.text == "":
		c.add(Arguments, Warning, yes.at, "", "%s has no target: the call goes on with the next line", call.app)
	}
}

// fixedVariables are those that a Set does not change.
var fixedVariables = set("EXTEN CONTEXT PRIORITY EPOCH HANGUPCAUSE CHANNEL UNIQUEID RTPAUDIOQOS")

// several is what looks like a second variable in a Set.
var several = regexp.MustCompile(`^[^"(){}\[\]]*,\s*[A-Za-z_]\w*=`)

// setArguments checks NAME=VALUE.
func (c *checker) setArguments(call call) {
	if call.args.text == "" {
		return
	}
	name, value, equals := call.args.cut('=')
	switch plain := strings.TrimLeft(name.text, "_"); {
	case !equals:
		c.add(Arguments, Warning, call.args.at, "", "%s: no = in %q: nothing is set", call.app, clip(call.args.text))
	case strings.TrimSpace(plain) == "":
		c.add(Arguments, Warning, name.at, "", "%s: no name before the =: nothing is set", call.app)
	case fixedVariables[plain]:
		c.add(Arguments, Warning, name.at, "", "%s of %s has no effect: the call itself gives it its value", call.app, plain)
	case strings.TrimSpace(name.text) != name.text && !strings.Contains(name.text, "("):
		c.add(Arguments, Warning, name.at, strings.TrimSpace(name.text), "%s: the blanks are part of the variable's name %q", call.app, name.text)
	case several.MatchString(value.text) && !strings.Contains(name.text, "("):
		c.add(Arguments, Warning, value.at, "MSet", "%s sets one variable: all of %q is the value of %s", call.app, clip(value.text), name.text)
	default:
		c.writtenFunction(name)
		c.indirect(call, name)
		if strings.HasPrefix(name.text, "TIMEOUT(") && value.text != "" && value.fixed() && !aNumber.MatchString(value.text) {
			c.add(Arguments, Warning, value.at, "", "%s: %q is not a number of seconds: it counts as 0", name.text, value.text)
		}
	}
}

// indirect tells of Set(${NAME}=…) where NAME holds what is no name.
func (c *checker) indirect(call call, name part) {
	inner := strings.TrimSuffix(strings.TrimPrefix(name.text, "${"), "}")
	u := c.vars[inner]
	if "${"+inner+"}" != name.text || u == nil {
		return
	}
	for _, a := range u.sets {
		if a.self || a.fixed && aNumber.MatchString(a.value) {
			c.add(Arguments, Warning, name.at, inner, "%s of %s sets the variable of which it holds the name, but it holds a number", call.app, name.text)
			return
		}
	}
}

// functionItems are the words that a function takes as its argument.
var functionItems = map[string][]string{
	"TIMEOUT":  {"digit", "response", "absolute"},
	"CALLERID": {"all", "name", "num", "number", "ani", "ani-num", "dnid", "rdnis", "pres", "num-pres", "name-pres", "num-valid", "name-valid", "ton"},
	"CHANNEL": {"name", "state", "language", "channeltype", "context", "exten", "uniqueid", "linkedid", "accountcode", "musicclass", "amaflags", "hangupsource", "rtcp", "rtpqos",
		"hangup_handler_push", "hangup_handler_pop", "hangup_handler_wipe"},
}

// functionArguments checks the arguments of a function.
func (c *checker) functionArguments(function string, args part) {
	item := argument(args.arguments(), 0)
	if words := functionItems[function]; words != nil && item.fixed() && !slices.Contains(words, strings.ToLower(strings.TrimSpace(item.text))) {
		c.add(Arguments, Warning, item.at, c.nearest(item.text, words), "%s: %q is not one of %s", function, item.text, strings.Join(words, ", "))
		return
	}
	switch function {
	case "IF", "IFTIME":
		condition, _, _, question := args.branches()
		if !question {
			c.add(Arguments, Warning, args.at, "", "%s without a ? is an empty text", function)
			return
		}
		if function == "IF" {
			c.condition(condition, "IF")
		} else {
			c.timeSpec(condition)
		}
	}
}
