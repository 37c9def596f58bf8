package check

import "strings"

// condition gives the condition of a call that has one; of times it has none.
func (c call) condition() (part, bool) {
	switch c.name {
	case "gotoif", "execif", "gosubif":
		condition, _, _, question := c.args.branches()
		return condition, question
	case "while", "if", "elseif":
		return c.args, true
	}
	return part{}, false
}

// conditions checks the condition of a call.
func (c *checker) conditions(call call) {
	if condition, ok := call.condition(); ok {
		c.condition(condition, call.app)
	}
}

// condition tells of a condition that is a text, which is true whatever it says:
// false is only what is empty or begins with the number 0.
func (c *checker) condition(condition part, where string) {
	outside := strings.TrimSpace(condition.without(""))
	if outside == "" || strings.Trim(outside, "+-.0123456789 \t") == "" {
		return
	}
	if strings.Count(condition.text, `"`)%2 == 1 {
		c.add(Unclosed, Warning, condition.at, "", "%s: a quote in the condition is not closed", where)
		return
	}
	unclosed := false
	references(condition, func(r *reference) { unclosed = unclosed || r.unclosed })
	switch {
	case unclosed:
	case strings.ContainsAny(outside, "=<>&|!") && strings.Contains(condition.text, "$["):
		c.add(Condition, Warning, condition.at, "", "%s: a part of the condition %q stands outside of $[ ]: it is a text, which is true whatever it says", where, clip(condition.text))
	case strings.ContainsAny(outside, "=<>&|!"):
		c.add(Condition, Warning, condition.at, "$["+condition.text+"]", "%s: the condition %q is not in $[ ]: it is a text, which is true whatever it says", where, clip(condition.text))
	case strings.Contains(condition.text, "$["):
		c.add(Condition, Warning, condition.at, "", "%s: %q is text beside the $[ ] of the condition", where, clip(outside))
	case strings.HasPrefix(outside, `"`):
		c.add(Condition, Warning, condition.at, "", "%s: the condition %q is in quotes, which makes it true whatever it says", where, clip(condition.text))
	case condition.fixed():
		c.add(Condition, Warning, condition.at, "", "%s: the condition %q is a text, which is always true", where, clip(condition.text))
	}
}
