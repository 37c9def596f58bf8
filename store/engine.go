package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// tableID is a bucket of the database.
type tableID int

const (
	phoneTable tableID = iota
	trunkTable
	bindingTable
	journalTable
	recordTable
	databaseTable
	banTable
	incallTable
	tenantTable
	tokenTable
	contextTable
	extensionTable
	scheduleTable
	ivrTable
	userTable
	groupTable
	lineTable
	endpointTable
	templateTable
	outcallTable
	exceptionTable
	calendarTable
	switchTable
	tableCount
	noTable = tableCount
)

var tableNames = [tableCount]string{"phones", "trunks", "bindings", "journal", "records", "database", "bans", "incalls",
	"tenants", "tokens", "contexts", "extensions", "schedules", "ivrs", "users", "groups", "lines", "endpoints", "templates", "outcalls",
	"exceptions", "calendars", "switches"}

func (id tableID) String() string { return tableNames[id] }

func (id tableID) bucket() []byte { return []byte(tableNames[id]) }

// The bucket "meta" holds what is true of the database as a whole.
var (
	metaBucket  = []byte("meta")
	formatKey   = []byte("format")  // layout of the buckets, a number
	historyKey  = []byte("history") // historySize, kept with the records
	errNewer    = errors.New("written by a newer dialtone: use that one")
	errNoBucket = errors.New("a table is missing")

	errUnchanged = errors.New("nothing is to be written")
)

// growBy is how much the file grows at once, in bytes.
const growBy = 1 << 20

// format is the layout that this code writes. Format 1 had incalls that were numbers with an extension, and phones and
// trunks by name alone.
const format = 2

// historySize is what the records take.
type historySize struct {
	Records int   `json:"records"`
	Bytes   int64 `json:"bytes"`
}

// engine is all that touches bbolt. Another database behind the same calls would replace this file: get, put and
// delete by revision, list, and a transaction that takes a group.
type engine struct {
	path     string
	db       *bbolt.DB
	options  Options
	database size // of databaseTable; written by the writer
}

// openEngine opens or makes the database file.
func openEngine(path string, o Options) (*engine, error) {
	file := opener{options: o}
	mmapSize := 0
	if strconv.IntSize == 64 && runtime.GOOS != "windows" {
		mmapSize = 1 << 30 // of addresses, not memory: readers then never make the writer wait for a new map
	}
	e := &engine{path: path, options: o}
	err := e.guard(func() (err error) {
		e.db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout: o.LockWait, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType, InitialMmapSize: mmapSize,
			NoStatistics: true, OpenFile: file.open,
		})
		return err
	})
	if err == nil {
		e.db.AllocSize = growBy
		err = e.update(prepare)
	}
	if err == nil {
		return e, nil
	}
	if e.db != nil {
		e.db.Close()
	} else if file.first != nil {
		file.first.Close() // bbolt may have panicked with it open
	}
	return nil, file.failed(path, err)
}

// opener opens the database file for bbolt: it is locked first and then looked at, before bbolt maps it.
type opener struct {
	options Options
	first   *os.File // locked, and in order; nil: it is not opened yet
}

// open is bbolt's OpenFile.
func (o *opener) open(name string, flag int, mode os.FileMode) (*os.File, error) {
	if o.first != nil { // for Backup
		return os.OpenFile(name, flag, mode)
	}
	_, statErr := os.Stat(name)
	isNew := errors.Is(statErr, fs.ErrNotExist)
	f, err := os.OpenFile(name, flag, mode)
	if err != nil {
		return nil, unwritable(filepath.Dir(name), err)
	}
	if err := lock(f, o.options.LockWait); err != nil {
		f.Close()
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !(isNew && info.Size() == 0) {
		err = verify(f, info.Size(), o.options.Log)
	}
	if err != nil {
		f.Close()
		return nil, &DamagedError{name, err}
	}
	o.first = f
	return f, nil
}

// failed says for people why the database did not open, and removes a file that was made for nothing.
func (o *opener) failed(path string, err error) error {
	if _, damaged := errors.AsType[*DamagedError](err); damaged {
		return err
	}
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return &LockedError{}
	}
	if info, statErr := os.Stat(path); statErr == nil && info.Size() == 0 && o.first != nil {
		os.Remove(path) // as new as it was
	}
	if _, locked := errors.AsType[*LockedError](err); locked || o.first == nil {
		return err
	}
	return fmt.Errorf("database %s: %w", path, err)
}

