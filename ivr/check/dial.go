package check

import (
	"maps"
	"slices"
	"strings"

	"dialtone/ivr"
)

// cause checks the cause of a Hangup.
func (c *checker) cause(p part) {
	text := strings.ToUpper(strings.TrimSpace(p.text))
	if text == "" || !p.fixed() || ivr.Causes[text] > 0 {
		return
	}
	if aCount.MatchString(text) && strings.Trim(text, "0") != "" && text[0] != '-' {
		return
	}
	names := slices.Sorted(maps.Keys(ivr.Causes))
	c.add(Arguments, Warning, p.at, c.nearest(text, names), "%q is not a cause: the call is hung up with 16 (normal clearing)", p.text)
}

// dial checks the destinations, the time and the places of a Dial.
func (c *checker) dial(call call) {
	list := call.args.arguments()
	if call.args.text == "" {
		return
	}
	for _, destination := range list[0].split('&') {
		c.destination(call, destination)
	}
	c.options(call, argument(list, 2))
	timeout := argument(list, 1)
	timeout, _, _ = timeout.cut('^')
	if timeout.text != "" && timeout.fixed() && !aNumber.MatchString(timeout.text) {
		c.add(Arguments, Warning, timeout.at, "", "%s: %q is not a number of seconds: it rings for ever", call.app, timeout.text)
	}
}

// options checks that options do something.
func (c *checker) options(call call, p part) {
	app := c.known.Apps[strings.ToLower(call.app)]
	if app == nil || app.Options == "" || !p.fixed() {
		return
	}
	for letter := range p.options {
		if !strings.Contains(app.Options, letter.text) {
			c.add(Arguments, Warning, letter.at, "", "%s: option %s does nothing here", call.app, letter.text)
		}
	}
}

// destination checks Tech/dest of a Dial.
func (c *checker) destination(call call, p part) {
	tech, dest, slash := p.cut('/')
	switch {
	case p.text == "" && !strings.Contains(call.args.text, "&"):
	case p.text == "":
		c.add(Arguments, Warning, p.at, "", "%s: an empty destination", call.app)
	case !slash && p.fixed():
		c.add(Arguments, Warning, p.at, "Local/"+p.text+"@"+c.here.Extension.Context.Name, "%s: %q is no destination: it must be Technology/destination", call.app, p.text)
	case slash && tech.fixed() && strings.EqualFold(tech.text, "Local"):
		c.local(call, dest)
	case slash && tech.fixed() && tech.text != "" && !strings.EqualFold(tech.text, "PJSIP") && !strings.EqualFold(tech.text, "SIP"):
		c.add(Unavailable, Warning, p.at, "", "%s: the technology %q is not available in this version: the DIALSTATUS of %s is CHANUNAVAIL", call.app, tech.text, clip(p.text))
	}
}

// local checks EXTEN@CONTEXT[/options] of a Local destination.
func (c *checker) local(call call, dest part) {
	number, context, at := dest.cut('@')
	context, _, _ = context.cut('/')
	if !at {
		number, _, _ = number.cut('/')
		context.text, context.at = "default", number.at
	}
	exten, known := c.resolve(number.text)
	name, fixed := c.resolve(context.text)
	if !fixed {
		return
	}
	if !c.plan.Has(name) {
		c.add(Nowhere, Warning, context.at, c.nearest(name, c.names.contexts), "%s: there is no context %q to dial in: CHANUNAVAIL", call.app, name)
		return
	}
	if known && len(c.find(name, exten, "1")) == 0 {
		c.add(Nowhere, Warning, number.at, c.nearest(exten, c.extensionNames(name)), "%s: context %q has no extension %q: CHANUNAVAIL", call.app, name, exten)
	}
}
