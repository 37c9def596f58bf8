package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing/fstest"
	"time"

	"dialtone/ivr"
	"dialtone/ivr/app"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/function"
	"dialtone/ivr/simulate"
)

type evalCommand struct {
	dataFlag
	Set     []string `sep:"none" placeholder:"NAME=VALUE" help:"Set a variable, or write a function, before TEXT is worked out; may be given several times."`
	Global  []string `sep:"none" placeholder:"NAME=VALUE" help:"Set a global variable; may be given several times."`
	Caller  caller   `placeholder:"'NAME <NUMBER>'" help:"Who calls."`
	Context string   `default:"default" placeholder:"C" help:"The context in which the call stands (default: ${default})."`
	Exten   string   `default:"s" placeholder:"E" help:"The extension in which the call stands (default: ${default})."`
	At      moment   `placeholder:"TIME" help:"When the call takes place, as 2026-11-23T12:30:00+01:00 (default: now)."`
	Plan    []string `type:"path" placeholder:"PATH" help:"Dialplan files or directories, for functions that look into it; their globals are set. Without it there are default,s,1 and the call's own place."`
	Text    string   `arg:"" help:"What to work out, as it would stand in a line of a dialplan; - reads a text from each line of standard input."`
}

func (evalCommand) Help() string {
	return `Prints TEXT with its variables, functions and expressions worked out, as a call would before it runs a line. Warnings and errors
go to standard error; the exit code is 0 all the same, as a call goes on, too.

With - each line of standard input is a text and has a line of output. Each is worked out for itself, with the variables as the
flags set them: what one line changes, the next does not see (but for DB_DELETE). In a result that has line ends of its own, these are written \n and \r.

The data directory's objects stand beside the plan, and its schedules and values of DB() can be asked; what TEXT changes of them is not kept.

Examples:
  dialtone eval '$[1 + 2 * 3]'
  dialtone eval --set counter=2 '$[${counter} >= 3]'
  dialtone eval --set 'CALLERID(num)=0102030405' '${CALLERID(num):0:2}'
  dialtone eval --at 2026-11-23T12:30:00+01:00 '${IFTIME(08:00-18:00,mon-fri,*,*?open:closed)}'
  dialtone eval '${SCHEDULE(office)} ${DB(office/open)}'
  dialtone eval - < texts`
}

// Run works the text out, or the texts of standard input.
func (c evalCommand) Run() error {
	objects, err := openKept(c.Data)
	if err != nil {
		return err
	}
	defer objects.Close()
	setup, err := c.setup(objects)
	if err != nil {
		return err
	}
	if c.Text != "-" {
		fmt.Println(setup.run("").Expand(c.Text))
		return nil
	}
	in, out := bufio.NewReader(os.Stdin), bufio.NewWriter(os.Stdout)
	for n := 1; ; n++ {
		text, err := in.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if text == "" {
			return out.Flush()
		}
		result := setup.run(fmt.Sprintf("-:%d: ", n)).Expand(strings.TrimSuffix(text, "\n"))
		if _, err := fmt.Fprintln(out, lineEnds.Replace(result)); err != nil {
			return err
		}
	}
}

// lineEnds keeps a result in its line.
var lineEnds = strings.NewReplacer("\n", `\n`, "\r", `\r`)

// evalSetup is what all texts begin with.
type evalSetup struct {
	evalCommand
	objects      kept
	plan         *dialplan.Plan
	set, globals []assignment
}

func (c evalCommand) setup(objects kept) (s evalSetup, err error) {
	s.evalCommand, s.objects = c, objects
	if time.Time(c.At).IsZero() {
		s.At = moment(time.Now())
	}
	if s.set, err = assignments("--set", c.Set); err != nil {
		return s, err
	}
	if s.globals, err = assignments("--global", c.Global); err != nil {
		return s, err
	}
	if len(c.Plan) > 0 {
		s.plan, err = loadPlan(c.Plan, objects.beside())
		return s, err
	}
	standing := "[default]\nexten => s,1,NoOp()\n"
	own := fmt.Sprintf("[%s]\nexten => %s,1,NoOp()\n", c.Context, c.Exten)
	if s.plan = planOf(standing+own, objects); s.plan == nil { // no file could have this place
		s.plan = planOf(standing, objects)
	}
	return s, nil
}

