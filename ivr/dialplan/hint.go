package dialplan

import (
	"strings"
	"time"

	"dialtone/ivr/expr"
)

// A Hint is what shows whether an extension is busy:
//
//	exten => 1001,hint,PJSIP/1001&Custom:dnd(Anna)
//	exten => _1XXX,hint,PJSIP/${EXTEN}
type Hint struct {
	Devices []string // PJSIP/1001, Custom:dnd, in the order of the line
	Name    string   // between brackets: Anna; empty: none is given
	Auto    bool     // made by autohints
}

// Hint gives the hint of an extension: that of the first extension which matches and has one. In a context with autohints an
// extension without one stands for the phone of its number, whether there is such a phone or not.
func (p *Plan) Hint(context, exten string, now time.Time) (Hint, bool) {
	s := search{plan: p, written: exten, exten: plain(exten), now: now}
	c := p.contexts[context]
	var found *Extension
	s.matching(context, c, func(e *Extension) bool {
		if e.HintPos.Line != 0 {
			found = e
		}
		return found != nil
	})
	switch {
	case found != nil:
		text := found.Hint
		if isPattern(found.Name) {
			text = expr.Expand(text, &hinted{p.Globals, found.Context.Name, exten})
		}
		return Hint{Devices: devicesOf(text), Name: found.HintName}, true
	case c != nil && c.AutoHints:
		return Hint{Devices: []string{"PJSIP/" + exten}, Auto: true}, true
	}
	return Hint{}, false
}

// devicesOf splits a hint's list. Behind a comma stands what tells of a person's presence, which is not followed.
func devicesOf(text string) []string {
	text, _, _ = strings.Cut(text, ",")
	var devices []string
	for device := range strings.SplitSeq(text, "&") {
		if device = strings.TrimSpace(device); device != "" {
			devices = append(devices, device)
		}
	}
	return devices
}

func isPattern(exten string) bool { return strings.HasPrefix(exten, "_") }

// hinted is what the text of a hint may name.
type hinted struct {
	globals        map[string]string
	context, exten string
}

// Variable makes it an expr.Scope.
func (h *hinted) Variable(name string) (string, bool) {
	switch name {
	case "EXTEN":
		return h.exten, true
	case "CONTEXT":
		return h.context, true
	}
	v, ok := h.globals[name]
	return v, ok
}

// Function makes it an expr.Scope; only GLOBAL is there, as no call asks.
func (h *hinted) Function(name, args string) (string, error) {
	if name == "GLOBAL" {
		return h.globals[args], nil
	}
	return "", nil
}

// Warn makes it an expr.Scope. What a pattern's hint lacks, its device's state shows.
func (h *hinted) Warn(string, ...any) {}

// hintNumber is the number of the line that names a device.
const hintNumber = -1

// hint sets the device of the present extension. That of a pattern is substituted when it is known what was dialled.
func (b *builder) hint(text string, at int) {
	e := b.target()
	if e == nil {
		b.problem(b.line.valueAt, Error, "an extension without a name: the line is skipped")
		return
	}
	if e.HintPos.Line != 0 {
		b.problem(at, Error, "extension %q of [%s] has a hint already, at %s: the line is skipped", clip(e.Name), b.context.Name, e.HintPos)
		return
	}
	e.HintPos = b.line.pos(at)
	if devices, name, ok := strings.Cut(text, "("); ok && strings.HasSuffix(name, ")") && !strings.ContainsAny(devices, "$") {
		text, e.HintName = strings.TrimSpace(devices), strings.TrimSuffix(name, ")")
	}
	if isPattern(e.Name) {
		e.Hint = text
		return
	}
	e.Hint = expr.Expand(text, &hintScope{b, hinted{context: b.context.Name, exten: e.Name}})
}

// hintScope is what the hint of a plain extension may name: the builder's scope, and the place.
type hintScope struct {
	*builder
	place hinted
}

// Variable makes it an expr.Scope.
func (h *hintScope) Variable(name string) (string, bool) {
	if v, ok := h.place.Variable(name); ok {
		return v, true
	}
	return h.builder.Variable(name)
}
