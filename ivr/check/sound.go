package check

import (
	"strings"

	"dialtone/ivr/dialplan"
)

// constants gives the variables that a plan sets to one value only, and that value.
func constants(plan *dialplan.Plan) map[string]string {
	values := map[string]string{}
	var changing []string
	note := func(name, value string) {
		name = strings.TrimLeft(name, "_")
		if old, seen := values[name]; seen && old != value || strings.Contains(value, "$") || strings.Contains(name, "$") {
			changing = append(changing, name)
		}
		values[name] = value
	}
	for name, value := range plan.Globals {
		note(name, value)
	}
	for _, context := range plan.Contexts {
		for _, extension := range context.Extensions {
			for _, line := range extension.Priorities {
				assignments(line, note)
			}
		}
	}
	for _, name := range changing {
		delete(values, name)
	}
	return values
}

// assignments finds what a line sets, also within ExecIf. What is not understood
// names no variable of a sound.
func assignments(line *dialplan.Priority, note func(name, value string)) {
	switch strings.ToLower(line.App) {
	case "set":
		if name, value, ok := strings.Cut(line.Args, "="); ok {
			note(globalName(name), value)
		}
	case "mset":
		for _, pair := range split(line.Args, ',') {
			if name, value, ok := strings.Cut(pair, "="); ok {
				note(name, strings.Trim(value, `"`))
			}
		}
	case "read":
		note(first(line.Args), "$")
	case "execif", "execiftime":
		for _, call := range strings.SplitAfter(line.Args, "(")[1:] {
			if name, _, ok := strings.Cut(call, "="); ok {
				note(globalName(name), "$")
			}
		}
	}
}

// globalName is the variable within GLOBAL(…) and LOCAL(…), else the name itself.
func globalName(name string) string {
	for _, function := range []string{"GLOBAL(", "LOCAL("} {
		if strings.HasPrefix(name, function) && strings.HasSuffix(name, ")") {
			return name[len(function) : len(name)-1]
		}
	}
	return name
}

// resolve replaces ${NAME} of constants; ok is false if another variable is left.
func (c *checker) resolve(text string) (resolved string, ok bool) {
	for {
		start := strings.Index(text, "${")
		if start < 0 {
			return text, !strings.Contains(text, "$[")
		}
		end := strings.IndexByte(text[start:], '}')
		if end < 0 {
			return "", false
		}
		value, constant := c.constants[text[start+2:start+end]]
		if !constant || strings.Contains(value, "${") {
			return "", false
		}
		text = text[:start] + value + text[start+end+1:]
	}
}

// sounds checks that the sounds of a&b exist.
func (c *checker) sounds(names string, offset int) {
	if c.known.Sounds == nil {
		return
	}
	for _, name := range split(names, '&') {
		written := strings.TrimSpace(name)
		resolved, ok := c.resolve(written)
		if !ok || resolved == "" {
			continue
		}
		if looked, ok := c.known.Sounds(resolved); !ok {
			where := ""
			if len(looked) > 0 {
				where = " (looked for " + strings.Join(looked, ", ") + ")"
			}
			c.add(Warning, offset, "", "sound %q does not exist%s", resolved, where)
		}
	}
}
