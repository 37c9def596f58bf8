package compile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dialtone/compile"
	"dialtone/ivr/simulate"
	"dialtone/store"
)

// lines are the lines of a context's text that contain a word.
func lines(text, word string) string {
	var list []string
	for line := range strings.SplitSeq(text, "\n") {
		if strings.Contains(line, word) {
			list = append(list, line)
		}
	}
	return strings.Join(list, "\n")
}

func TestAUsersNumberRingsItsTelephones(t *testing.T) {
	l := newLab(t)
	one := l.user(store.User{Firstname: "Anna", Enabled: true, RingSeconds: 20, CallTransfer: true, SimultaneousCalls: 5, RecordIncomingExtern: true, PreprocessSubroutine: "sub-anna"}, "1001")
	var uuid string
	l.store.View(func(tx *store.Tx) error {
		u, _, _ := tx.Users().Get(one)
		uuid = u.UUID
		return nil
	})
	two := l.user(store.User{Firstname: "Bert", Enabled: true}, "1002", "1003")
	want := `[xivo-user-1]
; user 1 Anna
exten = s,1,Set(WAZO_INTERFACE=PJSIP/phone1001)
same = n(ring),Set(WAZO_SRCNUM=${CALLERID(num)})
same = n,ExecIf($["${WAZO_DSTNUM}" = ""]?Set(WAZO_DSTNUM=${XIVO_BASE_EXTEN}))
same = n,Set(WAZO_RINGSECONDS=${IF($[0${WAZO_RING_TIME} > 0]?${WAZO_RING_TIME}:20)})
same = n,Set(WAZO_RING_TIME=)
same = n,Set(WAZO_CALLOPTIONS=t${WAZO_CALLER_OPTIONS})
same = n,GosubIf(${DIALPLAN_EXISTS(sub-anna,s,1)}?sub-anna,s,1)
same = n,GosubIf(${DIALPLAN_EXISTS(xivo-subrgbl-user,s,1)}?xivo-subrgbl-user,s,1)
same = n,GotoIf($["${WAZO_INTERFACE}" = ""]?CHANUNAVAIL,1)
same = n,GotoIf($[${DEVICE_CALLS(PJSIP/phone1001)} >= 5]?BUSY,1)
same = n,ExecIf($["${WAZO_CALLORIGIN}" = "extern" | "${WAZO_RECORD_INTERN}" = "1"]?MixMonitor(user-` + uuid + `-${UNIQUEID}.wav,b))
same = n,Dial(${WAZO_INTERFACE},${WAZO_RINGSECONDS},${WAZO_CALLOPTIONS})
same = n,Goto(${DIALSTATUS},1)
exten = BUSY,1,Hangup(17)
exten = CHANUNAVAIL,1,Hangup(20)
exten = _[A-Z].,1,Hangup()
`
	if got := l.text(compile.UserContext(one)); got != want {
		t.Errorf("the text is\n%s\nwant\n%s", got, want)
	}
	numbers := l.text("default")
	for _, want := range []string{
		"include = xivo-extrafeatures\n",
		"exten = 1001,1,Set(__XIVO_BASE_EXTEN=${EXTEN})\nsame = n,Goto(xivo-user-1,s,1)\nexten = 1001,hint,PJSIP/phone1001\n",
		"exten = 1003,1,Set(__XIVO_BASE_EXTEN=${EXTEN})\nsame = n,Goto(xivo-user-2,line-3,1)\nexten = 1003,hint,PJSIP/phone1003\n",
	} {
		if !strings.Contains(numbers, want) {
			t.Errorf("the context default is\n%s\nwithout\n%s", numbers, want)
		}
	}
	if got := lines(l.text(compile.UserContext(two)), "WAZO_INTERFACE="); got != "exten = s,1,Set(WAZO_INTERFACE=PJSIP/phone1002&PJSIP/phone1003)\nexten = line-2,1,Set(WAZO_INTERFACE=PJSIP/phone1002)\nexten = line-3,1,Set(WAZO_INTERFACE=PJSIP/phone1003)" {
		t.Errorf("the devices are\n%s", got)
	}
	hint, ok := l.files("[own]\ninclude = default\n").Hint("own", "1001", start)
	if !ok || !slices.Equal(hint.Devices, []string{"PJSIP/phone1001"}) {
		t.Errorf("the number's hint is %+v", hint)
	}
}

