package store

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func live(t *testing.T, s *Store) map[string]map[string]string {
	t.Helper()
	calls, err := s.LiveCalls()
	if err != nil {
		t.Fatal(err)
	}
	text := map[string]map[string]string{}
	for call, parts := range calls {
		text[call] = map[string]string{}
		for part, value := range parts {
			text[call][part] = string(value)
		}
	}
	return text
}

func TestJournalIsOnDiskWithin50Milliseconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir(), Options{})
		for i := range 10 {
			s.Journal("a", "run", i)
			s.Journal("b", "media", i)
		}
		if got := live(t, s); len(got) > 0 {
			t.Errorf("at once: %v", got)
		}
		before := lastTransaction(t, s)
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
		want := map[string]map[string]string{"a": {"run": "9"}, "b": {"media": "9"}}
		if diff := cmp.Diff(want, live(t, s)); diff != "" {
			t.Error(diff)
		}
		if n := lastTransaction(t, s) - before; n != 1 {
			t.Errorf("%d transactions for one group", n)
		}
		time.Sleep(time.Hour)
		if n := lastTransaction(t, s) - before; n != 1 {
			t.Errorf("%d transactions after an hour without a change", n)
		}
		s.Close()
	})
}

func TestEndTakesTheCallAndKeepsItsRecord(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	s.Journal("a", "run", 1)
	s.Journal("a", "dialog", 2)
	s.Journal("ab", "run", 3) // another call whose name begins alike
	s.Sync()
	record := CallRecord{
		ID: "a", CallID: "x@y", From: "1000", To: "8899", Context: "default", Cause: 16, EndedBy: "caller",
		Start: time.Unix(100, 0).UTC(), End: time.Unix(160, 0).UTC(),
		Steps: []StepRecord{{At: time.Unix(101, 0).UTC(), Context: "menu", Exten: "s", Priority: 1, App: "Answer", Args: "1000"}},
		Media: &MediaRecord{Received: 50, Jitter: 1.5, Dropped: map[string]uint64{"source": 2}, Far: &FarRecord{Lost: 3}},
	}
	s.Journal("a", "run", 4) // must not outlive the end
	s.JournalEnd("a", record)
	s.Journal("a", "media", 5) // late
	s.Sync()
	if diff := cmp.Diff(map[string]map[string]string{"ab": {"run": "3"}}, live(t, s)); diff != "" {
		t.Error(diff)
	}
	records, err := s.Records(0, 10)
	if err != nil {
		t.Fatal(err)
	}
	record.Number = 1
	if diff := cmp.Diff([]CallRecord{record}, records); diff != "" {
		t.Error(diff)
	}
}

// counted counts how often it is encoded.
type counted struct{ times *atomic.Int64 }

func (c counted) MarshalJSON() ([]byte, error) { return fmt.Append(nil, c.times.Add(1)), nil }

// Values that follow each other faster than they can be written cost no encoding.
func TestJournalEncodesOnlyTheLastValue(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	var times atomic.Int64
	for range 10_000 {
		s.Journal("a", "run", counted{&times})
	}
	s.Sync()
	if n := times.Load(); n == 0 || n > 1000 {
		t.Errorf("encoded %d times", n)
	}
	s.Journal("b", "run", counted{&times})
	s.JournalEnd("b", CallRecord{ID: "b"})
	s.Sync()
	if _, there := live(t, s)["b"]; there {
		t.Error("an ended call is live")
	}
}

func TestHistoryIsBoundedByNumberAndBytes(t *testing.T) {
	s := open(t, t.TempDir(), Options{MaxRecords: 10, MaxRecordBytes: 1 << 20})
	for i := range 25 {
		s.JournalEnd(fmt.Sprint(i), CallRecord{ID: fmt.Sprint(i)})
		if i%7 == 0 {
			s.Sync()
		}
	}
	s.Sync()
	ids := func(before uint64, limit int) (ids []string) {
		records, err := s.Records(before, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			ids = append(ids, r.ID)
		}
		return ids
	}
	if diff := cmp.Diff([]string{"24", "23", "22"}, ids(0, 3)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"16", "15"}, ids(18, 10)); diff != "" { // record 18 is call 17
		t.Error(diff)
	}
	after := func(number uint64, limit int) (ids []string) {
		records, err := s.RecordsAfter(number, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			ids = append(ids, fmt.Sprint(r.Number, "=", r.ID))
		}
		return ids
	}
	if diff := cmp.Diff([]string{"16=15", "17=16"}, after(0, 2)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"24=23", "25=24"}, after(23, 10)); diff != "" {
		t.Error(diff)
	}
	if got := after(25, 10); got != nil {
		t.Errorf("after the last one: %v", got)
	}
	s = reopen(t, s, Options{MaxRecords: 10, MaxRecordBytes: 10_000})
	for i := range 10 {
		s.JournalEnd(fmt.Sprint("long", i), CallRecord{ID: fmt.Sprint("long", i), Name: strings.Repeat("n", 3000)})
	}
	s.Sync()
	if diff := cmp.Diff([]string{"long9", "long8", "long7"}, ids(0, 99)); diff != "" {
		t.Error(diff)
	}
}

