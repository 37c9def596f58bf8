package compile

import (
	"fmt"
	"strings"

	"dialtone/ivr/dialplan"
	"dialtone/store"
)

// section writes the text of one context.
type section struct {
	tx    *store.Tx
	text  strings.Builder
	exten string // of the next line; empty: that of the line before
}

// head begins the context.
func (s *section) head(context string) { fmt.Fprintf(&s.text, "[%s]\n", context) }

// note writes a comment.
func (s *section) note(format string, args ...any) {
	fmt.Fprintf(&s.text, "; %s\n", strings.TrimSpace(oneLine(fmt.Sprintf(format, args...))))
}

// at begins an extension: the next line is its priority 1.
func (s *section) at(exten string) { s.exten = exten }

// line writes the next priority.
func (s *section) line(app string, args ...string) { s.labelled("", app, args...) }

// labelled writes the next priority with a label.
func (s *section) labelled(label, app string, args ...string) {
	s.raw(label, app+"("+strings.Join(args, ",")+")")
}

// raw writes the next priority, of which the application is written out.
func (s *section) raw(label, call string) {
	if label != "" {
		label = "(" + label + ")"
	}
	if s.exten != "" {
		fmt.Fprintf(&s.text, "exten = %s,1%s,%s\n", s.exten, label, call)
		s.exten = ""
		return
	}
	fmt.Fprintf(&s.text, "same = n%s,%s\n", label, call)
}

// set writes a Set of a variable; the value is as literal or a reference gives it.
func (s *section) set(variable, value string) { s.line("Set", variable+"="+value) }

// gosubIfThere runs the subroutine of a context. One that is not in the dialplan is left out.
func (s *section) gosubIfThere(context string) {
	s.line("GosubIf", fmt.Sprintf("${DIALPLAN_EXISTS(%s,s,1)}?%s,s,1", context, context))
}

// oneLine leaves no character that would end a line or hide what follows.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

// literal writes a person's text such that a line means just that: it has neither references nor comments nor a second line. ${}
// is nothing, and keeps $ and what follows apart.
func literal(text string) string { return literals.Replace(oneLine(text)) }

var literals = strings.NewReplacer("${", "$${}{", "$[", "$${}[", ";", `\;`)

// argument is literal for one of several arguments.
func argument(text string) string { return literal(arguments.Replace(text)) }

var arguments = strings.NewReplacer(`\`, `\\`, `"`, `\"`, ",", `\,`, "(", `\(`, ")", `\)`, "[", `\[`, "]", `\]`)

// readable tells whether an extension fits anything; a note says why one does not. Its lines would be those of the one before.
func (s *section) readable(exten string) bool {
	_, err := dialplan.Fits(exten, "")
	if err != nil {
		s.note("%s is left out: %v", exten, err)
	}
	return err == nil
}

func isPattern(exten string) bool { return strings.HasPrefix(exten, "_") }