func TestWhatFollowsACallThatAUserDoesNotTake(t *testing.T) {
	l := newLab(t)
	plan := l.files("[office]\nexten = 5,1,Playback(office)\n")
	at := func(d store.Destination) *store.Destination { return &d }
	forward := store.Forward{Enabled: true, Destination: "2000"}
	l.incall("2", store.Incall{Destination: store.Nowhere})
	l.change(func(tx *store.Tx, tenant string) error { // 2000 of default is a sound
		i, err := tx.Incalls().Put(store.Incall{Tenant: tenant, Destination: sound("forwarded")})
		if err != nil {
			return err
		}
		_, err = tx.Extensions().Put(store.Extension{Exten: "2000", Context: "default", Enabled: true, Of: store.Owner{Kind: store.OwnerIncall, ID: i.ID}})
		return err
	})
	fallbacks := store.Fallbacks{NoAnswer: at(sound("nobody")), Busy: at(sound("taken")), Congestion: at(sound("jam")), Fail: at(sound("away"))}
	for _, c := range []struct {
		why    string
		user   store.User
		phone  bool
		status string // that Dial gives; empty: what the call finds
		heard  string
	}{
		{why: "no telephone", user: store.User{Enabled: true, Fallbacks: fallbacks}, heard: "away"},
		{why: "no telephone, and nowhere to go", user: store.User{Enabled: true}, heard: ""},
		{why: "disabled", user: store.User{Fallbacks: fallbacks}, phone: true, heard: "away"},
		{why: "do not disturb", user: store.User{Enabled: true, DoNotDisturb: true, Fallbacks: fallbacks}, phone: true, heard: "taken"},
		{why: "forwarded", user: store.User{Enabled: true, Forwards: store.Forwards{Unconditional: forward}, Fallbacks: fallbacks}, phone: true, heard: "forwarded"},
		{why: "do not disturb goes before a forward", user: store.User{Enabled: true, DoNotDisturb: true, Forwards: store.Forwards{Unconditional: forward, Busy: forward}}, phone: true, heard: "forwarded"},
		{why: "nobody answers", user: store.User{Enabled: true, Fallbacks: fallbacks}, status: "NOANSWER", heard: "nobody"},
		{why: "nobody answers, a wish of one's own", user: store.User{Enabled: true, Forwards: store.Forwards{NoAnswer: forward}, Fallbacks: fallbacks}, status: "NOANSWER", heard: "forwarded"},
		{why: "busy", user: store.User{Enabled: true, Fallbacks: fallbacks}, status: "BUSY", heard: "taken"},
		{why: "congestion", user: store.User{Enabled: true, Fallbacks: fallbacks}, status: "CONGESTION", heard: "jam"},
		{why: "a wish that is off", user: store.User{Enabled: true, Forwards: store.Forwards{Busy: store.Forward{Destination: "2000"}}}, status: "BUSY", heard: ""},
		{why: "the call is over", user: store.User{Enabled: true, Fallbacks: fallbacks}, status: "CANCEL", heard: ""},
	} {
		c.user.Firstname = "U"
		var numbers []string
		if c.phone {
			numbers = []string{"30"}
		}
		id := l.user(c.user, numbers...)
		exten := c.status
		if exten == "" {
			exten = "s"
		}
		r := l.call(plan, simulate.Script{}, compile.UserContext(id), exten)
		if got := strings.Join(heard(r), " "); got != c.heard || r.Outcome.Err != nil {
			t.Errorf("%s: heard %q (%v), want %q\n%s", c.why, got, r.Outcome.Err, c.heard, l.text(compile.UserContext(id)))
		}
		l.change(func(tx *store.Tx, _ string) error {
			for line := range tx.LinesOf(id) {
				for e := range tx.ExtensionsOf(store.OwnerLine, line.ID) {
					if err := tx.Extensions().Delete(e.ID); err != nil {
						return err
					}
				}
				uuid := line.Endpoint
				if err := tx.Lines().Delete(line.ID); err != nil {
					return err
				}
				e, _ := tx.Endpoint(uuid)
				if err := tx.Endpoints().Delete(e.ID); err != nil {
					return err
				}
			}
			return tx.Users().Delete(id)
		})
	}
}

