package store

import (
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"sync"
)

const (
	maxCallID  = 1024   // bytes of a call's id in the journal
	maxPart    = 64     // bytes of a part's name
	maxWaiting = 10_000 // call records that may wait for a disk that fails
	maxRecent  = 4096   // ended calls remembered
)

// journal gathers what live calls hand over until the writer takes it.
type journal struct {
	dirty chan struct{} // something is in it

	mu     sync.Mutex
	parts  map[string]map[string]any // call → part → the last value
	ended  []endedCall
	recent recentCalls
}

type endedCall struct {
	call   string
	record []byte
}

func newJournal() journal {
	return journal{
		dirty: make(chan struct{}, 1), parts: map[string]map[string]any{},
		recent: recentCalls{known: map[string]struct{}{}},
	}
}

// Journal keeps the last value of a part of a live call. It is encoded and on disk a moment later, so that values which
// follow each other faster cost nothing but this; Journal waits for neither. The value, and what it refers to, must not
// change any more. An id of a call is never used again: what comes for a call after its JournalEnd is dropped.
func (s *Store) Journal(call, part string, v any) {
	if call == "" || len(call) > maxCallID || len(part) > maxPart {
		s.log.Error("a part of a live call is not journaled: its name is empty or too long", "call", call, "part", part)
		return
	}
	j := &s.journal
	j.mu.Lock()
	if j.recent.has(call) {
		j.mu.Unlock()
		return
	}
	parts := j.parts[call]
	if parts == nil {
		parts = map[string]any{}
		j.parts[call] = parts
	}
	parts[part] = v
	j.mu.Unlock()
	j.nudge()
}

// JournalEnd takes a call out of the live ones and appends its record to the history, in one transaction, a moment
// later; it never waits for that. Records beyond the bounds in Options leave, the oldest first.
func (s *Store) JournalEnd(call string, record CallRecord) {
	raw, err := record.encode()
	if err != nil || call == "" || len(call) > maxCallID {
		s.log.Error("a call is not recorded", "call", call, "why", err)
		if call == "" || len(call) > maxCallID {
			return
		}
		raw = nil // the entry has to go all the same
	}
	j := &s.journal
	j.mu.Lock()
	delete(j.parts, call)
	j.ended = append(j.ended, endedCall{call, raw})
	j.recent.add(call)
	j.mu.Unlock()
	j.nudge()
}

// JournalDrop takes a call out of the live ones without a record of it.
func (s *Store) JournalDrop(call string) {
	j := &s.journal
	j.mu.Lock()
	delete(j.parts, call)
	j.ended = append(j.ended, endedCall{call: call})
	j.recent.add(call)
	j.mu.Unlock()
	j.nudge()
}

// LiveCalls gives the calls that the disk knows as live, by call and part: after a start, those that were up when
// the last process ended.
func (s *Store) LiveCalls() (map[string]map[string]json.RawMessage, error) {
	calls := map[string]map[string]json.RawMessage{}
	err := s.engine.list(journalTable, func(key string, raw []byte) bool {
		call, part, ok := splitJournalKey(key)
		var e envelope
		if !ok || json.Unmarshal(raw, &e) != nil || e.Version > version {
			s.log.Error("a part of a live call cannot be read", "call", call, "part", part)
			return true
		}
		if calls[call] == nil {
			calls[call] = map[string]json.RawMessage{}
		}
		calls[call][part] = e.Record
		return true
	})
	return calls, err
}

func (j *journal) nudge() {
	select {
	case j.dirty <- struct{}{}:
	default:
	}
}

// journalEntries are what one commit takes of the journal.
type journalEntries struct {
	parts map[string]map[string]any
	ended []endedCall
}

// encode makes JSON of the parts; those of which there is none are left out.
func (e journalEntries) encode(log *slog.Logger) {
	for call, parts := range e.parts {
		for part, v := range parts {
			raw, err := json.Marshal(v)
			if err != nil {
				log.Error("a part of a live call is not journaled", "call", call, "part", part, "why", err)
				delete(parts, part)
				continue
			}
			parts[part] = json.RawMessage(raw)
		}
	}
}

func (e journalEntries) empty() bool { return len(e.parts) == 0 && len(e.ended) == 0 }

// take empties the journal.
func (j *journal) take() journalEntries {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := journalEntries{ended: j.ended}
	if len(j.parts) > 0 { // an empty map stays the journal's own: the writer must not see what comes next
		e.parts, j.parts = j.parts, map[string]map[string]any{}
	}
	j.ended = nil
	return e
}

// giveBack puts entries back that could not be written, behind what came since, and gives the number of records that
// found no room.
func (j *journal) giveBack(e journalEntries) (dropped int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for call, parts := range e.parts {
		if j.recent.has(call) {
			continue
		}
		newer := j.parts[call]
		if newer == nil {
			j.parts[call] = parts
			continue
		}
		for part, value := range parts {
			if _, ok := newer[part]; !ok {
				newer[part] = value
			}
		}
	}
	j.ended = append(e.ended, j.ended...)
	if dropped = len(j.ended) - maxWaiting; dropped <= 0 {
		return 0
	}
	j.ended = j.ended[dropped:]
	return dropped
}

// recentCalls remembers the last calls that ended.
type recentCalls struct {
	known map[string]struct{}
	ring  []string
	next  int
}

func (r *recentCalls) has(call string) bool {
	_, ok := r.known[call]
	return ok
}

func (r *recentCalls) add(call string) {
	if r.has(call) {
		return
	}
	r.known[call] = struct{}{}
	if len(r.ring) < maxRecent {
		r.ring = append(r.ring, call)
		return
	}
	delete(r.known, r.ring[r.next])
	r.ring[r.next] = call
	r.next = (r.next + 1) % maxRecent
}

// A journal's key is the length of the call's id in two bytes, the id, and the part's name: all of a call stand
// together, whatever is in the id.
func journalKey(call, part string) []byte {
	key := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(call)+len(part)), uint16(len(call)))
	key = append(key, call...)
	return append(key, part...)
}

func splitJournalKey(key string) (call, part string, ok bool) {
	if len(key) < 2 {
		return "", "", false
	}
	n := int(key[0])<<8 | int(key[1])
	if len(key) < 2+n {
		return "", "", false
	}
	return key[2 : 2+n], key[2+n:], true
}
