package check

import "dialtone/ivr/dialplan"

// Alone checks lines that stand beside the files of a dialplan, as what objects have executed: each by itself, with the places that it
// leads to. What leads to them is not asked.
func Alone(plan *dialplan.Plan, lines []*dialplan.Priority, k Known) []Finding {
	c := &checker{plan: plan, known: k}
	c.index()
	c.collectVariables()
	c.near, c.doubtful = map[string]string{}, map[[2]string]bool{}
	for _, line := range lines {
		context := line.Extension.Context.Name
		if c.includers[context] == nil {
			c.includers[context] = []string{context}
		}
		c.line(&node{line: line, calls: c.meant(calls(line))})
	}
	return c.findings
}