func TestAGroupRingsItsMembers(t *testing.T) {
	l := newLab(t)
	anna, bert, off := l.user(store.User{Firstname: "Anna", Enabled: true}, "1001"), l.user(store.User{Firstname: "Bert", Enabled: true}, "1002"), l.user(store.User{Firstname: "Off"}, "1003")
	group := func(g store.Group) (text string, context string) {
		l.change(func(tx *store.Tx, tenant string) error {
			g.Tenant, g.Enabled, g.Label = tenant, true, "Sales"
			g.Name = "grp-" + g.RingStrategy
			made, err := tx.Groups().Put(g)
			context = compile.GroupContext(made.ID)
			return err
		})
		return l.text(context), context
	}
	d := sound("nobody")
	text, context := group(store.Group{RingStrategy: "all", Members: []int{anna, bert, off}, Extensions: []store.GroupExtension{{Exten: "77", Context: "default"}}, UserTimeout: 15, Timeout: 40, RetryDelay: 5,
		RingInUse: true, MarkAnsweredElsewhere: true, IgnoreForward: true, DTMFRecordToggle: true, CallerIDMode: "overwrite", CallerIDName: "Sales", Fallbacks: store.Fallbacks{NoAnswer: &d}})
	want := `[xivo-group-1]
; group 1 Sales
exten = s,1,Set(WAZO_SRCNUM=${CALLERID(num)})
same = n,ExecIf($["${WAZO_DSTNUM}" = ""]?Set(WAZO_DSTNUM=${XIVO_BASE_EXTEN}))
same = n,Set(CALLERID(name)=Sales)
same = n,Set(WAZO_RINGSECONDS=${IF($[0${WAZO_RING_TIME} > 0]?${WAZO_RING_TIME}:40)})
same = n,Set(WAZO_RING_TIME=)
same = n,Set(WAZO_GROUPOPTIONS=cix${WAZO_CALLER_OPTIONS})
same = n,GosubIf(${DIALPLAN_EXISTS(xivo-subrgbl-group,s,1)}?xivo-subrgbl-group,s,1)
same = n,Ringing()
same = n,Set(WAZO_GROUP_END=$[${EPOCH} + ${IF($[0${WAZO_RINGSECONDS} > 0]?${WAZO_RINGSECONDS}:86400)}])
same = n(member1),Dial(PJSIP/phone1001&PJSIP/phone1002&Local/77@default,${MIN(15,$[${WAZO_GROUP_END} - ${EPOCH}])},${WAZO_GROUPOPTIONS})
same = n,GotoIf($[${EPOCH} >= ${WAZO_GROUP_END}]?NOANSWER,1)
same = n,Wait(5)
same = n,Goto(member1)
exten = NOANSWER,1,Answer()
same = n,Playback(nobody)
same = n,Hangup()
exten = _[A-Z].,1,Hangup()
`
	if text != want {
		t.Errorf("the text is\n%s\nwant\n%s", text, want)
	}
	// Nobody can be rung in a simulation: it is tried until the time is over.
	plan := l.files("")
	r := l.call(plan, simulate.Script{}, context, "s")
	if got := strings.Join(heard(r), " "); !strings.HasSuffix(got, "nobody") || r.Length.Seconds() < 40 || r.Length.Seconds() > 50 {
		t.Errorf("heard %q in %v", got, r.Length)
	}

	text, _ = group(store.Group{RingStrategy: "linear", Members: []int{anna, bert}, MusicOnHold: "jazz"})
	if got := lines(text, "member"); got != "same = n(member1),Set(WAZO_INTERFACE=${FREE_DEVICES(PJSIP/phone1001)})\nsame = n(member2),Set(WAZO_INTERFACE=${FREE_DEVICES(PJSIP/phone1002)})\nsame = n,Goto(member1)" ||
		lines(text, "WAZO_GROUPOPTIONS=") != "same = n,Set(WAZO_GROUPOPTIONS=m(jazz)${WAZO_CALLER_OPTIONS})" || strings.Contains(text, "Ringing()") {
		t.Errorf("one after the other:\n%s", text)
	}
	text, _ = group(store.Group{RingStrategy: "random", RingInUse: true, Members: []int{anna, bert}})
	if !strings.Contains(text, "Goto(member${RAND(1,2)})") || lines(text, "Dial(PJSIP/phone1001") != "same = n(member1),Dial(PJSIP/phone1001,$[${WAZO_GROUP_END} - ${EPOCH}],${WAZO_GROUPOPTIONS})" {
		t.Errorf("at random:\n%s", text)
	}
	text, context = group(store.Group{RingStrategy: "memorized_round_robin", RingInUse: true, Members: []int{anna, bert}, Timeout: 1})
	var first []string
	for range 3 {
		for _, step := range l.callWith(plan, l.globals, simulate.Script{}, context, "s").Steps {
			if step.App == "Dial" {
				first = append(first, step.Args)
				break
			}
		}
	}
	if len(first) != 3 || first[0] == first[1] || first[0] != first[2] {
		t.Errorf("in turn: %v\n%s", first, text)
	}
	_, context = group(store.Group{RingStrategy: "fewest_calls"})
	if r := l.call(plan, simulate.Script{}, context, "s"); r.Outcome.Err != nil || len(r.Heard) != 0 {
		t.Errorf("a group without members: %v %v", r.Outcome.Err, heard(r))
	}
}

