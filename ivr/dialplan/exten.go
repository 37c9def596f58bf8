package dialplan

import (
	"strconv"
	"strings"

	"dialtone/ivr/expr"
)

// extension reads exten = EXT[/CID],PRIO[(LABEL)],App[(args)].
func (b *builder) extension() {
	exten, rest, at := cutExten(b.line.Value)
	if exten = withoutBlanks(expr.Expand(exten, b)); exten != b.exten {
		b.exten, b.present = exten, nil
	}
	b.priority(rest, b.line.valueAt+at)
}

// same reads same = PRIO[(LABEL)],App[(args)].
func (b *builder) same() {
	if b.exten == "" {
		b.problem(b.line.keyAt, Error, "same has no exten before it in [%s]: the line is skipped", b.context.Name)
		return
	}
	b.priority(b.line.Value, b.line.valueAt)
}

// cutExten cuts at the first comma outside of a set and gives the offset of what follows.
func cutExten(value string) (exten, rest string, at int) {
	set := false
	for i := range len(value) {
		switch c := value[i]; {
		case c == '[':
			set = true
		case c == ']':
			set = false
		case c == ',' && !set:
			return value[:i], value[i+1:], i + 1
		}
	}
	return value, "", len(value)
}

// withoutBlanks leaves all blanks out, byte by byte: a name need not be UTF-8.
func withoutBlanks(s string) string {
	if strings.IndexFunc(s, isBlank) < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if !isBlank(rune(s[i])) {
			b = append(b, s[i])
		}
	}
	return string(b)
}

// priority reads PRIO[(LABEL)],App[(args)], which begins at an offset, for the present extension.
func (b *builder) priority(text string, at int) {
	prio, app, _ := strings.Cut(text, ",")
	appAt := at + len(prio) + 1
	prio, at = trim(prio, at)
	number, label, ok := b.number(prio, at)
	if !ok {
		return
	}
	app, appAt = trim(app, appAt)
	if number == hintNumber {
		b.hint(app, appAt)
		return
	}
	b.last = number
	e := b.target()
	if e == nil {
		b.problem(b.line.valueAt, Error, "an extension without a name: the line is skipped")
		return
	}
	q := &Priority{Number: number, Label: label, Pos: b.line.pos(appAt), Extension: e}
	q.App, q.Args = b.application(app, appAt)
	b.add(e, q, at)
}

// number reads PRIO[(LABEL)]. False: the line is refused, which has been told.
func (b *builder) number(prio string, at int) (number int, label string, ok bool) {
	prio, rest, labelled := strings.Cut(prio, "(")
	if labelled {
		if label, _, ok = strings.Cut(rest, ")"); !ok {
			b.problem(at, Error, "the label %q has no closing \")\": the line is skipped", clip(label))
			return 0, "", false
		}
	}
	prio, offset, _ := strings.Cut(prio, "+") // what stands behind the label does not count
	switch prio {
	case "hint":
		return hintNumber, "", true
	case "n", "next":
		if b.last == 0 {
			b.problem(at, Error, "priority %q has none before it in this section of [%s]: the line is skipped; begin with 1", prio, b.context.Name)
			return 0, "", false
		}
		number = b.last + 1
	case "s", "same":
		if b.last == 0 {
			b.problem(at, Error, "priority %q has none before it in this section of [%s]: the line is skipped; begin with 1", prio, b.context.Name)
			return 0, "", false
		}
		number = b.last
	default:
		if number, ok = b.writtenNumber(prio, at); !ok {
			return 0, "", false
		}
	}
	k, _ := leadingNumber(offset)
	if number += k; number <= 0 || number > 1<<31-1 {
		b.problem(at, Error, "priority %d is out of range: the line is skipped", number)
		return 0, "", false
	}
	return number, label, true
}

