package compile_test

import (
	"slices"
	"strings"
	"testing"

	"dialtone/compile"
	"dialtone/ivr/app"
	"dialtone/ivr/check"
	"dialtone/ivr/function"
	"dialtone/pjsip"
	"dialtone/store"
)

var known = check.Known{Apps: app.All(), Functions: function.All()}

func TestObjectsThatLeadNowhereAreTold(t *testing.T) {
	l := newLab(t)
	right := l.incall("1", store.Incall{Destination: custom("Goto(dp-ivr-example,s,1)"), PreprocessSubroutine: "sub-prep"})
	l.incall("2", store.Incall{Destination: custom("Goto(dp-ivr-exmple,s,1)"), PreprocessSubroutine: "sub-none"})
	l.ivr(store.IVR{Name: "m", MenuSound: "menu", MaxTries: 3, Timeout: 5, Choices: []store.Choice{
		{Exten: "1", Destination: store.Destination{Type: store.DestinationIVR, IVRID: 0}}, {Exten: "2", Destination: store.Destination{Type: store.DestinationExtension, Context: "from-extern", Exten: "1"}},
		{Exten: "_[", Destination: store.Nowhere},
	}})
	user, most := l.user(store.User{Firstname: "Anna", Enabled: true, Supervision: true}, "1001", "1002"), 3
	l.change(func(tx *store.Tx, tenant string) error {
		if _, err := tx.Groups().Put(store.Group{Tenant: tenant, Enabled: true, Name: "g", Label: "g", Members: []int{user}, Timeout: 30, MaxCalls: &most}); err != nil {
			return err
		}
		_, err := tx.Endpoints().Put(store.Endpoint{Tenant: tenant, Name: "odd", Sections: pjsip.Sections{Endpoint: pjsip.Options{{"t38_udptl", "yes"}}}})
		return err
	})
	l.incall("_[1", store.Incall{Destination: store.Nowhere})
	plan := l.files(seedPlan)
	var findings []string
	l.store.View(func(tx *store.Tx) error {
		for _, f := range compile.Check(tx, plan, known) {
			if f.Severity != check.Warning {
				t.Errorf("an object is no error: %v", f)
			}
			findings = append(findings, f.Pos.File+" "+string(f.Code))
		}
		return nil
	})
	slices.Sort(findings)
	want := []string{"endpoint odd no-effect", "extension 5 in from-extern pattern", "group g no-effect", "user 1 no-effect", "xivo-incall-2 nowhere", "xivo-incall-2 nowhere", "xivo-ivr-1 nowhere", "xivo-ivr-1 pattern"}
	if !slices.Equal(findings, want) {
		t.Errorf("told is %q, want %q; incall %d is right", findings, want, right)
	}
}

func TestACommandIsOneThatCanBeMeant(t *testing.T) {
	l := newLab(t)
	l.ivr(store.IVR{Name: "m", MenuSound: "menu"})
	plan := l.files(seedPlan)
	for text, want := range map[string]struct{ err, warning string }{
		"Goto(dp-ivr-example,s,1)":          {},
		"goto(xivo-ivr-1,s,1)":              {},
		`ExecIf(1?Playback(a\;noanswer))`:   {},
		"Goto(dp-ivr-later,s,1)":            {warning: `there is no context "dp-ivr-later"`},
		"Goto(dp-ivr-example,s,beginning)":  {warning: "no label"},
		"Plaback(x)":                        {err: "did you mean Playback?"},
		"VoiceMail(1)":                      {err: "not available"},
		"System(rm -rf)":                    {err: "no programs"},
		"Exec(trySystem(x))":                {err: "no programs"},
		"ExecIf(1?Plaback(x))":              {err: "did you mean Playback?"},
		"Playback(${X)":                     {err: "no closing"},
		"NoOp(a)\nexten => 1,1,System(rm)":  {err: "no programs"},
		"NoOp(a)\nexten => 1,1,Hangup(rm))": {},
		"":                                  {err: "no application"},
	} {
		warnings, err := compile.Command(text, plan, known)
		if said := strings.Join(warnings, " "); !strings.Contains(said, want.warning) || want.warning == "" && said != "" {
			t.Errorf("%q: the warnings are %q, want %q", text, said, want.warning)
		}
		if (err != nil) != (want.err != "") || err != nil && !strings.Contains(err.Error(), want.err) {
			t.Errorf("%q: the error is %v, want %q", text, err, want.err)
		}
	}
}

func FuzzCommand(f *testing.F) {
	for _, text := range []string{"Goto(a,s,1)", "Exec(", "${", "a(b)c", "\x00", ";--", "exten = 1", "[x]"} {
		f.Add(text)
	}
	l := newLab(f)
	plan := l.files(seedPlan)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := compile.Command(text, plan, known); err == nil && strings.Contains(strings.ToLower(text), "system(") {
			t.Errorf("%q is taken", text)
		}
	})
}
