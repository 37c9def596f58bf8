package store

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// crashChild puts, journals and says what was acknowledged, until it is killed.
func crashChild() {
	s, err := Open(os.Getenv("STORE_CRASH_DIR"), Options{MaxRecords: 100})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	var out sync.Mutex
	say := func(format string, args ...any) {
		out.Lock()
		fmt.Printf(format+"\n", args...)
		out.Unlock()
	}
	for writer := range 4 {
		go func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("%d-%d", writer, i%50)
				if _, err := s.Bindings().Put(key, Binding(strconv.Itoa(i)), Any); err != nil {
					say("error %v", err)
				}
				say("put %s %d", key, i)
				if i%10 == 9 {
					if err := s.Bindings().Delete(key, Any); err != nil {
						say("error %v", err)
					}
					say("deleted %s %d", key, i)
				}
			}
		}()
	}
	for writer := range 2 {
		go func() { // a number and its incall, as one
			for i := 0; ; i++ {
				number := fmt.Sprintf("+%d%d%06d", os.Getpid(), writer, i)
				if err := s.Update(func(tx *Tx) error { return tx.PutDID(DID{Number: number, Context: "default", Exten: "8899"}) }); err != nil {
					say("error %v", err)
				}
				say("incall %s -", number)
			}
		}()
	}
	for i := 0; ; i++ {
		call := fmt.Sprint("call-", i)
		s.Journal(call, "run", i)
		s.Journal(call, "media", i)
		if i%3 == 0 {
			if err := s.Sync(); err != nil {
				say("error %v", err)
			}
			say("journaled %s %d", call, i)
		}
		s.JournalEnd(call, CallRecord{ID: call})
		time.Sleep(time.Millisecond)
	}
}

// The process is killed while it writes, some times over on the same directory. What was acknowledged is there, as
// it was or newer, and what was deleted comes back only if it was put again.
func TestAcknowledgedPutsSurviveAKill(t *testing.T) {
	dir := t.TempDir()
	var numbers []string // incalls that were acknowledged
	for round, lines := range []int{1, 40, 300} {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "STORE_CRASH_DIR="+dir)
		stdout, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		model := map[string]int{} // key → what it is at least; -1: it may be missing
		read := 0
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); read++ {
			if read == lines {
				child.Process.Kill() // and read on: all that was said was acknowledged
			}
			word := strings.Fields(scanner.Text())
			switch word[0] {
			case "put":
				model[word[1]], _ = strconv.Atoi(word[2])
			case "deleted":
				model[word[1]] = -1
			case "incall":
				numbers = append(numbers, word[1])
			case "error":
				t.Fatal(scanner.Text())
			}
		}
		child.Wait()
		s, err := Open(dir, Options{MaxRecords: 100})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		for key, least := range model {
			raw, _, err := s.Bindings().Get(key)
			if least < 0 {
				continue
			}
			var got int
			if err == nil {
				err = json.Unmarshal(raw, &got)
			}
			// The kill may have hit between a deletion's commit and its word: only then it may be missing.
			if err != nil && least%10 != 9 || err == nil && got < least {
				t.Errorf("round %d: %s is %d (%v), %d was acknowledged", round, key, got, err, least)
			}
		}
		view(t, s, func(tx *Tx) {
			for _, number := range numbers {
				if _, ok := tx.Extension(numbersContext, number); !ok {
					t.Errorf("round %d: incall %s was acknowledged, and is no more", round, number)
				}
			}
			if dids := len(didsOf(tx)); dids != tx.Extensions().Len() || dids != tx.Incalls().Len() {
				t.Errorf("round %d: %d extensions and %d incalls, of which %d are whole", round, tx.Extensions().Len(), tx.Incalls().Len(), dids)
			}
		})
		calls, err := s.LiveCalls()
		if err != nil {
			t.Fatal(err)
		}
		if len(calls) > 1000 {
			t.Errorf("round %d: %d calls are live", round, len(calls))
		}
		for call := range calls {
			s.JournalEnd(call, CallRecord{ID: call})
		}
		records, err := s.Records(0, 1000)
		if err != nil || len(records) > 100 {
			t.Errorf("round %d: %d records, %v", round, len(records), err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
