package compile_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dialtone/compile"
	"dialtone/ivr/simulate"
	"dialtone/sounds"
	"dialtone/store"
)

func TestMenu(t *testing.T) {
	l := newLab(t)
	plan := l.files("[office]\nexten = _X.,1,Playback(office-${EXTEN})\n")
	basic := store.IVR{Name: "Welcome", GreetingSound: "greeting", MenuSound: "menu", InvalidSound: "wrong", Timeout: 3, MaxTries: 2, Choices: []store.Choice{
		{Exten: "1", Destination: sound("one")}, {Exten: "12", Destination: sound("twelve")}, {Exten: "_9.", Destination: sound("nine")},
	}}
	nowhere, abort, timeout, invalid := store.Nowhere, sound("aborted"), sound("too-late"), sound("no-choice")
	office := store.Destination{Type: store.DestinationExtension, Context: "office", Exten: "44"}
	press := func(after time.Duration, keys string) []simulate.Press {
		return []simulate.Press{{At: after, Keys: keys}}
	}
	for _, c := range []struct {
		why     string
		with    func(*store.IVR)
		presses []simulate.Press
		heard   string
		length  time.Duration // of the call; 0: not looked at
	}{
		{why: "a choice at once, as none is longer", presses: press(5*time.Second, "12"), heard: "greeting menu twelve"},
		{why: "the time between keys decides between 1 and 12", presses: press(5*time.Second, "1"), heard: "greeting menu one", length: 5*time.Second + 3*time.Second + 2*time.Second},
		{why: "a key stops the greeting", presses: press(time.Second, "12"), heard: "greeting twelve"},
		{why: "a key stops the menu's sound", presses: press(3*time.Second, "12"), heard: "greeting menu twelve"},
		{why: "a pattern", presses: press(5*time.Second, "93"), heard: "greeting menu nine"},
		{why: "nobody dials: the menu again, without a sound, then it is given up; the greeting is not repeated", heard: "greeting menu menu error-sorry",
			length: 2*time.Second + 2*(2+3)*time.Second + 2*time.Second},
		{why: "no time to wait", with: func(m *store.IVR) { m.Timeout = 0 }, heard: "greeting menu menu error-sorry", length: 8 * time.Second},
		{why: "a wrong key: a sound, then the menu", presses: slices.Concat(press(5*time.Second, "7"), press(10*time.Second, "12")), heard: "greeting menu wrong menu twelve"},
		{why: "a wrong key without a sound for it", with: func(m *store.IVR) { m.InvalidSound = "" }, presses: press(5*time.Second, "7"), heard: "greeting menu menu error-sorry"},
		{why: "wrong keys until the tries are used up", presses: slices.Concat(press(5*time.Second, "7"), press(10*time.Second, "7")), heard: "greeting menu wrong menu error-sorry"},
		{why: "a sound of its own when it is given up", with: func(m *store.IVR) { m.AbortSound = "bye"; m.MaxTries = 1 }, heard: "greeting menu bye"},
		{why: "a destination when it is given up", with: func(m *store.IVR) { m.AbortSound = "bye"; m.AbortDestination = &abort }, heard: "greeting menu menu aborted"},
		{why: "a destination for those who do not dial, at once", with: func(m *store.IVR) { m.TimeoutDestination = &timeout }, heard: "greeting menu too-late"},
		{why: "a destination for wrong keys, at once", with: func(m *store.IVR) { m.InvalidDestination = &invalid }, presses: press(5*time.Second, "7"), heard: "greeting menu no-choice"},
		{why: "a destination that is none ends the call", with: func(m *store.IVR) { m.TimeoutDestination = &nowhere }, heard: "greeting menu"},
		{why: "without a greeting", with: func(m *store.IVR) { m.GreetingSound = "" }, presses: press(time.Second, "12"), heard: "menu twelve"},
		{why: "a choice that leads to an extension", with: func(m *store.IVR) { m.Choices[1].Destination = office }, presses: press(5*time.Second, "12"), heard: "greeting menu office-44"},
		{why: "the end of the call is no choice", with: func(m *store.IVR) {
			m.Choices = []store.Choice{{Exten: "_.", Destination: sound("any")}}
		}, heard: "greeting menu menu error-sorry"},
	} {
		menu := basic
		menu.Choices = slices.Clone(basic.Choices)
		if c.with != nil {
			c.with(&menu)
		}
		id := l.ivr(menu)
		r := l.call(plan, simulate.Script{Presses: c.presses}, compile.IVRContext(id), "s")
		if got := strings.Join(heard(r), " "); got != c.heard || r.Outcome.Err != nil || r.Answered != 0 {
			t.Errorf("%s: heard %q (%v), want %q\n%s", c.why, got, r.Outcome.Err, c.heard, l.text(compile.IVRContext(id)))
		}
		if c.length != 0 && r.Length.Round(100*time.Millisecond) != c.length {
			t.Errorf("%s: the call took %v, want %v", c.why, r.Length, c.length)
		}
	}
}