// busy is an ivr.Devices where some devices have so many calls.
type busy map[string]int

func (b busy) DeviceCalls(device string) (up, ringing int)         { return b[device], 0 }
func (b busy) DeviceState(string) string                           { return "UNKNOWN" }
func (b busy) DeviceChanged(string)                                {}
func (b busy) ExtensionState(string, string) (string, bool)        { return "", false }
func (b busy) Hint(string, string) (devices, name string, ok bool) { return "", "", false }

// dialled is what Dial was given in a call, in order; inner ones of ExecIf as well.
func dialled(r simulate.Result) (list []string) {
	for _, step := range r.Steps {
		if step.App == "Dial" {
			list = append(list, step.Args)
		} else if _, inner, ok := strings.Cut(step.Args, "?Dial("); ok && strings.HasPrefix(step.Args, "1?") {
			list = append(list, inner)
		}
	}
	return list
}

func TestWhoHasCallsEnoughIsBusy(t *testing.T) {
	l := newLab(t)
	taken := sound("taken")
	id := l.user(store.User{Firstname: "Anna", Enabled: true, RingSeconds: 5, SimultaneousCalls: 2, Fallbacks: store.Fallbacks{Busy: &taken}}, "1001", "1002")
	plan := l.files("")
	for _, c := range []struct {
		calls busy
		busy  bool
	}{
		{busy{"PJSIP/phone1001": 1}, false},
		{busy{"PJSIP/phone1001": 1, "PJSIP/phone1002": 1}, true},
		{busy{"PJSIP/phone1002": 2}, true},
		{busy{"PJSIP/other": 9}, false},
	} {
		l.devices = c.calls
		r := l.call(plan, simulate.Script{}, compile.UserContext(id), "s")
		if was := slices.Equal(heard(r), []string{"taken"}); was != c.busy || (len(dialled(r)) == 0) != c.busy {
			t.Errorf("%v: heard %v, rung %v", c.calls, heard(r), dialled(r))
		}
	}
}

func TestMembersWithACallAreLeftInPeace(t *testing.T) {
	l := newLab(t)
	anna, bert := l.user(store.User{Firstname: "Anna", Enabled: true}, "1001"), l.user(store.User{Firstname: "Bert", Enabled: true}, "1002")
	l.devices = busy{"PJSIP/phone1001": 1}
	for strategy, want := range map[string]string{"all": "PJSIP/phone1002,1,", "linear": "PJSIP/phone1002,1,"} {
		var context string
		l.change(func(tx *store.Tx, tenant string) error {
			g, err := tx.Groups().Put(store.Group{Tenant: tenant, Enabled: true, Label: "g", Name: strategy, RingStrategy: strategy, Members: []int{anna, bert}, UserTimeout: 1, Timeout: 1})
			context = compile.GroupContext(g.ID)
			return err
		})
		r := l.call(l.files(""), simulate.Script{}, context, "s")
		if got := dialled(r); len(got) == 0 || !strings.HasPrefix(got[0], want) || strings.Contains(strings.Join(got, " "), "1001") {
			t.Errorf("%s: rung are %q", strategy, got)
		}
	}
}