// writtenNumber reads a priority that is a number, or a label of the extension.
func (b *builder) writtenNumber(prio string, at int) (int, bool) {
	if n, ok := leadingNumber(prio); ok {
		if n <= 0 {
			b.problem(at, Error, "priority %q is not above 0: the line is skipped", clip(prio))
			return 0, false
		}
		if strconv.Itoa(n) != strings.TrimLeft(prio, "0") {
			b.problem(at, Warning, "priority %q is read as %d", clip(prio), n)
		}
		return n, true
	}
	if prio != "" {
		// An extension of which a line was refused because it was there twice is no longer found by its labels.
		if e := b.existing(); e != nil && !e.duplicate {
			if q := e.Label(prio); q != nil {
				return q.Number, true
			}
		}
	}
	switch {
	case prio != "":
	case strings.LastIndexByte(b.exten, '[') > strings.LastIndexByte(b.exten, ']'):
		b.problem(b.line.valueAt, Error, "the set in %q has no closing \"]\", so the line is an extension without a priority: it is skipped", clip(b.exten))
		return 0, false
	default:
		b.problem(at, Error, "extension %q has no priority: the line is skipped", clip(b.exten))
		return 0, false
	}
	b.problem(at, Error, "priority %q is neither a number, n, s, hint nor a label of extension %q: the line is skipped", clip(prio), clip(b.exten))
	return 0, false
}

// leadingNumber reads the number at the start of s, with a sign; what does not fit 32 bits wraps round, as it does in Asterisk.
func leadingNumber(s string) (int, bool) {
	s = strings.TrimLeftFunc(s, isBlank)
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 {
		return 0, false
	}
	end := 0
	for end < len(digits) && '0' <= digits[end] && digits[end] <= '9' {
		end++
	}
	if end == 0 {
		return 0, false
	}
	n, err := strconv.ParseInt(s[:len(s)-len(digits)+end], 10, 64)
	if err != nil {
		return 0, false
	}
	return int(int32(n)), true
}

// application takes App(args) apart. The arguments go to the last bracket of the line.
func (b *builder) application(text string, at int) (app, args string) {
	app, args, ok := strings.Cut(text, "(")
	if !ok {
		return app, ""
	}
	if strings.Contains(app, "${") || strings.Contains(app, "$[") {
		return text, "" // a name that does not exist when the line runs
	}
	end := strings.LastIndexByte(args, ')')
	if end < 0 {
		b.problem(at+len(app), Warning, "%s(...) has no closing \")\": the rest of the line is its arguments", clip(app))
		return app, args
	}
	return app, args[:end]
}

// add puts a line into its extension.
func (b *builder) add(e *Extension, q *Priority, at int) {
	i := e.place(q.Number)
	if i < len(e.Priorities) && e.Priorities[i].Number == q.Number {
		e.duplicate = true
		as := ""
		if name, _, _ := strings.Cut(b.exten, "/"); name != e.Name {
			as = " as " + strconv.Quote(e.Name)
		}
		b.problem(at, Error, "priority %d of extension %q of [%s] is there already%s, at %s: the line is skipped",
			q.Number, clip(b.exten), b.context.Name, as, e.Priorities[i].Pos)
		return
	}
	if q.Label != "" {
		if before := e.labels[q.Label]; before != nil {
			b.problem(at, Warning, "label %q of extension %q of [%s] stands at priority %d already: this line has no label",
				clip(q.Label), clip(b.exten), b.context.Name, before.Number)
			q.Label = ""
		} else {
			if e.labels == nil {
				e.labels = map[string]*Priority{}
			}
			e.labels[q.Label] = q
		}
	}
	if b.exten == "_." || b.exten == "_!" {
		b.problem(b.line.valueAt, Warning, "%q matches everything, also t, i and h: %q is better", b.exten, "_X"+b.exten[1:])
	}
	e.Priorities = append(e.Priorities, nil)
	copy(e.Priorities[i+1:], e.Priorities[i:])
	e.Priorities[i] = q
}
