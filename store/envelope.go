package store

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// version is the form of the records that this code writes. An envelope with a higher one is a newer dialtone's.
const version = 1

// envelope is what lies in the database.
type envelope struct {
	Version  int             `json:"v"`
	Revision Revision        `json:"rev,omitempty"`
	Record   json.RawMessage `json:"record"`
}

// The form in which this code writes envelopes: {"v":1,"rev":7,"record":…}. One of that form is opened without looking
// through the record, which whoever wants it reads anyway.
var (
	sealStart  = []byte(`{"v":` + strconv.Itoa(version) + `,"rev":`)
	sealRecord = []byte(`,"record":`)
)

// seal writes the envelope of a record with a revision.
func seal(rev Revision, record json.RawMessage) []byte {
	b := make([]byte, 0, len(sealStart)+20+len(sealRecord)+len(record)+1)
	b = strconv.AppendUint(append(b, sealStart...), uint64(rev), 10)
	return append(append(append(b, sealRecord...), record...), '}')
}

// unseal reads an envelope. Its record is part of raw.
func unseal(raw []byte) (envelope, error) {
	if rest, ok := bytes.CutPrefix(raw, sealStart); ok {
		number, record, ok := bytes.Cut(rest, sealRecord)
		rev, err := strconv.ParseUint(string(number), 10, 64)
		if n := len(record) - 1; ok && err == nil && n > 0 && record[n] == '}' {
			return envelope{version, Revision(rev), record[:n]}, nil
		}
	}
	var e envelope
	return e, json.Unmarshal(raw, &e)
}