// planOf makes a plan of a text, with objects beside it; nil if it has no structure.
func planOf(text string, objects kept) *dialplan.Plan {
	with := objects.beside()
	with.FS = fstest.MapFS{"eval": {Data: []byte(text)}}
	plan, _ := dialplan.Load(with, "eval")
	return plan
}

// run is a call in which the text is worked out. What it warns of is written to standard error, with where in front.
func (s evalSetup) run(where string) *ivr.Run {
	channel := simulate.New(simulate.Script{Start: time.Time(s.At), Caller: ivr.CallerID(s.Caller)})
	options := ivr.Options{
		Plan: func() *dialplan.Plan { return s.plan }, Apps: app.All(), Functions: function.All(),
		Globals: ivr.NewGlobals(s.plan.Globals), Database: new(ivr.Memory), Log: slog.New(complaints{os.Stderr, where}),
	}
	if s.objects.store != nil {
		options.Database, options.Schedules = s.objects.store.Database(), s.objects.schedules()
	}
	run := ivr.New(channel, dialplan.Place{Context: s.Context, Exten: s.Exten, Priority: 1}, options)
	for _, g := range s.globals {
		run.SetGlobal(g.name, g.value)
	}
	for _, v := range s.set {
		run.Set(v.name, v.value)
	}
	return run
}

// caller is who calls, as CALLERID(all) has it.
type caller ivr.CallerID

func (c *caller) UnmarshalText(text []byte) error {
	c.Name, c.Number = ivr.ParseCallerID(string(text))
	return nil
}

// moment is a time as a flag.
type moment time.Time

func (m *moment) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return fmt.Errorf("%q is no time such as 2026-11-23T12:30:00+01:00 or 2026-11-23T12:30:00Z", text)
	}
	*m = moment(at)
	return nil
}

// assignment is a NAME=VALUE of the command line.
type assignment struct{ name, value string }

func assignments(flag string, texts []string) ([]assignment, error) {
	list := make([]assignment, 0, len(texts))
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("%s %q: give NAME=VALUE, such as %s counter=1", flag, text, flag)
		}
		list = append(list, assignment{name, value})
	}
	return list, nil
}

// loadPlan reads dialplan files. Lines that are skipped are told on standard error; the rest of what is wrong is for
// `dialtone check` to say, unless there is no plan at all.
func loadPlan(paths []string, with dialplan.LoadOptions) (*dialplan.Plan, error) {
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("there is no dialplan: %w", err)
		}
	}
	plan, problems := readAloud(with, paths...)
	if plan == nil {
		for _, p := range problems {
			if p.Structure {
				return nil, fmt.Errorf("%w; `dialtone check` lists all that is wrong", p)
			}
		}
	}
	return plan, nil
}

// complaints is a log that writes warnings and errors as lines for people.
type complaints struct {
	out   io.Writer
	where string // in front of each
}

// Enabled implements slog.Handler.
func (complaints) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }

// Handle implements slog.Handler.
func (c complaints) Handle(_ context.Context, r slog.Record) error {
	severity := "warning"
	if r.Level >= slog.LevelError {
		severity = "error"
	}
	_, err := fmt.Fprintf(c.out, "%s%s: %s\n", c.where, severity, lineEnds.Replace(r.Message))
	return err
}

// WithAttrs implements slog.Handler.
func (c complaints) WithAttrs([]slog.Attr) slog.Handler { return c }

// WithGroup implements slog.Handler.
func (c complaints) WithGroup(string) slog.Handler { return c }
