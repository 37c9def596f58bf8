package app

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
)

var dialing = []ivr.App{
	{
		Name: "Dial", Synopsis: "call somebody and connect the caller", Syntax: "Technology/resource[&Technology/resource…][,timeout[^early][,options[,url]]]",
		Sets: []string{"DIALSTATUS", "DIALEDPEERNAME", "DIALEDPEERNUMBER", "DIALEDTIME", "DIALEDTIME_MS", "ANSWEREDTIME", "ANSWEREDTIME_MS",
			"RINGTIME", "RINGTIME_MS", "PROGRESSTIME", "PROGRESSTIME_MS"},
		Options: "ABCDFGHILQRSTUWXabcdfghimortuwxz",
		Doc: "Calls all destinations at once; the first to answer is connected, the others are hung up. PJSIP/NUMBER (or SIP/) is a phone, all its contacts at once, PJSIP/NUMBER/URI one of them; PJSIP/NUMBER@TRUNK a number by a trunk, " +
			"also written SIP/TRUNK/NUMBER; Local/EXTENSION[@CONTEXT] an extension of the dialplan, a call of its own. " +
			"When nobody answers the run goes on, with the reason in DIALSTATUS: BUSY, CONGESTION, NOANSWER, CANCEL or CHANUNAVAIL, and its Q.850 cause in HANGUPCAUSE. " +
			"When the called one hangs up the call ends, unless option g is given. timeout is how many seconds they ring; ^early how many may pass before a destination rings. " +
			"Options: g go on after the talk; d a digit pressed while it rings leaves for that extension of the context (or of EXITCONTEXT); L(ms[:warning[:repeat]]) and S(seconds) limit the talk; " +
			"D(called[:caller]) digits after the answer; G(context^extension^priority) the caller goes there and the called one to the priority behind it; " +
			"F[(context^extension^priority)] when the caller hangs up the called one goes there, without a place to the priority behind Dial; " +
			"U(context[^argument…]) a Gosub on the called side before they are connected, whose GOSUB_RESULT may be BUSY, CONGESTION, CONTINUE, ABORT or GOTO:context^extension^priority; " +
			"b(context^extension^priority[(arguments)]) a Gosub on each called side, B(…) on the caller, before the calls are made; A(sound[:sound]) is played to the called one and to the caller before they are connected; " +
			"r and R a ringing tone at once, m music meanwhile; a answers the caller at once; c tells extensions that stop ringing that the call was answered elsewhere, as telephones always are; " +
			"h and H let the called one and the caller hang up with *, t and T transfer with # and *2 (see FEATUREMAP), in the context TRANSFER_CONTEXT or the present one; " +
			"I does not tell the caller who has answered; i does not follow a telephone that sends the call elsewhere, z ends the timeout when one does; w and x let the called one, W and X the caller begin and end a recording of both with *1 or *3 (TOUCH_MIXMONITOR names the file, TOUCH_MIXMONITOR_FORMAT its format); f(number) and o(number) the caller's number as the called one sees it, u(presentation); Q(cause) for those who did not answer; C begins the call's record anew. Others do nothing: those of parking (k, K), of screening (p, P, n, N), e, s and j.",
		Run: dial,
	},
}

// called is one call of a Dial.
type called struct {
	ivr.Called
	resource string // behind the technology
	over     bool
}

// dialling is one Dial.
type dialling struct {
	r       *ivr.Run
	notice  ivr.Notice // of all calls
	calls   []*called
	parties []*ivr.Run // on which a Gosub was executed
	options map[byte]string
	began   time.Time
	ends    time.Time // of ringing; zero: none
	early   time.Time // until then something must ring; zero: no matter

	tone                     string // that the caller hears
	near, far                side   // the caller and the called one in the talk
	away                     bool   // the caller was transferred
	rang, progressed         bool
	busy, congested, nowhere int
	cause                    int // of the call that ended last
}

func dial(r *ivr.Run, args string) error {
	for _, name := range []string{"DIALSTATUS", "DIALEDPEERNAME", "DIALEDPEERNUMBER", "ANSWEREDTIME", "ANSWEREDTIME_MS", "DIALEDTIME", "DIALEDTIME_MS",
		"RINGTIME", "RINGTIME_MS", "PROGRESSTIME", "PROGRESSTIME_MS"} {
		r.Set(name, "")
	}
	list := ivr.SplitArgs(args, 4)
	if argument(list, 0) == "" {
		r.Warn("Dial: needs a destination: Technology/resource")
		r.Set("DIALSTATUS", "CHANUNAVAIL")
		return nil
	}
	d := &dialling{r: r, notice: ivr.NewNotice(), options: options(argument(list, 2)), began: r.Now()}
	d.patience(argument(list, 1))
	if err := d.prepare(); err != nil {
		return err
	}
	defer d.hangUp(nil)
	defer func() {
		for _, party := range d.parties {
			party.LeaveGroups()
		}
	}()
	if err := d.call(list[0]); err != nil {
		return err
	}
	if err := d.begin(d.calls); err != nil {
		return err
	}
	winner, status, err := d.ring()
	if d.tone != "" && err == nil {
		err = d.indicate("")
	}
	if winner == nil || err != nil {
		d.hangUp(nil)
		r.Set("DIALSTATUS", status)
		d.lasted("DIALEDTIME", d.began)
		if d.cause != 0 && err == nil {
			r.SetCause(d.cause)
		}
		return err
	}
	return d.answered(winner)
}

