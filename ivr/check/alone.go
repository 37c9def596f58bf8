package check

import "dialtone/ivr/dialplan"

// Alone checks one line by itself that is to run beside a dialplan, as what an object has executed. Its context is not the
// dialplan's, so only what it names whole is looked up there.
func Alone(plan *dialplan.Plan, line *dialplan.Priority, k Known) []Finding {
	c := &checker{plan: plan, known: k}
	c.index()
	c.collectVariables()
	c.near, c.doubtful = map[string]string{}, map[[2]string]bool{}
	c.line(&node{line: line, calls: c.meant(calls(line))})
	return c.findings
}