// prepare makes what a new database lacks, and refuses a newer one.
func prepare(tx *bbolt.Tx) error {
	made := errUnchanged
	meta, err := tx.CreateBucketIfNotExists(metaBucket)
	if err != nil {
		return err
	}
	switch found := meta.Get(formatKey); {
	case found == nil:
		if err := meta.Put(formatKey, []byte(strconv.Itoa(format))); err != nil {
			return err
		}
		made = nil
	case string(found) != strconv.Itoa(format) && string(found) != "1":
		return fmt.Errorf("format %q: %w", found, errNewer)
	}
	for _, name := range tableNames {
		if tx.Bucket([]byte(name)) != nil {
			continue
		}
		if _, err := tx.CreateBucket([]byte(name)); err != nil {
			return err
		}
		made = nil
	}
	return made
}

// guard turns what bbolt does on pages that have gone bad under it into an error.
func (e *engine) guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = &DamagedError{e.path, fmt.Errorf("%v", r)}
		}
	}()
	return f()
}

// update is one transaction that writes. Nothing comes to disk when f's error is errUnchanged, which is then none.
func (e *engine) update(f func(*bbolt.Tx) error) error {
	err := e.guard(func() error { return e.db.Update(f) })
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

func (e *engine) view(f func(*bbolt.Tx) error) error {
	err := e.guard(func() error { return e.db.View(f) })
	if errors.Is(err, bbolterrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
}

// get gives a copy of what lies under a key, nil when nothing does.
func (e *engine) get(id tableID, key string) (raw []byte, err error) {
	err = e.view(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(id.bucket())
		if bucket == nil {
			return errNoBucket
		}
		if v := bucket.Get([]byte(key)); v != nil {
			raw = append([]byte{}, v...)
		}
		return nil
	})
	return raw, err
}

// list gives each key of a table with its value, in the order of the keys, until each says false. The bytes are
// valid only during the call.
func (e *engine) list(id tableID, each func(key string, raw []byte) bool) error {
	return e.listFrom(id, "", each)
}

// listFrom is list from the first key on that is not before another one.
func (e *engine) listFrom(id tableID, from string, each func(key string, raw []byte) bool) error {
	return e.view(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(id.bucket())
		if bucket == nil {
			return errNoBucket
		}
		cursor := bucket.Cursor()
		for k, v := cursor.Seek([]byte(from)); k != nil; k, v = cursor.Next() {
			if !each(string(k), v) {
				break
			}
		}
		return nil
	})
}

// records gives the call records before a number (0: all), the newest first.
func (e *engine) records(before uint64, each func(number uint64, raw []byte) bool) error {
	if before == 0 {
		before = math.MaxUint64
	}
	return e.view(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(recordTable.bucket())
		if bucket == nil {
			return errNoBucket
		}
		cursor := bucket.Cursor()
		k, _ := cursor.Seek(recordKey(before))
		var v []byte
		if k == nil {
			k, v = cursor.Last()
		} else {
			k, v = cursor.Prev()
		}
		for ; k != nil; k, v = cursor.Prev() {
			if len(k) == 8 && !each(binary.BigEndian.Uint64(k), v) {
				break
			}
		}
		return nil
	})
}

// recordsAfter gives the call records after a number, the oldest first.
func (e *engine) recordsAfter(after uint64, each func(number uint64, raw []byte) bool) error {
	return e.view(func(tx *bbolt.Tx) error {
		bucket := tx.Bucket(recordTable.bucket())
		if bucket == nil {
			return errNoBucket
		}
		cursor := bucket.Cursor()
		for k, v := cursor.Seek(recordKey(after + 1)); k != nil; k, v = cursor.Next() {
			if len(k) == 8 && !each(binary.BigEndian.Uint64(k), v) {
				break
			}
		}
		return nil
	})
}

func recordKey(number uint64) []byte { return binary.BigEndian.AppendUint64(nil, number) }

// apply brings a group of changes and the journal's entries to disk in one transaction, and gives the objects as they are then. A change
// that conflicts or is not valid gets its own error and leaves the others alone.
func (e *engine) apply(group []*change, entries journalEntries, objects *state) (*state, error) {
	now := objects
	err := e.update(func(tx *bbolt.Tx) error {
		for _, c := range group {
			if c.update != nil {
				next := c.ready
				if !c.aside {
					next = newTx(now)
					c.err = next.run(c.update)
				}
				if c.err != nil || len(next.writes) == 0 {
					continue
				}
				if err := next.keep(tx); err != nil {
					return err
				}
				now, c.told = next.state, next.told
				continue
			}
			if c.table == noTable {
				continue
			}
			var fault error
			if c.result, c.err, fault = e.put(tx.Bucket(c.table.bucket()), c); fault != nil {
				return fault
			}
		}
		if err := putJournal(tx.Bucket(journalTable.bucket()), entries); err != nil {
			return err
		}
		return e.appendRecords(tx, entries.ended)
	})
	if err != nil {
		e.database.known = false // what was counted is not so
		return objects, err
	}
	return now, nil
}

