package store

import (
	"encoding/json"
	"fmt"
	"time"
)

// CallRecord is what remains of a call.
type CallRecord struct {
	Number     uint64            `json:"number,omitempty"` // of the record, counted up from 1; given by the store
	ID         string            `json:"id"`               // of the call, ours
	CallID     string            `json:"call_id"`          // of the SIP dialog
	From       string            `json:"from"`             // the caller's number
	Name       string            `json:"name,omitempty"`   // the caller's name
	To         string            `json:"to"`               // what was dialled
	Phone      string            `json:"phone,omitempty"`  // number of the phone that called
	Trunk      string            `json:"trunk,omitempty"`  // name of the trunk that it came through
	Channel    string            `json:"channel,omitempty"`
	DstChannel string            `json:"dstchannel,omitempty"` // of the call that Dial made and that was answered last
	Context    string            `json:"context"`              // where it entered the dialplan
	Remote     string            `json:"remote,omitempty"`     // address of the other side's signalling
	Start      time.Time         `json:"start"`
	Ring       time.Time         `json:"ring,omitzero"`   // the caller was told that it rings, or something else first
	Answer     time.Time         `json:"answer,omitzero"` // zero: never answered
	End        time.Time         `json:"end"`
	Cause      int               `json:"cause"`    // Q.850
	EndedBy    string            `json:"ended_by"` // caller, dialplan, timeout, error, server, network
	Steps      []StepRecord      `json:"steps,omitempty"`
	Account    string            `json:"accountcode,omitempty"` // this and the next three as the dialplan has them
	UserField  string            `json:"userfield,omitempty"`
	Result     string            `json:"disposition,omitempty"` // ANSWERED, NO ANSWER, BUSY, FAILED
	Fields     map[string]string `json:"fields,omitempty"`
	MoreSteps  int               `json:"more_steps,omitempty"` // steps that found no room
	Media      *MediaRecord      `json:"media,omitempty"`
}

// MediaRecord is how the sound of a call travelled, ours being what the caller heard. Loss is in percent of the packets,
// a MOS is an estimate from 1 to 4.41 by ITU-T G.107.
type MediaRecord struct {
	Received   uint64            `json:"received"` // packets
	Lost       int64             `json:"lost"`     // packets that did not reach us; duplicates make it negative
	Late       uint64            `json:"late"`     // packets that came too late to be heard
	Loss       float64           `json:"loss_percent"`
	Jitter     float64           `json:"jitter_ms"`
	MOS        float64           `json:"mos,omitempty"`               // absent: nothing came
	Dropped    map[string]uint64 `json:"dropped_by_reason,omitempty"` // packets that were not the call's, or broken
	Digits     map[string]uint64 `json:"digits_by_way,omitempty"`     // event, tone, info
	DigitsLost uint64            `json:"digits_lost,omitempty"`       // digits that the dialplan took too late
	Sent       uint64            `json:"sent"`                        // packets
	Delay      float64           `json:"send_delay_ms"`               // of the packet of ours that left latest
	Far        *FarRecord        `json:"far,omitempty"`               // absent: the far side sent no report
}

// FarRecord is what the reports of the far side say of our packets.
type FarRecord struct {
	Lost      int64   `json:"lost"` // packets that did not arrive
	Loss      float64 `json:"loss_percent"`
	Jitter    float64 `json:"jitter_ms"`
	RoundTrip float64 `json:"round_trip_ms,omitempty"`
	MOS       float64 `json:"mos"`
}

// StepRecord is one executed priority of the dialplan.
type StepRecord struct {
	At       time.Time `json:"at"`
	Context  string    `json:"context"`
	Exten    string    `json:"extension"`
	Priority int       `json:"priority"`
	App      string    `json:"application"`
	Args     string    `json:"arguments,omitempty"`
}

// maxRecord bounds a record in bytes; the last steps of a longer one are left out and counted.
const maxRecord = 256 << 10

// encode gives the record as JSON of at most maxRecord bytes.
func (r CallRecord) encode() ([]byte, error) {
	for {
		raw, err := json.Marshal(r)
		if err != nil || len(raw) <= maxRecord {
			return raw, err
		}
		if len(r.Steps) == 0 {
			return nil, fmt.Errorf("a call record of %d bytes (at most %d)", len(raw), maxRecord)
		}
		keep := len(r.Steps) / 2
		r.MoreSteps += len(r.Steps) - keep
		r.Steps = r.Steps[:keep]
	}
}

// Records gives up to limit call records, the newest first, that are older than the record of a number; 0 begins
// with the newest. A record that cannot be read is left out, and logged.
func (s *Store) Records(before uint64, limit int) ([]CallRecord, error) {
	p := s.page(limit)
	err := s.engine.records(before, p.add)
	return p.list, err
}

// RecordsAfter gives up to limit call records, the oldest first, that are newer than the record of a number; 0 begins with
// the oldest. A record that cannot be read is left out, and logged.
func (s *Store) RecordsAfter(after uint64, limit int) ([]CallRecord, error) {
	p := s.page(limit)
	err := s.engine.recordsAfter(after, p.add)
	return p.list, err
}

// recordPage is a part of the call records.
type recordPage struct {
	store *Store
	limit int
	list  []CallRecord
}

func (s *Store) page(limit int) *recordPage { return &recordPage{store: s, limit: limit} }

// add takes in one more record; false: there is no room.
func (p *recordPage) add(number uint64, raw []byte) bool {
	if len(p.list) >= p.limit {
		return false
	}
	r, _, err := decode[CallRecord](recordTable, fmt.Sprint(number), raw)
	if err != nil {
		p.store.log.Error("a call record is left out", "why", err)
		return true
	}
	r.Number = number
	p.list = append(p.list, r)
	return true
}
