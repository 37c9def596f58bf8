package check

import "strings"

// Guarded are the applications (in lower case) and functions that are off until
// the configuration allows them, and the setting that does.
var Guarded = map[string]string{
	"system": "--allow-system", "trysystem": "--allow-system", "agi": "--agi-dir",
	"ENV": "--allow-env", "STAT": "--allow-files", "CURL": "--allow-curl",
}

// allowed warns of an application that is off.
func (c *checker) allowed(call call) {
	setting := Guarded[call.name]
	if setting == "" || c.known.Allowed != nil && c.known.Allowed(call.name) {
		return
	}
	if call.name == "agi" {
		program := argument(call.args.arguments(), 0).text
		if program == "" || strings.Contains(program, "$") || strings.Contains(program, "://") {
			return
		}
		c.add(NotAllowed, Warning, call.nameAt, "", "AGI of the program %q does nothing until the setting %s names its directory", program, setting)
		return
	}
	c.add(NotAllowed, Warning, call.nameAt, "", "%s does nothing until the setting %s allows it", call.app, setting)
}

// allowedFunction warns of a function that is off.
func (c *checker) allowedFunction(name string, _ part, at int) {
	if setting := Guarded[name]; setting != "" && (c.known.Allowed == nil || !c.known.Allowed(name)) {
		c.add(NotAllowed, Warning, at, "", "function %s gives an empty text until the setting %s allows it", name, setting)
	}
}
