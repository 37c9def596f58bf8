package schedule

import (
	"fmt"
	"time"
)

// State is whether a schedule is open.
type State string

// The states. Exceptional is closed, too: on a day, or in hours, of its own.
const (
	Open        State = "open"
	Closed      State = "closed"
	Exceptional State = "exceptional"
)

// Rule is what decided a state.
type Rule string

// The rules, in the order in which they are asked; the first that holds decides.
const (
	Disabled          Rule = "disabled"           // the schedule is off, which is open
	ByHand            Rule = "switch"             // somebody switched it
	ByDate            Rule = "date"               // an exception with a date
	ExceptionalPeriod Rule = "exceptional_period" // of each year
	OpenPeriod        Rule = "open_period"
	NoPeriod          Rule = "no_period" // nothing else holds, which is closed
)

// Schedule says when something is open. It is a value: At and Next read it and nothing else, so several goroutines may.
//
// Its clock is that of Zone. When that jumps, what it shows decides: a period within a skipped hour does not come, one within a
// repeated hour comes twice.
type Schedule struct {
	ID          int            // the number that it is kept under; 0: it is not kept
	Zone        *time.Location // nil: that of the moment asked about
	Disabled    bool           // always open
	Hand        Hand
	Dated       []Dated    // the first that holds decides
	Exceptional []TimeSpec // the same; they close, each year. Made by NewPeriod, as Open's are
	Open        []TimeSpec
}

// Dated is an exception with a date: from a moment until just before another.
type Dated struct {
	Name        string
	From, Until time.Time
	Floating    bool   // From and Until, in UTC, are what the clock of the schedule shows
	Open        bool   // it opens; else it closes
	Exit        string // see Answer; empty: ClosedExit
}

// Answer is what a schedule says about a moment.
type Answer struct {
	State State
	Rule  Rule
	Index int    // in Dated, Exceptional or Open, by the rule; else 0
	Exit  string // where callers go: OpenExit, ClosedExit, that of ExceptionalExit, or a Dated's own
	Why   string // in words
}

// Exits of a schedule, which are extensions of the context that it becomes.
const (
	OpenExit   = "open"
	ClosedExit = "closed"
)

// ExceptionalExit is the exit of an exceptional period, by its index.
func ExceptionalExit(index int) string { return fmt.Sprintf("exceptional-%d", index+1) }

// At says what holds at a moment. Seconds do not count for periods: one that ends at 12:00 ends with that minute.
func (s *Schedule) At(at time.Time) Answer {
	a := s.decide(at)
	a.Why = s.why(a)
	return a
}

// decide is At without the words.
func (s *Schedule) decide(at time.Time) Answer {
	at = s.Local(at)
	if s.Disabled {
		return Answer{State: Open, Rule: Disabled, Exit: OpenExit}
	}
	if s.Hand.Holds(at) {
		return Answer{State: s.Hand.State, Rule: ByHand, Exit: exitOf(s.Hand.State)}
	}
	for i := range s.Dated {
		if d := &s.Dated[i]; d.holds(at) {
			return Answer{State: d.state(), Rule: ByDate, Index: i, Exit: d.exit()}
		}
	}
	for i := range s.Exceptional {
		if s.Exceptional[i].Match(at) {
			return Answer{State: Exceptional, Rule: ExceptionalPeriod, Index: i, Exit: ExceptionalExit(i)}
		}
	}
	for i := range s.Open {
		if s.Open[i].Match(at) {
			return Answer{State: Open, Rule: OpenPeriod, Index: i, Exit: OpenExit}
		}
	}
	return Answer{State: Closed, Rule: NoPeriod, Exit: ClosedExit}
}

// Local is a moment by the schedule's clock.
func (s *Schedule) Local(at time.Time) time.Time {
	if s.Zone == nil {
		return at
	}
	return at.In(s.Zone)
}

func exitOf(state State) string {
	if state == Open {
		return OpenExit
	}
	return ClosedExit
}

// bounds are the moments that d lies between, by a clock that goes as it does at a moment.
func (d *Dated) bounds(at time.Time) (from, until time.Time) {
	if !d.Floating {
		return d.From, d.Until
	}
	_, offset := at.Zone()
	ahead := time.Duration(offset) * time.Second
	return d.From.Add(-ahead), d.Until.Add(-ahead)
}

func (d *Dated) holds(at time.Time) bool {
	from, until := d.bounds(at)
	return !at.Before(from) && at.Before(until)
}

func (d *Dated) state() State {
	if d.Open {
		return Open
	}
	return Exceptional
}

func (d *Dated) exit() string {
	switch {
	case d.Open:
		return OpenExit
	case d.Exit != "":
		return d.Exit
	}
	return ClosedExit
}

// String is d in words.
func (d Dated) String() string {
	words := fmt.Sprintf("%s to %s", minuteText(d.From), minuteText(d.Until))
	if d.Name != "" {
		words = fmt.Sprintf("%q, %s", d.Name, words)
	}
	return words
}

func minuteText(at time.Time) string { return at.Format("2006-01-02 15:04") }

// why says in words what decided.
func (s *Schedule) why(a Answer) string {
	switch a.Rule {
	case Disabled:
		return "the schedule is disabled, which is always open"
	case ByHand:
		words := fmt.Sprintf("switched to %s by hand", a.State)
		if s.Hand.By != "" {
			words = fmt.Sprintf("switched to %s by %s", a.State, s.Hand.By)
		}
		if !s.Hand.Until.IsZero() {
			words += " until " + minuteText(s.Local(s.Hand.Until))
		}
		return words
	case ByDate:
		d := s.Dated[a.Index]
		if !d.Floating {
			d.From, d.Until = s.Local(d.From), s.Local(d.Until)
		}
		return "exception " + d.String()
	case ExceptionalPeriod:
		return fmt.Sprintf("exceptional period %d: %s", a.Index+1, s.Exceptional[a.Index])
	case OpenPeriod:
		return fmt.Sprintf("open period %d: %s", a.Index+1, s.Open[a.Index])
	}
	if len(s.Open) == 0 {
		return "it has no open period"
	}
	return "no open period holds"
}