// Who has answered least, or longest ago, is the first to be rung.
func TestMembersTakeTurnsByWhatTheyAnswered(t *testing.T) {
	l := newLab(t)
	anna, bert := l.user(store.User{Firstname: "Anna", Enabled: true}, "1001"), l.user(store.User{Firstname: "Bert", Enabled: true}, "1002")
	at := start
	for _, strategy := range []string{"least_recent", "fewest_calls"} {
		var group int
		l.change(func(tx *store.Tx, tenant string) error {
			g, err := tx.Groups().Put(store.Group{Tenant: tenant, Enabled: true, RingInUse: true, Label: "g", Name: strategy, RingStrategy: strategy, Members: []int{anna, bert}, Timeout: 1})
			group = g.ID
			return err
		})
		plan := l.files(fmt.Sprintf("[answer]\nexten = _X,1,Gosub(%s,s,1(%d,${EXTEN}))\n", compile.AnsweredContext, group))
		for _, step := range []struct {
			answers int // the user who answers; 0: nobody does
			first   string
		}{{anna, "1002"}, {0, "1002"}, {bert, "1001"}, {anna, "1002"}} {
			if step.answers != 0 {
				l.callWith(plan, l.globals, simulate.Script{Start: at}, "answer", fmt.Sprint(step.answers))
				at = at.Add(time.Minute)
			}
			r := l.callWith(plan, l.globals, simulate.Script{}, compile.GroupContext(group), "s")
			if got := dialled(r); len(got) == 0 || !strings.HasPrefix(got[0], "PJSIP/phone"+step.first+",") || !strings.Contains(got[0], fmt.Sprintf("U(%s^%d^", compile.AnsweredContext, group)) {
				t.Errorf("%s, user %d has answered: rung are %q", strategy, step.answers, got)
			}
		}
	}
}

func TestSubroutinesOfFilesHaveTheirSay(t *testing.T) {
	l := newLab(t)
	id := l.user(store.User{Firstname: "Anna", Enabled: true, RingSeconds: 20, PreprocessSubroutine: "sub-anna"}, "1001")
	l.incall("2", store.Incall{Destination: custom("Playback(menu)"), PreprocessSubroutine: "sub-nowhere"})
	plan := l.files(`
[sub-anna]
exten = s,1,Set(WAZO_RINGSECONDS=7)
same = n,Set(WAZO_CALLOPTIONS=${WAZO_CALLOPTIONS}r)
same = n,Return()
[xivo-subrgbl-user]
exten = s,1,Playback(all-users-${WAZO_DSTNUM})
same = n,Return()
[xivo-subrgbl-did]
exten = s,1,Playback(all-numbers)
same = n,Return()
[xivo-subrfwd-custom]
exten = s,1,Playback(all-commands)
same = n,Return()
`)
	r := l.call(plan, simulate.Script{Begin: func(r *run) { r.Set(store.CallerOptionsVariable, "T") }}, "default", "1001")
	if got := dialled(r); len(got) != 1 || got[0] != "PJSIP/phone1001,7,Tr" || !slices.Equal(heard(r)[:1], []string{"all-users-1001"}) {
		t.Errorf("user %d: rung %q, heard %v", id, got, heard(r))
	}
	r = l.call(plan, simulate.Script{}, "from-extern", "2")
	if got := heard(r); !slices.Equal(got, []string{"all-numbers", "all-commands", "menu"}) || r.Outcome.Err != nil {
		t.Errorf("an incall whose own subroutine there is not: heard %v (%v)", got, r.Outcome.Err)
	}
}

