package ivr

import (
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"time"

	"dialtone/ivr/dialplan"
)

// Record is the call's record as the dialplan sees it in CDR(): what of it no
// other part of the run keeps.
type Record struct {
	Start    time.Time         `json:"start"`
	Answer   time.Time         `json:"answer,omitzero"`
	End      time.Time         `json:"end,omitzero"` // zero: the call is up
	Sequence uint64            `json:"sequence"`     // of the runs of this process
	App      string            `json:"app,omitempty"`
	Args     string            `json:"args,omitempty"` // of App, the last application before the end
	Place    dialplan.Place    `json:"place"`          // where the call was before the end
	User     string            `json:"userfield,omitempty"`
	Disabled bool              `json:"disabled,omitempty"` // no record is to be left
	Fields   map[string]string `json:"fields,omitempty"`   // the dialplan's own; never changed, but replaced
}

// sequence counts the runs of this process.
var sequence atomic.Uint64

func newRecord(at time.Time) Record { return Record{Start: at, Sequence: sequence.Add(1)} }

// Record is the call's record. What it holds is not changed afterwards.
func (r *Run) Record() Record {
	record := r.record
	if record.End.IsZero() {
		record.Place = r.place
	}
	return record
}

// Disposition is what became of the call so far, as CDR(disposition) says it.
func (r *Run) Disposition() string {
	switch {
	case !r.record.Answer.IsZero():
		return "ANSWERED"
	case r.cause == 17:
		return "BUSY"
	case r.cause == 34, r.cause == 3, r.cause == 20:
		return "FAILED"
	}
	return "NO ANSWER"
}

// SetRecord sets a field of the record: userfield, accountcode, amaflags or one of
// the dialplan's own; the others only the call sets.
func (r *Run) SetRecord(name, value string) error {
	value = value[:min(len(value), r.limits.Value)]
	switch strings.ToLower(name) {
	case "userfield":
		r.record.User = value
	case "accountcode", "amaflags":
		r.SetItem(strings.ToLower(name), value)
	case "src", "dst", "clid", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer", "end",
		"duration", "billsec", "disposition", "uniqueid", "linkedid", "sequence":
		return fmt.Errorf("%s of a call's record can only be read", name)
	case "":
		return fmt.Errorf("needs the name of a field")
	default:
		if _, there := r.record.Fields[name]; !there && len(r.record.Fields) >= maxRecordFields {
			return fmt.Errorf("the call's record has %d fields already", maxRecordFields)
		}
		fields := maps.Clone(r.record.Fields)
		if fields == nil {
			fields = map[string]string{}
		}
		fields[name] = value
		r.record.Fields = fields
	}
	return nil
}

// maxRecordFields bounds the dialplan's own fields of a record.
const maxRecordFields = 100

// RestartRecord begins the record anew, as if the call came in now; the dialplan's
// own fields are kept or forgotten.
func (r *Run) RestartRecord(keepFields bool) {
	now := r.ch.Now()
	r.record.Start, r.record.End = now, time.Time{}
	if !r.record.Answer.IsZero() {
		r.record.Answer = now
	}
	if !keepFields {
		r.record.Fields = nil
	}
}

// DisableRecord says whether the call leaves no record.
func (r *Run) DisableRecord(disabled bool) { r.record.Disabled = disabled }

// noteStep keeps the last application before the end.
func (r *Run) noteStep(s Step) {
	r.noteAnswer()
	if !r.ended {
		r.record.App, r.record.Args = s.App, s.Args[:min(len(s.Args), maxRecordArgs)]
	}
}

// maxRecordArgs bounds the arguments in a record, in bytes.
const maxRecordArgs = 256

// noteAnswer keeps when the call was answered.
func (r *Run) noteAnswer() {
	if r.record.Answer.IsZero() && r.ch.Answered() {
		r.record.Answer = r.ch.Now()
	}
}

// noteEnd closes the record, before h.
func (r *Run) noteEnd() {
	if r.record.End.IsZero() {
		r.record.End, r.record.Place = r.ch.Now(), r.place
	}
}
