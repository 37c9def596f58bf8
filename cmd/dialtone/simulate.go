package main

import (
	"fmt"
	"os"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/conversation"
	"dialtone/ivr/dialplan"
)

type simulateCommand struct {
	dataFlag
	Context  string   `placeholder:"C" help:"The context in which the call begins."`
	Exten    string   `default:"s" placeholder:"E" help:"The extension with which it begins (default: ${default})."`
	Priority int      `default:"1" placeholder:"P" help:"The priority with which it begins (default: ${default})."`
	Caller   caller   `placeholder:"'NAME <NUMBER>'" help:"Who calls."`
	At       moment   `placeholder:"TIME" help:"When the call comes in, as 2026-11-23T12:30:00+01:00 (default: now)."`
	Press    string   `placeholder:"KEYS" help:"What the caller presses, from the answer on: keys, w to wait half a second, W a second. ww1 presses 1 a second after the answer."`
	Hangup   float64  `placeholder:"SECONDS" help:"The caller hangs up so many seconds after the answer (default: waits an hour)."`
	Set      []string `sep:"none" placeholder:"NAME=VALUE" help:"Set a variable, or write a function, before the call begins; may be given several times."`
	Global   []string `sep:"none" placeholder:"NAME=VALUE" help:"Set a global variable; may be given several times."`
	Sounds   []string `sep:"none" placeholder:"DIR" help:"Where sounds are, besides the plan's own directory, its sounds and those of the data directory; may be given several times."`
	Sound    []string `sep:"none" placeholder:"NAME=SECONDS" help:"A sound that need not exist, and how long it lasts; may be given several times."`
	Scenario string   `placeholder:"FILE" help:"Play the calls of a scenario (*.expect) and print it with what happened."`
	JSON     bool     `help:"Print JSON."`
	Paths    []string `arg:"" name:"path" help:"The dialplan: files or directories."`
}

func (simulateCommand) Help() string {
	return `Runs a call in virtual time, with the interpreter that runs real calls, and prints what happens with its seconds: each step as
CONTEXT,EXTEN,PRIORITY Application(arguments), what the caller hears and for how long, the keys, warnings, and how it ended.
The calls that Dial makes stand between as child1, child2.

Examples:
  dialtone simulate examples/minimal --context dp-ivr-example --press WWWWWW1
  dialtone simulate menu.conf --context menu --exten 8899 --at 2026-12-25T10:00:00+01:00 --caller 'Jean D <0102030405>'
  dialtone simulate menu.conf --context menu --sound welcome=3.2 --hangup 10 --json
  dialtone simulate menu.conf --scenario menu.expect`
}

// Run plays the call, or the calls of the scenario.
func (c simulateCommand) Run() error {
	objects, err := openKept(c.Data)
	if err != nil {
		return err
	}
	defer objects.Close()
	plan, err := loadPlan(c.Paths, objects.beside())
	if err != nil {
		return err
	}
	suite := newSuite(c.Data, objects)
	stage := suite.Stage(plan)
	if c.Scenario != "" {
		return c.scenario(stage)
	}
	if c.Context == "" {
		return fmt.Errorf("where does the call begin? Give --context and --exten, or --scenario")
	}
	if !plan.Has(c.Context) {
		return fmt.Errorf("the plan has no context [%s]%s", c.Context, nearContext(plan, c.Context))
	}
	call, err := c.call()
	if err != nil {
		return err
	}
	own, err := ownSounds(c.Sound)
	if err != nil {
		return err
	}
	stage.Length = conversation.Sounds("--sound", own, suite.Sounds(append(c.Sounds, c.Paths...)))
	t := stage.Play(call)
	if c.JSON {
		return printJSON(newSimulated(t))
	}
	for _, e := range t.Events {
		fmt.Println(lineEnds.Replace(e.String()))
	}
	return nil
}