func TestAWayOut(t *testing.T) {
	l := newLab(t)
	thirty := 30
	var outcall store.Outcall
	l.change(func(tx *store.Tx, tenant string) (err error) {
		if _, err = tx.Contexts().Put(store.Context{Name: "to-extern", Type: store.ContextOutcall, Tenant: tenant, Enabled: true}); err != nil {
			return err
		}
		for _, name := range []string{"first", "second"} {
			trunk := store.NewTrunk(name, "from-extern")
			trunk.Servers = []string{name + ".example"}
			if _, err := tx.Trunks().Put(trunk); err != nil {
				return err
			}
		}
		first, _ := tx.Trunk("first")
		second, _ := tx.Trunk("second")
		outcall, err = tx.Outcalls().Put(store.Outcall{Tenant: tenant, Name: "out", Enabled: true, Trunks: []int{second.ID, first.ID}, RingTime: &thirty})
		if err != nil {
			return err
		}
		_, err = tx.Extensions().Put(store.Extension{Exten: "_0XXXXX", Context: "to-extern", Enabled: true, Of: store.Owner{Kind: store.OwnerOutcall, ID: outcall.ID},
			Outcall: store.OutcallNumber{StripDigits: 1, ExternalPrefix: "+33", CallerID: `"Firm" <0199>`}})
		return err
	})
	plan := l.files("[default]\ninclude = to-extern\n")
	dials := func(r simulate.Result) string {
		var list []string
		for _, step := range r.Steps {
			if step.App == "Dial" {
				list = append(list, step.Args)
			}
		}
		return strings.Join(list, " ")
	}
	r := l.call(plan, simulate.Script{}, "default", "012345")
	if want := "PJSIP/+3312345@second,30, PJSIP/+3312345@first,30,"; dials(r) != want {
		t.Errorf("the call goes to %s, want %s\n%s", dials(r), want, l.text(compile.OutcallContext(outcall.ID)))
	}
	if r.State.Caller.Name != "Firm" || r.State.Caller.Number != "0199" {
		t.Errorf("it is from %+v", r.State.Caller)
	}
	if variable(r, "WAZO_CALLORIGIN") != "extern" || variable(r, "WAZO_CALL_DIRECTION") != "outbound" {
		t.Errorf("it is %v", r.State.Variables)
	}
	r = l.call(plan, simulate.Script{Begin: func(r *run) { r.Set(store.OutgoingVariable, `"Anna, Sales" <0177>`) }}, "default", "012345")
	if r.State.Caller.Name != "Anna, Sales" || r.State.Caller.Number != "0177" {
		t.Errorf("a user's own caller id: it is from %+v", r.State.Caller)
	}
	r = l.call(plan, simulate.Script{Begin: func(r *run) { r.Set(store.AnonymousVariable, "1") }}, "default", "012345")
	if !strings.HasPrefix(r.State.Caller.Presentation, "prohib") {
		t.Errorf("a user who is not told of: %+v", r.State.Caller)
	}
	l.change(func(tx *store.Tx, _ string) error {
		outcall.InternalCallerID, outcall.Trunks = true, nil
		_, err := tx.Outcalls().Put(outcall)
		return err
	})
	if r = l.call(plan, simulate.Script{}, "default", "012345"); r.State.Caller.Number != "" || r.Outcome.Cause != 34 || dials(r) != "" {
		t.Errorf("without trunks, with the caller's own number: %+v %+v", r.Outcome, r.State.Caller)
	}
	l.change(func(tx *store.Tx, _ string) error {
		outcall.Enabled = false
		_, err := tx.Outcalls().Put(outcall)
		return err
	})
	if plan.Match("default", "012345", "", start).Exists {
		t.Error("a way out that is disabled takes a number")
	}
}

// TestTelephonesThatShareANumberRingTogether: each number of a user rings the lines that have it.
func TestTelephonesThatShareANumberRingTogether(t *testing.T) {
	l := newLab(t)
	anna := l.user(store.User{Firstname: "Anna", Enabled: true}, "1001", "1002", "1003")
	l.change(func(tx *store.Tx, _ string) error {
		gone, _ := tx.Extension("default", "1003")
		if err := tx.Extensions().Delete(gone.ID); err != nil {
			return err
		}
		e, _ := tx.Extension("default", "1001")
		shared := *e
		shared.Lines = []int{3}
		_, err := tx.Extensions().Put(shared)
		return err
	})
	if got := lines(l.text("default"), "1001"); got != "exten = 1001,1,Set(__XIVO_BASE_EXTEN=${EXTEN})\nexten = 1001,hint,PJSIP/phone1001&PJSIP/phone1003" {
		t.Errorf("the number is\n%s", got)
	}
	want := `exten = s,1,Set(WAZO_INTERFACE=PJSIP/phone1001&PJSIP/phone1002&PJSIP/phone1003)
exten = line-1,1,Set(WAZO_INTERFACE=PJSIP/phone1001&PJSIP/phone1003)
exten = line-2,1,Set(WAZO_INTERFACE=PJSIP/phone1002)
exten = line-3,1,Set(WAZO_INTERFACE=PJSIP/phone1001&PJSIP/phone1003)`
	if got := lines(l.text(compile.UserContext(anna)), "WAZO_INTERFACE="); got != want {
		t.Errorf("the devices are\n%s\nwant\n%s", got, want)
	}
	l.change(func(tx *store.Tx, _ string) error { // the main line is the first one
		u, _, _ := tx.Users().Get(anna)
		with := *u
		with.MainLine = 2
		_, err := tx.Users().Put(with)
		return err
	})
	if got, want := lines(l.text(compile.UserContext(anna)), "exten = s,1"), "exten = s,1,Set(WAZO_INTERFACE=PJSIP/phone1002&PJSIP/phone1001&PJSIP/phone1003)"; got != want {
		t.Errorf("with another main line: %s", got)
	}
}