func TestTextOfAMenuReadsLikeDialplan(t *testing.T) {
	l := newLab(t)
	id := l.ivr(store.IVR{Name: "Welcome", GreetingSound: "greeting", MenuSound: "menu", InvalidSound: "wrong", Timeout: 5, MaxTries: 3,
		Choices: []store.Choice{{Exten: "1", Destination: custom("Goto(sales,s,1)")}}})
	want := `[xivo-ivr-1]
; menu 1 Welcome
exten = s,1,Answer()
same = n,Set(WAZO_IVR_TRIES=0)
same = n,Set(TIMEOUT(digit)=5)
same = n,BackGround(greeting)
same = n(menu),Set(WAZO_IVR_TRIES=$[${WAZO_IVR_TRIES} + 1])
same = n,BackGround(menu)
same = n,WaitExten(5)
same = n,Goto(t,1)
exten = 1,1,GosubIf(${DIALPLAN_EXISTS(xivo-subrfwd-custom,s,1)}?xivo-subrfwd-custom,s,1)
same = n,Goto(sales,s,1)
same = n,Hangup()
; no key within 5 seconds
exten = t,1,GotoIf($[${WAZO_IVR_TRIES} >= 3]?abort,1)
same = n,Goto(s,menu)
; a key that is no choice
exten = i,1,GotoIf($[${WAZO_IVR_TRIES} >= 3]?abort,1)
same = n,Playback(wrong)
same = n,Goto(s,menu)
exten = abort,1,Playback(error-sorry)
same = n,Hangup()
`
	if got := l.text(compile.IVRContext(id)); got != want {
		t.Errorf("the text is\n%s\nwant\n%s", got, want)
	}
}

func TestAMenuThatChangesIsAnotherOneForTheNextStep(t *testing.T) {
	l := newLab(t)
	plan := l.files("")
	id := l.ivr(store.IVR{Name: "m", MenuSound: "before", MaxTries: 1})
	if got := heard(l.call(plan, simulate.Script{}, compile.IVRContext(id), "s")); got[0] != "before" {
		t.Errorf("heard %v", got)
	}
	made := l.sw.Context(compile.IVRContext(id))
	l.change(func(tx *store.Tx, tenant string) error {
		_, err := tx.IVRs().Put(store.IVR{Tenant: tenant, Name: "other", MenuSound: "other"})
		return err
	})
	if l.sw.Context(compile.IVRContext(id)) != made {
		t.Error("a menu that did not change is made anew")
	}
	l.change(func(tx *store.Tx, tenant string) error {
		_, err := tx.IVRs().Put(store.IVR{ID: id, Tenant: tenant, Name: "m", MenuSound: "after", MaxTries: 1})
		return err
	})
	if got := heard(l.call(plan, simulate.Script{}, compile.IVRContext(id), "s")); got[0] != "after" {
		t.Errorf("heard %v", got)
	}
	l.change(func(tx *store.Tx, _ string) error { return tx.IVRs().Delete(id) })
	if l.sw.Context(compile.IVRContext(id)) != nil {
		t.Error("a menu that is no more has a context")
	}
}

// A menu that says nothing of it gives callers up with a sound that is in the program.
func TestTheSoundOfAnAbortIsThere(t *testing.T) {
	cache := sounds.NewCache(sounds.Config{})
	for _, language := range []string{"en", "fr"} {
		if p, err := cache.Get(t.Context(), "error-sorry", language); err != nil || p.Duration() == 0 {
			t.Errorf("error-sorry in %s: %v", language, err)
		}
	}
}