// call is what the flags say of the call.
func (c simulateCommand) call() (call conversation.Call, err error) {
	call = conversation.Call{
		Place: dialplan.Place{Context: c.Context, Exten: c.Exten, Priority: c.Priority}, At: time.Time(c.At), Caller: ivr.CallerID(c.Caller),
		Hangup: time.Duration(c.Hangup * float64(time.Second)),
	}
	if call.At.IsZero() {
		call.At = time.Now()
	}
	if c.Priority < 1 || c.Hangup < 0 {
		return call, fmt.Errorf("--priority counts from 1, --hangup from 0")
	}
	if call.Presses, err = parsePress(c.Press); err != nil {
		return call, err
	}
	for _, list := range []struct {
		flag  string
		texts []string
		to    *[]conversation.Variable
	}{{"--set", c.Set, &call.Set}, {"--global", c.Global, &call.Globals}} {
		assigned, err := assignments(list.flag, list.texts)
		if err != nil {
			return call, err
		}
		for _, a := range assigned {
			*list.to = append(*list.to, conversation.Variable{Name: a.name, Value: a.value})
		}
	}
	return call, nil
}

// scenario plays all calls of a scenario, with its own sounds and caller.
func (c simulateCommand) scenario(stage conversation.Stage) error {
	s, err := conversation.ReadScenario(c.Scenario)
	if err != nil {
		return err
	}
	stage.Length = conversation.ScenarioSounds
	got := make([][]conversation.ScenarioStep, len(s.Runs))
	for i, run := range s.Runs {
		got[i] = s.Play(stage, run)
	}
	if !c.JSON {
		return s.Write(os.Stdout, got)
	}
	type jsonRun struct {
		Title string                      `json:"title"`
		Steps []conversation.ScenarioStep `json:"steps"`
	}
	runs := make([]jsonRun, len(s.Runs))
	for i, run := range s.Runs {
		runs[i] = jsonRun{run.Title, got[i]}
	}
	return printJSON(runs)
}

// simulated is a call as --json prints it. Times are seconds since it came in.
type simulated struct {
	Steps    []simulatedStep  `json:"steps"`
	Heard    []simulatedSound `json:"heard"`
	Keys     []simulatedText  `json:"keys"`
	Log      []simulatedText  `json:"log"`
	Answered *float64         `json:"answered"` // null: never
	End      simulatedEnd     `json:"end"`
}

type simulatedStep struct {
	At       float64 `json:"at"`
	Context  string  `json:"context"`
	Exten    string  `json:"extension"`
	Priority int     `json:"priority"`
	App      string  `json:"application"`
	Args     string  `json:"arguments"`
	Child    int     `json:"child,omitempty"` // of which call that Dial made
	File     string  `json:"file"`
	Line     int     `json:"line"`
}

type simulatedSound struct {
	At   float64 `json:"at"`
	Name string  `json:"name"`
	For  float64 `json:"for"`
	Key  string  `json:"key,omitempty"` // that ended it
}

type simulatedText struct {
	At   float64 `json:"at"`
	Text string  `json:"text"`
	Line string  `json:"line,omitempty"` // of the dialplan
}

type simulatedEnd struct {
	At      float64 `json:"at"`
	Cause   int     `json:"cause"`
	By      ivr.By  `json:"by"`
	Context string  `json:"context"`
	Exten   string  `json:"extension"`
	Error   string  `json:"error,omitempty"`
}

func newSimulated(t conversation.Transcript) simulated {
	s := simulated{Steps: []simulatedStep{}, Heard: []simulatedSound{}, Keys: []simulatedText{}, Log: []simulatedText{}}
	for _, e := range t.Events {
		at := e.At.Seconds()
		switch e.Kind {
		case conversation.Stepped:
			s.Steps = append(s.Steps, simulatedStep{at, e.Step.Place.Context, e.Step.Place.Exten, e.Step.Place.Priority,
				e.Step.App, e.Step.Args, e.Child, e.Step.Pos.File, e.Step.Pos.Line})
		case conversation.Heard:
			s.Heard = append(s.Heard, simulatedSound{at, e.Sound.Name, e.Sound.For.Seconds(), e.Sound.Key})
		case conversation.Pressed:
			s.Keys = append(s.Keys, simulatedText{At: at, Text: e.Text})
		case conversation.Logged:
			s.Log = append(s.Log, simulatedText{at, e.Text, e.Line})
		case conversation.Answered:
			s.Answered = &at
		}
	}
	o := t.Outcome
	s.End = simulatedEnd{At: t.Length.Seconds(), Cause: o.Cause, By: o.By, Context: o.Place.Context, Exten: o.Place.Exten}
	if o.Err != nil {
		s.End.Error = o.Err.Error()
	}
	return s
}