func TestLongRecordLosesItsLastSteps(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	record := CallRecord{ID: "a", MoreSteps: 5}
	for range 1000 {
		record.Steps = append(record.Steps, StepRecord{Args: strings.Repeat("x", 1000)})
	}
	s.JournalEnd("a", record)
	s.Sync()
	records, err := s.Records(0, 1)
	if err != nil || len(records) != 1 {
		t.Fatal(records, err)
	}
	if r := records[0]; len(r.Steps) == 0 || len(r.Steps)+r.MoreSteps != 1005 {
		t.Errorf("%d steps and %d more", len(r.Steps), r.MoreSteps)
	}
}

// A part that cannot be kept is left out and harms nobody.
func TestOddCallsAreHarmless(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	s.Journal("", "run", 1)
	s.Journal(strings.Repeat("x", 40_000), "run", 1)
	s.Journal("a", strings.Repeat("x", 40_000), 1)
	s.Journal("a", "run", func() {})
	s.JournalEnd("", CallRecord{})
	s.JournalEnd(strings.Repeat("x", 40_000), CallRecord{})
	s.Journal("a\x00b", "run", 1)
	s.Journal("b", "run", 1)
	s.JournalEnd("b", CallRecord{Media: &MediaRecord{MOS: math.NaN()}}) // its record cannot be written, its entry goes all the same
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]map[string]string{"a\x00b": {"run": "1"}}, live(t, s)); diff != "" {
		t.Error(diff)
	}
}

// What could not be written comes back behind what is newer, and an ended call's parts do not.
func TestFailedCommitIsTriedAgain(t *testing.T) {
	j := newJournal()
	failed := journalEntries{
		parts: map[string]map[string]any{"a": {"run": 1, "media": 1}, "b": {"run": 1}, "c": {"run": 1}},
		ended: []endedCall{{"z", nil}},
	}
	j.parts["a"] = map[string]any{"run": 2}
	j.ended = []endedCall{{"b", nil}}
	j.recent.add("b")
	if dropped := j.giveBack(failed); dropped != 0 {
		t.Errorf("%d dropped", dropped)
	}
	want := map[string]map[string]any{"a": {"run": 2, "media": 1}, "c": {"run": 1}}
	got := j.take()
	if diff := cmp.Diff(want, got.parts); diff != "" {
		t.Error(diff)
	}
	if len(got.ended) != 2 || got.ended[0].call != "z" || got.ended[1].call != "b" {
		t.Errorf("%v", got.ended)
	}
	if dropped := j.giveBack(journalEntries{ended: make([]endedCall, maxWaiting+3)}); dropped != 3 {
		t.Errorf("%d dropped", dropped)
	}
}

func TestRecentCallsForgetsTheOldest(t *testing.T) {
	r := recentCalls{known: map[string]struct{}{}}
	for i := range maxRecent + 10 {
		r.add(fmt.Sprint(i))
		r.add(fmt.Sprint(i))
	}
	if r.has("9") || !r.has("10") || !r.has(fmt.Sprint(maxRecent+9)) || len(r.known) != maxRecent {
		t.Errorf("%d known", len(r.known))
	}
}

func TestManyCallsJournalAtOnce(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			call := fmt.Sprint(i)
			for step := range 50 {
				s.Journal(call, "run", step)
			}
			if i%2 == 0 {
				s.JournalEnd(call, CallRecord{ID: call})
			}
		})
	}
	wg.Wait()
	s = reopen(t, s, Options{})
	calls := live(t, s)
	if len(calls) != 25 {
		t.Errorf("%d live calls", len(calls))
	}
	for call, parts := range calls {
		if parts["run"] != "49" {
			t.Errorf("call %s: %s", call, parts["run"])
		}
	}
	if records, err := s.Records(0, 100); err != nil || len(records) != 25 {
		t.Errorf("%d records, %v", len(records), err)
	}
}

// BenchmarkJournal: what a step costs its call, and all in all with the commits.
func BenchmarkJournal(b *testing.B) {
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	state := struct {
		Place     string
		Variables map[string]string
	}{"dp-ivr-example,s,12", map[string]string{"counter": "1", "GV_DIRECTORY_SOUNDS": "/var/lib/wazo/sounds/ivr-sounds", "IVR_DESTINATION_CONTEXT": "my-ivr-destination-context"}}
	raw, _ := json.Marshal(state)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Journal(fmt.Sprint(i%1000), "run", state)
	}
	s.Sync()
}

// A commit of a record takes the journal along, also an empty one; what calls hand over meanwhile is the next
// commit's alone. The race detector is the judge.
func TestPutsAndJournalDoNotShareWhatIsWritten(t *testing.T) {
	s := open(t, t.TempDir(), Options{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 300 {
			s.Journal(fmt.Sprint("call", i), "run", i)
			s.Journal(fmt.Sprint("call", i), "media", i)
			s.JournalEnd(fmt.Sprint("call", i), CallRecord{ID: fmt.Sprint("call", i)})
		}
	}()
	for i := range 100 {
		if _, err := s.Phones().Put("1000", NewPhone("1000", fmt.Sprint(i), "default"), Any); err != nil {
			t.Fatal(err)
		}
	}
	<-done
}