// patience reads timeout[^early].
func (d *dialling) patience(text string) {
	text, early, _ := strings.Cut(text, "^")
	if text != "" {
		if s, ok := seconds(text); ok && s > 0 {
			d.ends = d.began.Add(s)
		} else {
			d.r.Warn("Dial: %q is no time-out in seconds: it rings without end", text)
		}
	}
	if s, ok := seconds(early); ok && s > 0 {
		d.early = d.began.Add(s)
	}
}

func (d *dialling) has(letter byte) bool { return has(d.options, letter) }

// prepare does what the options want before the calls are made.
func (d *dialling) prepare() error {
	if d.has('C') {
		d.r.RestartRecord(false)
	}
	if d.has('a') {
		if err := d.r.Answer(); err != nil {
			return err
		}
	}
	if target := d.options['B']; target != "" {
		return d.r.Subroutine(places(target))
	}
	return nil
}

// places writes the ^ of an option's place as commas, but in its arguments.
func places(option string) string {
	place, args, bracket := strings.Cut(option, "(")
	place = strings.ReplaceAll(place, "^", ",")
	if !bracket {
		return place
	}
	return place + "(" + strings.ReplaceAll(args, "^", ",")
}

// call prepares the calls to every destination.
func (d *dialling) call(destinations string) error {
	for destination := range strings.SplitSeq(destinations, "&") {
		technology, resource, slash := strings.Cut(strings.TrimSpace(destination), "/")
		var err error
		switch {
		case !slash:
			err = fmt.Errorf("%q is no destination: it is written Technology/resource", destination)
		case strings.EqualFold(technology, "Local") && resource == "":
			err = errors.New("a Local call needs an extension: Local/EXTENSION@CONTEXT")
		case strings.EqualFold(technology, "Local"):
			err = d.callLocal(resource)
		default:
			err = d.callOut(technology, resource)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *dialling) callLocal(resource string) error {
	text, _, _ := strings.Cut(resource, "/")
	exten, context, named := strings.Cut(text, "@")
	if !named {
		context = "default"
	}
	place := dialplan.Place{Context: context, Exten: exten, Priority: 1}
	if !d.r.Exists(place) {
		d.r.Warn("Dial: Local/%s: there is no extension %q in context %q", resource, exten, context)
		return nil
	}
	local, err := d.r.CallLocal(place, d.caller(exten), d.notice)
	if err != nil {
		return err
	}
	d.calls = append(d.calls, &called{Called: local, resource: resource})
	return nil
}

// callOut prepares the calls to a telephone or by a trunk. One that cannot be made is no reason not to make the others.
func (d *dialling) callOut(technology, resource string) error {
	number, _, _ := strings.Cut(resource, "@")
	list, err := d.r.Call(ivr.CallOrder{Technology: technology, Resource: resource, Caller: d.caller(number), Unnamed: d.has('I')}, d.notice)
	if none, ok := errors.AsType[*ivr.NoWayError](err); ok {
		d.r.Warn("Dial: %s/%s: %s", technology, resource, none.Why)
		d.cause = none.Cause
		return nil
	}
	for _, c := range list {
		d.calls = append(d.calls, &called{Called: c, resource: resource})
	}
	return err
}

// begin makes calls that were prepared, after the Gosub of option b on each.
func (d *dialling) begin(calls []*called) error {
	for _, c := range calls {
		if target := d.options['b']; target != "" {
			if err := d.onParty(d.r.Party(c, d.r.Place()), places(target)); err != nil {
				return err
			}
		}
	}
	for _, c := range calls {
		if err := c.Begin(); err != nil {
			return err
		}
	}
	return nil
}

// caller is who calls, as the called one sees it.
func (d *dialling) caller(exten string) ivr.CallerID {
	c := d.r.Caller()
	c.DNID = exten
	for _, letter := range []byte{'f', 'o'} {
		if text := d.options[letter]; text != "" {
			if name, number := ivr.ParseCallerID(text); number != "" {
				c.Number, c.Name = number, name
			}
		}
	}
	if text := d.options['u']; text != "" {
		c.Presentation = text
	}
	return c
}

// onParty runs a Gosub on a called party while the caller waits. The groups that it enters are left with the end of Dial.
func (d *dialling) onParty(party *ivr.Run, target string) error {
	d.parties = append(d.parties, party)
	ended := make(chan struct{})
	var failed error
	pace := d.r.Channel().Pace()
	pace.Go(func() {
		defer close(ended)
		failed = party.Subroutine(target)
	})
	if _, err := d.r.Wait(ivr.Wait{For: -1, Wake: ended, Keep: true}); err != nil {
		party.Channel().Hangup(0)
		pace.Wait(time.Time{}, ended, nil)
		return err
	}
	if failed != nil && !errors.Is(failed, ivr.ErrHangup) && !errors.Is(failed, ivr.ErrEnd) {
		d.r.Warn("Dial: the Gosub %s on the called side: %v", target, failed)
	}
	return nil
}

// hangUp ends all calls but one: telephones are told when that one has answered, extensions where option c says so.
func (d *dialling) hangUp(but *called) {
	for _, c := range d.calls {
		if c == but || c.over {
			continue
		}
		cause := endedWith(d.r)
		if _, local := c.Called.(*ivr.Local); but != nil && (!local || d.has('c')) {
			cause = 26 // answered elsewhere
		}
		if asked, ok := ivr.ParseCause(d.options['Q']); ok {
			cause = asked
		}
		c.over = true
		c.Hangup(cause)
	}
}

// lasted sets a variable of seconds, and its _MS, to the time since a moment.
func (d *dialling) lasted(name string, since time.Time) {
	t := d.r.Now().Sub(since)
	d.r.Set(name, strconv.Itoa(int(t.Seconds())))
	d.r.Set(name+"_MS", strconv.FormatInt(t.Milliseconds(), 10))
}
