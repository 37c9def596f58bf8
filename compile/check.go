package compile

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"dialtone/ivr/check"
	"dialtone/ivr/dialplan"
	"dialtone/pjsip"
	"dialtone/store"
)

// Check finds what objects mean that cannot be meant: a custom destination or a subroutine that leads to a place which the dialplan does not
// have, a sound that is missing, an application that does not exist, a pattern that cannot be read, and options that are kept without an effect. plan has the
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
	return slices.Concat(findings, unreadable(tx), withoutSubroutine(tx, plan), withoutEffect(tx))
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

// unreadable are the patterns of extensions and of choices that fit nothing.
func unreadable(tx *store.Tx) []check.Finding {
	var findings []check.Finding
	look := func(of, exten string) bool {
		if _, err := dialplan.Fits(exten, ""); err != nil {
			findings = append(findings, warning(check.Pattern, of, fmt.Sprintf("%s is left out: %v", exten, err)))
		}
		return true
	}
	each(tx.Extensions(), func(e *store.Extension) bool {
		return !isPattern(e.Exten) || look(fmt.Sprintf("extension %d in %s", e.ID, e.Context), e.Exten)
	})
	each(tx.IVRs(), func(menu *store.IVR) bool {
		for _, c := range menu.Choices {
			look(IVRContext(menu.ID), c.Exten)
		}
		return true
	})
	return findings
}

// withoutSubroutine are the objects whose subroutine is not in the dialplan.
func withoutSubroutine(tx *store.Tx, plan *dialplan.Plan) []check.Finding {
	var findings []check.Finding
	look := func(of, subroutine string) bool {
		if subroutine == "" {
			return true
		}
		if _, ok := plan.Find(dialplan.Place{Context: subroutine, Exten: "s", Priority: 1}, "", time.Time{}); !ok {
			findings = append(findings, warning(check.Nowhere, of, fmt.Sprintf("its subroutine is left out: there is no extension s in a context %q", subroutine)))
		}
		return true
	}
	each(tx.Incalls(), func(i *store.Incall) bool { return look(IncallContext(i.ID), i.PreprocessSubroutine) })
	each(tx.Users(), func(u *store.User) bool { return look(UserContext(u.ID), u.PreprocessSubroutine) })
	each(tx.Groups(), func(g *store.Group) bool { return look(GroupContext(g.ID), g.PreprocessSubroutine) })
	each(tx.Outcalls(), func(o *store.Outcall) bool { return look(OutcallContext(o.ID), o.PreprocessSubroutine) })
	return findings
}

// withoutEffect are the fields of objects and the options of endpoints that are kept and returned, and do nothing.
func withoutEffect(tx *store.Tx) []check.Finding {
	var findings []check.Finding
	tell := func(of, what string, names []string) bool {
		for _, name := range names {
			findings = append(findings, warning(check.NoEffect, of, fmt.Sprintf("the %s %s has no effect here", what, name)))
		}
		return true
	}
	each(tx.Endpoints(), func(e *store.Endpoint) bool { return tell("endpoint "+e.Name, "option", pjsip.Without(e.Sections)) })
	each(tx.Users(), func(u *store.User) bool { return tell(fmt.Sprintf("user %d", u.ID), "field", u.Idle()) })
	each(tx.Groups(), func(g *store.Group) bool { return tell("group "+g.Label, "field", g.Idle()) })
	each(tx.Extensions(), func(e *store.Extension) bool {
		return tell(fmt.Sprintf("extension %s in %s", e.Exten, e.Context), "field", e.Outcall.Idle())
	})
	return findings
}

// warning is a finding of an object.
func warning(code check.Code, of, text string) check.Finding {
	return check.Finding{Pos: dialplan.Pos{File: of}, Severity: check.Warning, Code: code, Text: text}
}
