package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
)

// bbolt trusts its file: on pages that are not what it wrote it panics, partly on goroutines of its own where nobody
// can recover, or touches memory behind the file's end. So before it sees the file every page in use is looked at
// here. The format (version 2), all numbers in the machine's byte order:
//
//	page     id 8, flags 2 (branch 1, leaf 2, meta 4, freelist 16), count 2, overflow 4 (pages that follow and belong to it)
//	meta     magic 4, version 4, page size 4, flags 4, root page 8, sequence 8, freelist 8, pages 8, transaction 8, FNV-1a 8
//	branch   count × (offset of the key from here 4, its length 4, page 8)
//	leaf     count × (flags 4 (bucket 1), offset of the key from here 4, its length 4, the value's 4); the value follows the key
//	bucket   the value: root page 8, sequence 8; with root 0 a leaf page follows
const (
	pageHeader   = 16
	metaSize     = 64
	elementSize  = 16
	bucketHeader = 16

	branchPage   = 1
	leafPage     = 2
	freelistPage = 16
	bucketFlag   = 1

	boltMagic   = 0xED0CDAED
	boltVersion = 2
	noFreelist  = ^uint64(0)
	maxDepth    = 64 // pages from a root to a leaf, buckets in buckets included
)

var order = binary.NativeEndian

// verifier looks at the pages of a bbolt file.
type verifier struct {
	file     io.ReaderAt
	pageSize int64
	pages    uint64 // below the high water mark
	seen     map[uint64]struct{}
}

// verify says whether bbolt can open a file of a size without surprise. A meta page that does not hold, as after a
// power cut in the middle of a commit, is logged: the state before that commit is then used.
func verify(file io.ReaderAt, size int64, log *slog.Logger) error {
	if size == 0 {
		return errors.New("it is empty")
	}
	meta, pageSize, err := newestMeta(file, size, log)
	if err != nil {
		return err
	}
	v := verifier{file: file, pageSize: pageSize, pages: order.Uint64(meta[40:]), seen: map[uint64]struct{}{}}
	if v.pages < 3 || v.pages > uint64(size/pageSize) {
		return fmt.Errorf("it has %d bytes and should have at least %d", size, v.pages*uint64(pageSize))
	}
	if list := order.Uint64(meta[32:]); list != noFreelist {
		if err := v.freelist(list); err != nil {
			return err
		}
	}
	return v.tree(order.Uint64(meta[16:]), nil, nil, 0)
}

// newestMeta gives the meta page that bbolt will take.
func newestMeta(file io.ReaderAt, size int64, log *slog.Logger) (meta []byte, pageSize int64, err error) {
	first, firstErr := readMeta(file, 0)
	if firstErr == nil {
		pageSize = int64(order.Uint32(first[8:]))
	}
	var second []byte
	secondErr := errors.New("it cannot be found")
	for at := int64(1024); at <= 1024<<14 && at < size; at *= 2 {
		if pageSize != 0 && at != pageSize {
			continue
		}
		if second, secondErr = readMeta(file, at); secondErr == nil {
			pageSize = int64(order.Uint32(second[8:]))
			break
		}
	}
	if pageSize < 1024 || pageSize > 1024<<14 || pageSize&(pageSize-1) != 0 {
		return nil, 0, fmt.Errorf("it is no database: %w", firstErr)
	}
	switch {
	case firstErr == nil && secondErr == nil:
		if order.Uint64(second[48:]) > order.Uint64(first[48:]) {
			return second, pageSize, nil
		}
		return first, pageSize, nil
	case firstErr == nil:
		log.Warn("one of the database's two heads does not hold: its state before the last commit is used if that was the newer one", "why", secondErr)
		return first, pageSize, nil
	default:
		log.Warn("one of the database's two heads does not hold: its state before the last commit is used if that was the newer one", "why", firstErr)
		return second, pageSize, nil
	}
}

// readMeta reads and proves the meta page at an offset.
func readMeta(file io.ReaderAt, at int64) ([]byte, error) {
	b := make([]byte, pageHeader+metaSize)
	if _, err := file.ReadAt(b, at); err != nil {
		return nil, errors.New("it is cut off")
	}
	m := b[pageHeader:]
	sum := fnv.New64a()
	sum.Write(m[:metaSize-8])
	switch {
	case order.Uint32(m) != boltMagic:
		return nil, errors.New("the mark of a database is missing")
	case order.Uint32(m[4:]) != boltVersion:
		return nil, fmt.Errorf("format %d is not known", order.Uint32(m[4:]))
	case sum.Sum64() != order.Uint64(m[metaSize-8:]):
		return nil, errors.New("a checksum does not hold")
	}
	return m, nil
}

