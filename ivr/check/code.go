package check

import (
	"strings"

	"dialtone/ivr/dialplan"
)

// Code is the kind of a finding: a name that stays, for editors and scripts.
type Code string

// The kinds of findings.
const (
	Structure          Code = "structure"           // nothing can be made of the files
	Line               Code = "line"                // a line was refused or read otherwise than it was meant
	Duplicate          Code = "duplicate"           // a priority, a label or an include stands there twice
	Include            Code = "include"             // an include of a context that does not exist
	Switch             Code = "switch"              // a line switch, which does nothing
	UnknownApplication Code = "unknown-application" // the call ends there
	Unavailable        Code = "unavailable"         // an application or function of Asterisk that dialtone has not
	UnknownFunction    Code = "unknown-function"    // it gives an empty text
	NotAllowed         Code = "not-allowed"         // it is off until the configuration allows it
	Arguments          Code = "arguments"           // arguments of the wrong kind or number
	Unclosed           Code = "unclosed"            // a ${, $[, bracket or quote without its end
	Expression         Code = "expression"          // a $[ ] that makes no sense
	Condition          Code = "condition"           // a condition that is always true
	Comparison         Code = "comparison"          // a comparison that does not compare what it seems to
	Pattern            Code = "pattern"             // a pattern that never matches, or matches too much
	Time               Code = "time"                // times that never match
	Nowhere            Code = "nowhere"             // a jump to a place that does not exist
	Unreachable        Code = "unreachable"         // a line that nothing leads to
	Block              Code = "block"               // While, If and their ends do not fit together
	Subroutine         Code = "subroutine"          // Return without Gosub, or the reverse
	NoInvalid          Code = "no-invalid"          // a menu without i
	NoTimeout          Code = "no-timeout"          // a menu without t
	NoWait             Code = "no-wait"             // a menu that does not wait for a digit
	Endless            Code = "endless"             // a loop that does not end by itself
	UnsetVariable      Code = "unset-variable"      // read, but never set
	UnreadVariable     Code = "unread-variable"     // set, but probably misspelt
	MissingSound       Code = "missing-sound"       // a sound that does not exist
	NoEffect           Code = "no-effect"           // an option of an object that does nothing
)

// Codes are all kinds, in the order of their explanation above.
var Codes = []Code{
	Structure, Line, Duplicate, Include, Switch, UnknownApplication, Unavailable, UnknownFunction, NotAllowed, Arguments, Unclosed, Expression, Condition, Comparison, Pattern, Time, Nowhere, Unreachable, Block, Subroutine, NoInvalid, NoTimeout, NoWait, Endless, UnsetVariable, UnreadVariable, MissingSound, NoEffect,
}

// kinds finds the code of what the loader told by words of its text, the first that fits.
var kinds = []struct {
	words string
	code  Code
}{
	{"is there already", Duplicate}, {"stands at priority", Duplicate}, {"already", Duplicate},
	{"which does not exist", Include}, {"include of [", Time},
	{"never matches", Pattern}, {"matches everything", Pattern}, {"the set in", Pattern},
	{"no closing", Unclosed}, {"missing", Unclosed}, {"unknown function", UnknownFunction}, {"expression", Expression},
}

// problems adds what the loader told. What it repeats for each line of a pattern is told once.
func (c *checker) problems(problems []dialplan.Problem) {
	everything := map[string]bool{}
	for _, p := range problems {
		f := Finding{p.Pos, Warning, Line, p.Text, p.Suggest}
		if p.Severity == dialplan.Error || p.Structure {
			f.Severity = Error
		}
		for _, k := range kinds {
			if strings.Contains(p.Text, k.words) {
				f.Code = k.code
				break
			}
		}
		if p.Structure {
			f.Code = Structure
		}
		if strings.Contains(p.Text, "matches everything") {
			if everything[p.Text] {
				continue
			}
			everything[p.Text] = true
		}
		c.findings = append(c.findings, f)
	}
}