// put does one change. err is the change's own, fault the database's.
func (e *engine) put(bucket *bbolt.Bucket, c *change) (rev Revision, err, fault error) {
	if bucket == nil {
		return 0, nil, errNoBucket
	}
	key := []byte(c.key)
	present := bucket.Get(key)
	found, broken := envelope{}, error(nil)
	if present != nil {
		if found, broken = unseal(present); broken != nil {
			found.Revision = 0 // only Any replaces it
		}
	}
	if present == nil && c.record == nil {
		return 0, fmt.Errorf("%s %q: %w", c.table, c.key, ErrNotFound), nil
	}
	if err := guard(c.table, c.key, c.rev, found.Revision, present != nil); err != nil {
		return 0, err, nil
	}
	number, fault := bucket.NextSequence()
	if fault != nil {
		return 0, nil, fault
	}
	var raw []byte
	if c.record != nil {
		raw = seal(Revision(number), c.record)
	}
	if c.table == databaseTable {
		if err := e.count(bucket, present, raw); err != nil {
			return 0, err, nil
		}
	}
	if raw == nil {
		return Revision(number), nil, bucket.Delete(key)
	}
	return Revision(number), nil, bucket.Put(key, raw)
}

// count holds a change of the database against its bounds; nil stands for no record.
func (e *engine) count(bucket *bbolt.Bucket, before, after []byte) error {
	if !e.database.known {
		e.database = size{known: true}
		cursor := bucket.Cursor()
		for k, v := cursor.First(); k != nil; k, v = cursor.Next() {
			e.database.replace(-1, len(v))
		}
	}
	old, now := length(before), length(after)
	if err := e.database.room(databaseTable, old, now); err != nil {
		return err
	}
	e.database.replace(old, now)
	return nil
}

// length is the number of bytes of a record, -1 when there is none.
func length(raw []byte) int {
	if raw == nil {
		return -1
	}
	return len(raw)
}

func putJournal(bucket *bbolt.Bucket, entries journalEntries) error {
	if bucket == nil {
		return errNoBucket
	}
	for call, parts := range entries.parts {
		for part, value := range parts {
			raw := seal(0, value.(json.RawMessage))
			if err := bucket.Put(journalKey(call, part), raw); err != nil {
				return err
			}
		}
	}
	for _, ended := range entries.ended {
		prefix := string(journalKey(ended.call, ""))
		cursor := bucket.Cursor()
		var keys [][]byte
		for k, _ := cursor.Seek([]byte(prefix)); k != nil && len(k) >= len(prefix) && string(k[:len(prefix)]) == prefix; k, _ = cursor.Next() {
			keys = append(keys, k)
		}
		for _, k := range keys {
			if err := bucket.Delete(k); err != nil {
				return err
			}
		}
	}
	return nil
}

// appendRecords adds the records of ended calls, and drops the oldest beyond the bounds.
func (e *engine) appendRecords(tx *bbolt.Tx, ended []endedCall) error {
	if len(ended) == 0 {
		return nil
	}
	meta, bucket := tx.Bucket(metaBucket), tx.Bucket(recordTable.bucket())
	if meta == nil || bucket == nil {
		return errNoBucket
	}
	var size historySize
	if err := json.Unmarshal(meta.Get(historyKey), &size); err != nil {
		size = countRecords(bucket)
	}
	for _, call := range ended {
		if call.record == nil {
			continue
		}
		number, err := bucket.NextSequence()
		if err != nil {
			return err
		}
		raw := seal(0, call.record)
		if err := bucket.Put(recordKey(number), raw); err != nil {
			return err
		}
		size.Records++
		size.Bytes += int64(len(raw))
	}
	cursor := bucket.Cursor()
	for size.Records > e.options.MaxRecords || size.Bytes > e.options.MaxRecordBytes {
		k, v := cursor.First()
		if k == nil {
			break
		}
		size.Records--
		size.Bytes -= int64(len(v))
		if err := cursor.Delete(); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(size)
	if err != nil {
		return err
	}
	return meta.Put(historyKey, raw)
}

func countRecords(bucket *bbolt.Bucket) (size historySize) {
	cursor := bucket.Cursor()
	for k, v := cursor.First(); k != nil; k, v = cursor.Next() {
		size.Records++
		size.Bytes += int64(len(v))
	}
	return size
}

// backup writes a consistent copy. A reader that is slower than a minute a step must not be here: the transaction
// keeps old pages from being used again.
func (e *engine) backup(w io.Writer) error {
	return e.view(func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(w)
		return err
	})
}

func (e *engine) close() error {
	return e.guard(e.db.Close)
}