// page reads a page with those that belong to it and checks its header. Each page is met once.
func (v *verifier) page(id uint64) ([]byte, error) {
	if id < 2 || id >= v.pages {
		return nil, fmt.Errorf("page %d is named and does not exist", id)
	}
	header := make([]byte, pageHeader)
	if _, err := v.file.ReadAt(header, int64(id)*v.pageSize); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	overflow := uint64(order.Uint32(header[12:]))
	if order.Uint64(header) != id || overflow >= v.pages-id {
		return nil, fmt.Errorf("page %d is not itself", id)
	}
	for i := id; i <= id+overflow; i++ {
		if _, twice := v.seen[i]; twice {
			return nil, fmt.Errorf("page %d is used twice", i)
		}
		v.seen[i] = struct{}{}
	}
	page := make([]byte, v.pageSize*int64(overflow+1))
	if _, err := v.file.ReadAt(page, int64(id)*v.pageSize); err != nil {
		return nil, fmt.Errorf("page %d: %w", id, err)
	}
	return page, nil
}

func (v *verifier) freelist(id uint64) error {
	page, err := v.page(id)
	if err != nil {
		return err
	}
	ids, count := page[pageHeader:], uint64(order.Uint16(page[10:]))
	if count == 0xFFFF {
		count, ids = order.Uint64(ids), ids[8:]
	}
	if order.Uint16(page[8:]) != freelistPage || count > uint64(len(ids)/8) {
		return fmt.Errorf("page %d is no list of free pages", id)
	}
	for i := range count {
		if free := order.Uint64(ids[8*i:]); free < 2 || free >= v.pages {
			return fmt.Errorf("page %d is free and does not exist", free)
		}
	}
	return nil
}

// tree looks at a page and all below it. Its keys are not below low and are below high; nil is no bound.
func (v *verifier) tree(id uint64, low, high []byte, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("page %d is too deep", id)
	}
	page, err := v.page(id)
	if err != nil {
		return err
	}
	if err := v.elements(page, low, high, depth); err != nil {
		return fmt.Errorf("page %d: %w", id, err)
	}
	return nil
}

// elements looks at what a branch or leaf page holds.
func (v *verifier) elements(page []byte, low, high []byte, depth int) error {
	flags, count := order.Uint16(page[8:]), int(order.Uint16(page[10:]))
	if flags != branchPage && flags != leafPage {
		return fmt.Errorf("unknown kind %#x", flags)
	}
	if pageHeader+count*elementSize > len(page) {
		return fmt.Errorf("%d elements have no room", count)
	}
	if flags == branchPage && count == 0 {
		return errors.New("a branch without leaves")
	}
	keys := make([][]byte, count)
	for i := range keys {
		at := pageHeader + i*elementSize
		element := page[at : at+elementSize]
		if flags == leafPage {
			element = element[4:]
		}
		start := uint64(at) + uint64(order.Uint32(element))
		end := start + uint64(order.Uint32(element[4:]))
		if end > uint64(len(page)) || start < uint64(pageHeader+count*elementSize) {
			return fmt.Errorf("key %d lies outside", i)
		}
		keys[i] = page[start:end]
		switch {
		case i > 0 && bytes.Compare(keys[i-1], keys[i]) >= 0,
			low != nil && bytes.Compare(keys[i], low) < 0,
			high != nil && bytes.Compare(keys[i], high) >= 0:
			return fmt.Errorf("key %d is out of order", i)
		}
		if flags == leafPage {
			if err := v.value(page, i, end, depth); err != nil {
				return err
			}
		}
	}
	if flags == leafPage {
		return nil
	}
	for i, key := range keys {
		next := high
		if i+1 < len(keys) {
			next = keys[i+1]
		}
		if err := v.tree(order.Uint64(page[pageHeader+i*elementSize+8:]), key, next, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// value looks at the value of a leaf's element, which begins at an offset.
func (v *verifier) value(page []byte, i int, start uint64, depth int) error {
	element := page[pageHeader+i*elementSize:]
	flags, size := order.Uint32(element), uint64(order.Uint32(element[12:]))
	if start+size > uint64(len(page)) {
		return fmt.Errorf("value %d lies outside", i)
	}
	if flags == 0 {
		return nil
	}
	if flags != bucketFlag || size < bucketHeader {
		return fmt.Errorf("value %d is of no known kind", i)
	}
	bucket := page[start : start+size]
	if root := order.Uint64(bucket); root != 0 {
		return v.tree(root, nil, nil, depth+1)
	}
	inline := bucket[bucketHeader:]
	if len(inline) < pageHeader || order.Uint16(inline[8:]) != leafPage || depth >= maxDepth {
		return fmt.Errorf("value %d is no bucket", i)
	}
	return v.elements(inline, nil, nil, depth+1)
}
