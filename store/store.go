// Package store keeps what must last: phones, trunks, registrations, live calls and call records.
//
// A Store is one directory with one bbolt file and one process that writes it. Three kinds of things are kept:
//
//   - Objects (a Kind each: contexts, extensions, incalls, phones, trunks …) are what people edit. They refer to each other; Update changes
//     several as one, View reads them from memory.
//   - Tables (Bindings, Database, Bans) hold what else has to be there after a crash, one record at a time. Each record, as each
//     object, has a revision, which the writer names to be sure that nobody changed it meanwhile.
//   - The journal holds what each live call is doing, by part, each part handed over by its only writer. When the
//     call ends its entry is replaced by a record in the bounded history.
//
// One goroutine writes. It takes all that waits for it into one transaction (group commit), so many callers share
// one wait for the disk. A change of very many objects is worked out beside it (UpdateAside).
//
// What callers may rely on when the process is killed or the power fails:
//
//	Put, Delete, Update returned nil    it is on disk
//	Put, Delete, Update not returned    it is on disk as a whole, or not at all
//	Sync returned nil           everything handed over before it is on disk
//	Journal returned            on disk at most 50 ms and one commit later; of values that follow each other
//	                            faster the last one
//	JournalEnd returned         as Journal; the entry disappears in the transaction that appends the record
//
// Records are JSON in an envelope with a version, so that an older binary's data opens in a newer one. What is in a
// journal part or a binding is its owner's own and unknown here.
package store

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Files of a data directory.
const (
	DatabaseFile = "dialtone.db" // all that is kept; what Backup writes is one
	pidFile      = "dialtone.pid"
)

// Options are the settings of a Store. The zero value is what a server uses.
type Options struct {
	MaxRecords     int           // call records kept; the oldest leave first. 0: 100,000
	MaxRecordBytes int64         // bytes that call records may take. 0: 256 MiB
	LockWait       time.Duration // how long Open waits for another process to let go. 0: 1 s
	Log            *slog.Logger  // nil: nothing is logged
}

// withDefaults fills in what is not set.
func (o Options) withDefaults() Options {
	if o.MaxRecords == 0 {
		o.MaxRecords = 100_000
	}
	if o.MaxRecordBytes == 0 {
		o.MaxRecordBytes = 256 << 20
	}
	if o.LockWait == 0 {
		o.LockWait = time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Store is an open data directory. Its methods may be called from any goroutine.
type Store struct {
	dir     string
	options Options
	log     *slog.Logger
	engine  *engine

	journal  journal
	requests chan *change  // to the writer
	closing  chan struct{} // closed by Close: no more requests
	stopped  chan struct{} // closed by the writer when it has ended
	once     sync.Once     // of Close
	closeErr error         // written by once

	watchers  watchers
	objects   atomic.Pointer[state] // written by the writer, when it is on disk
	trunksNow atomic.Pointer[trunkList]

	bindings *Table[Binding]
	database *Table[DatabaseEntry]
	bans     *Table[Ban]
}

// Open opens the store of a directory, which is made (only its owner may enter) where it does not exist. Errors are
// sentences that say what to do: *LockedError when another process holds it, *DamagedError when the file cannot be
// read as a database.
func Open(dir string, o Options) (*Store, error) {
	o = o.withDefaults()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unwritable(dir, err)
	}
	engine, err := openEngine(filepath.Join(dir, DatabaseFile), o)
	if err != nil {
		var locked *LockedError
		if errors.As(err, &locked) {
			locked.Dir, locked.PID = dir, readPID(dir)
		}
		return nil, err
	}
	if err := writePID(dir); err != nil {
		engine.close()
		return nil, unwritable(dir, err)
	}
	s := &Store{
		dir: dir, options: o, log: o.Log, engine: engine,
		journal:  newJournal(),
		requests: make(chan *change, 128),
		closing:  make(chan struct{}),
		stopped:  make(chan struct{}),
	}
	objects, err := engine.load()
	if err != nil {
		engine.close()
		return nil, err
	}
	s.objects.Store(objects)
	s.bindings = &Table[Binding]{store: s, id: bindingTable}
	s.database = &Table[DatabaseEntry]{store: s, id: databaseTable, check: checkDatabaseEntry}
	s.bans = &Table[Ban]{store: s, id: banTable, check: checkBan}
	go s.write()
	return s, nil
}

// Phones are the accounts of telephones, by number. With a phone its registrations are deleted, in the same
// transaction; who watches Bindings is not told of those.
func (s *Store) Phones() *Named[Phone] { return &Named[Phone]{s, phoneKind} }

// Trunks are the trunks, by name.
func (s *Store) Trunks() *Named[Trunk] { return &Named[Trunk]{s, trunkKind} }

// Bindings are the registrations, by the user part of the AOR. What is in a record is the registrar's own.
func (s *Store) Bindings() *Table[Binding] { return s.bindings }

// Bans are the networks that operators banned, by their text.
func (s *Store) Bans() *Table[Ban] { return s.bans }

// Dir is the data directory.
func (s *Store) Dir() string { return s.dir }

// Size is the size of the database's file in bytes.
func (s *Store) Size() (int64, error) {
	info, err := os.Stat(filepath.Join(s.dir, DatabaseFile))
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Sync returns when everything handed over before it is on disk.
func (s *Store) Sync() error {
	_, err := s.ask(&change{table: noTable})
	return err
}

// Backup writes a copy of the database, as of now, which Open can open under the name dialtone.db. Calls go on
// meanwhile.
func (s *Store) Backup(w io.Writer) error {
	if err := s.Sync(); err != nil {
		return err
	}
	return s.engine.backup(w)
}

// Close writes what is still to be written and lets go of the directory. What is asked of a closed store fails with
// ErrClosed; a journal entry is then dropped.
func (s *Store) Close() error {
	s.once.Do(func() {
		close(s.closing)
		<-s.stopped
		s.watchers.close()
		os.Remove(filepath.Join(s.dir, pidFile))
		s.closeErr = s.engine.close()
	})
	return s.closeErr
}
