package function

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dialtone/ivr"
	"dialtone/ivr/dialplan"
	"dialtone/ivr/simulate"
)

const vectors = "../../testdata/dialplan/"

// counter is a log that counts warnings and errors.
type counter struct{ n *int }

func (c counter) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
func (c counter) Handle(context.Context, slog.Record) error    { *c.n++; return nil }
func (c counter) WithAttrs([]slog.Attr) slog.Handler           { return c }
func (c counter) WithGroup(string) slog.Handler                { return c }

// loadText makes a plan of a text.
func loadText(t testing.TB, text string) *dialplan.Plan {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	plan, problems := dialplan.Load(dialplan.LoadOptions{}, file)
	if plan == nil {
		t.Fatal(problems)
	}
	return plan
}

// newRun is a run that stands at vec,sub,1, where nothing is executed.
func newRun(t testing.TB, log *slog.Logger) *ivr.Run {
	plan := loadText(t, "[vec]\nexten => sub,1(lab),NoOp()\n[default]\nexten => s,1,NoOp()\n")
	ch := simulate.New(simulate.Script{Caller: ivr.CallerID{Name: "Jean D", Number: "0102030405"}})
	return ivr.New(ch, dialplan.Place{Context: "vec", Exten: "sub", Priority: 1}, ivr.Options{
		Plan: func() *dialplan.Plan { return plan }, Functions: All(), Database: new(ivr.Memory), Log: log,
	})
}

// otherwise are rows that differ from the measurement on purpose; none today.
var otherwise = map[string]string{}

// TestSubstitutionAsMeasured evaluates every measured text, each in a run of its own.
func TestSubstitutionAsMeasured(t *testing.T) {
	var preamble struct{ Variables, Globals map[string]string }
	data, err := os.ReadFile(vectors + "substitution-preamble.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &preamble); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(vectors + "substitution.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		field := strings.Split(lines.Text(), "\t")
		if len(field) != 3 {
			t.Fatalf("row %q has %d fields", lines.Text(), len(field))
		}
		rows++
		if otherwise[field[0]] != "" {
			continue
		}
		warnings := 0
		r := newRun(t, slog.New(counter{&warnings}))
		for name, value := range preamble.Variables {
			r.Set(name, value)
		}
		for name, value := range preamble.Globals {
			r.SetGlobal(name, value)
		}
		if got := r.Expand(field[0]); got != field[1] {
			t.Errorf("%s\n got %q\nwant %q", field[0], got, field[1])
		}
		if warned := warnings > 0; warned != (field[2] == "1") {
			t.Errorf("%s: warned %v, want %s", field[0], warned, field[2])
		}
	}
	if rows != 180 {
		t.Errorf("%d rows, want 180", rows)
	}
}
