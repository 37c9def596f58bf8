package check

import (
	"strconv"
	"strings"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

// jump is a place that a line names: where it goes, or calls a subroutine.
type jump struct {
	part
	context, exten, priority string // as named; empty: the present ones
	sub                      bool   // a subroutine is called
	after                    bool   // the priority behind it counts, too: Dial's G
	computed                 bool   // a variable gives a part of it
	resolved                 bool   // constants of the plan were put in
	asked                    bool   // only where the dialplan says that there is such a place
	parts                    int
}

// jumps are the places that a call names.
func (c *checker) jumps(p *dialplan.Priority, call call) []jump {
	var list []jump
	add := func(target part, separator string, sub bool) *jump {
		if target.text == "" {
			return &jump{}
		}
		list = append(list, c.jump(target, separator, sub))
		return &list[len(list)-1]
	}
	args := call.args
	switch call.name {
	case "goto":
		add(args, ",", false)
	case "gosub":
		add(args.beforeBracket(), ",", true)
	case "gotoif", "gotoiftime":
		condition, yes, no, _ := args.branches()
		add(yes, ",", false).asked = asksForPlace(condition)
		add(no, ",", false)
	case "gosubif":
		condition, yes, no, _ := args.branches()
		add(yes.beforeBracket(), ",", true).asked = asksForPlace(condition)
		add(no.beforeBracket(), ",", true)
	case "channelredirect":
		if list := args.split(','); len(list) == 4 {
			add(part{args.text[list[1].at-args.at:], list[1].at}, ",", false)
		}
	case "dial":
		options := argument(args.arguments(), 2)
		if target, ok := options.option('G'); ok {
			add(target, "^", false).after = true
		}
		if target, ok := options.option('F'); ok {
			add(target, "^", false)
		}
		if target, ok := options.option('U'); ok {
			if list := target.split('^'); list[0].text != "" {
				add(part{list[0].text + "^s^1", target.at}, "^", true)
			}
		}
		for _, letter := range []byte("bB") {
			if target, ok := options.option(letter); ok {
				add(target.beforeBracket(), "^", true)
			}
		}
	case "set":
		name, value, _ := args.cut('=')
		switch {
		case strings.HasPrefix(name.text, "CHANNEL(hangup_handler_"):
			add(value.beforeBracket(), ",", true)
		case name.text == "GOSUB_RESULT" && strings.HasPrefix(value.text, "GOTO:"):
			add(part{value.text[len("GOTO:"):], value.at + len("GOTO:")}, "^", false)
		}
	}
	return list
}

// jump takes a target apart: [[context,]extension,]priority.
func (c *checker) jump(target part, separator string, sub bool) jump {
	j := jump{part: target, sub: sub}
	list := target.split(separator[0])
	j.parts = len(list)
	fields := make([]string, len(list))
	for i, field := range list {
		value, constant := c.resolve(field.text)
		if constant && value != field.text {
			j.resolved = true
		}
		j.computed = j.computed || !constant
		fields[i] = value
		if !constant {
			fields[i] = field.text
		}
	}
	if len(list) == 1 && j.resolved { // a constant that is a whole target
		fields = strings.Split(fields[0], separator)
	}
	switch len(fields) {
	case 1:
		j.priority = fields[0]
	case 2:
		j.exten, j.priority = fields[0], fields[1]
	default:
		j.context, j.exten, j.priority = fields[0], fields[1], fields[2]
	}
	return j
}

// relative is the number that +n or -n makes of the present priority.
func (j jump) relative(from *dialplan.Priority) (number int, ok bool) {
	if !strings.HasPrefix(j.priority, "+") && !strings.HasPrefix(j.priority, "-") {
		return 0, false
	}
	n, isNumber := ivr.LeadingInt(j.priority)
	return from.Number + n, isNumber
}

// lines are the lines to which a jump from a line leads; none: nowhere, or nothing
// is known.
func (c *checker) lines(from *dialplan.Priority, j jump) []*dialplan.Priority {
	if j.computed {
		return nil
	}
	exten, priority := j.exten, j.priority
	if exten == "" {
		exten = from.Extension.Name
	}
	if n, ok := j.relative(from); ok {
		priority = strconv.Itoa(n)
	}
	if j.context != "" {
		return c.find(j.context, exten, priority)
	}
	return c.findFrom(from.Extension.Context.Name, exten, priority)
}

// asksForPlace tells whether a condition is that a place of the dialplan exists.
func asksForPlace(condition part) bool {
	return strings.HasPrefix(condition.text, "${DIALPLAN_EXISTS(") || strings.HasPrefix(condition.text, "${VALID_EXTEN(")
}

// target checks that the place that a jump names exists, unless the line asks that itself.
func (c *checker) target(j jump) {
	if j.asked {
		return
	}
	if j.context != "" && !strings.Contains(j.context, "$") {
		if !c.plan.Has(j.context) {
			severity := Error
			if j.resolved {
				severity = Warning
			}
			c.add(Nowhere, severity, j.at, c.nearest(j.context, c.names.contexts), "the jump to %q leads nowhere: there is no context %q", j.text, j.context)
			return
		}
	}
	if j.computed {
		return
	}
	if trimmed := strings.TrimSpace(j.priority); trimmed != j.priority && strings.ContainsAny(trimmed[:min(1, len(trimmed))], "+-") {
		c.add(Nowhere, Warning, j.at, trimmed, "the blank before %q makes it the priority of this number, not one so many lines on", trimmed)
		return
	}
	if len(c.lines(c.here, j)) > 0 {
		return
	}
	if n, ok := j.relative(c.here); ok && n < 1 && !j.sub {
		c.add(Nowhere, Warning, j.at, "", "the jump to %q leads before the first priority: the call goes on here", j.text)
		return
	}
	c.nowhere(j)
}

// nowhere says what of a target is missing.
func (c *checker) nowhere(j jump) {
	context, exten, priority := j.context, j.exten, j.priority
	if context == "" {
		context = c.here.Extension.Context.Name
	}
	if exten == "" {
		exten = c.here.Extension.Name
	}
	known := exten == c.here.Extension.Name && j.context == ""
	known = known || len(c.find(context, exten, "1")) > 0
	if !known && !c.hasExtension(context, exten) {
		severity := Error
		if !j.sub && len(c.find(context, "i", "1"))+len(c.find(context, "e", "1")) > 0 {
			severity = Warning // the call goes on there
		}
		c.add(Nowhere, severity, j.at, c.nearest(exten, c.extensionNames(context)), "the jump to %q leads nowhere: context %q has no extension %q", j.text, context, exten)
		return
	}
	if n, ok := j.relative(c.here); ok {
		c.add(Nowhere, Error, j.at, "", "the jump to %q leads nowhere: extension %q of context %q has no priority %d", j.text, exten, context, n)
		return
	}
	if n, isNumber := ivr.LeadingInt(priority); isNumber {
		c.add(Nowhere, Error, j.at, "", "the jump to %q leads nowhere: extension %q of context %q has no priority %d", j.text, exten, context, n)
		return
	}
	suggest := c.nearest(priority, c.labels(context, exten))
	if suggest == "" && len(c.find(context, priority, "1")) > 0 {
		suggest = priority + ",1"
	} else if c.plan.Has(priority) && suggest == "" {
		suggest = priority + ",s,1"
	}
	c.add(Nowhere, Error, j.at, suggest, "the jump to %q leads nowhere: extension %q of context %q has no label %q", j.text, exten, context, priority)
}
