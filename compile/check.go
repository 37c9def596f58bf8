package compile

import (
	"iter"

	"dialtone/ivr/check"
	"dialtone/ivr/dialplan"
	"dialtone/pjsip"
	"dialtone/store"
)

// Check finds what objects mean that cannot be meant: a custom destination or a subroutine that leads to a place which the dialplan does not
// have, a sound that is missing, an application that does not exist, and options that are kept without an effect. plan has the
// objects beside it. A finding's place is the line of the object's text; that of an option is the object.
func Check(tx *store.Tx, plan *dialplan.Plan, known check.Known) []check.Finding {
	var lines []*dialplan.Priority
	for name := range objectContexts(tx) {
		text, ok := Text(tx, name)
		if !ok {
			continue
		}
		c, _ := dialplan.Read(name, text, nil)
		for _, e := range c.Extensions {
			lines = append(lines, e.Priorities...)
		}
	}
	findings := check.Alone(plan, lines, known)
	for i := range findings {
		findings[i].Severity = check.Warning // a person may make the place, or the sound, later
	}
	return append(findings, withoutEffect(tx)...)
}

// objectContexts are the contexts that objects become, but for those of numbers.
func objectContexts(tx *store.Tx) iter.Seq[string] {
	return func(yield func(string) bool) {
		_ = each(tx.Incalls(), func(i *store.Incall) bool { return yield(IncallContext(i.ID)) }) &&
			each(tx.Schedules(), func(s *store.Schedule) bool { return yield(ScheduleContext(s.ID)) }) &&
			each(tx.IVRs(), func(i *store.IVR) bool { return yield(IVRContext(i.ID)) }) &&
			each(tx.Users(), func(u *store.User) bool { return yield(UserContext(u.ID)) }) &&
			each(tx.Groups(), func(g *store.Group) bool { return yield(GroupContext(g.ID)) }) &&
			each(tx.Outcalls(), func(o *store.Outcall) bool { return yield(OutcallContext(o.ID)) })
	}
}

// each goes through all objects of a kind until visit has enough, and tells whether it had not.
func each[T any](kind store.Kind[T], visit func(*T) bool) bool {
	for v := range kind.All() {
		if !visit(v) {
			return false
		}
	}
	return true
}

// withoutEffect are the options of endpoints that are kept and returned, and do nothing.
func withoutEffect(tx *store.Tx) []check.Finding {
	var findings []check.Finding
	for e := range tx.Endpoints().All() {
		for _, option := range pjsip.Without(e.Sections) {
			findings = append(findings, check.Finding{
				Pos: dialplan.Pos{File: "endpoint " + e.Name}, Severity: check.Warning, Code: check.NoEffect, Text: "the option " + option + " has no effect here",
			})
		}
	}
	return findings
}
