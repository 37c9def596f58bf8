package confd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"dialtone/sounds"
	"dialtone/store"
)

// soundRoutes are the sounds that people upload: files in categories, which are directories (package sounds). What changes files
// is no transaction of the store and must not hold its writer up, so those routes are alone.
func soundRoutes() []route {
	const one, file = "/sounds/{category}", "/sounds/{category}/files/{filename}"
	return []route{
		{method: "GET", path: "/sounds", handle: listSounds},
		{method: "POST", path: "/sounds", handle: makeSound, alone: true},
		{method: "GET", path: "/sounds/languages", handle: listSoundLanguages},
		{method: "GET", path: one, handle: showSound},
		{method: "DELETE", path: one, handle: removeSound, alone: true},
		{method: "GET", path: file, handle: downloadSound},
		{method: "PUT", path: file, handle: uploadSound, alone: true},
		{method: "DELETE", path: file, handle: removeSoundFile, alone: true},
	}
}

// soundPaths is where dialplans find the sounds of tenants, whatever the directory is called.
const soundPaths = "/var/lib/wazo/sounds/tenants"

// ownSound is a category of a tenant; of the program's own sounds the tenant is empty.
type ownSound struct {
	tenant string // UUID
	sounds.Category
}

// soundsOf are the categories of a tenant.
func (r *request) soundsOf(tx *store.Tx, tenant string) sounds.Categories {
	folder := r.api.config.Sounds
	if tenant != tx.MasterTenant().UUID {
		folder = sounds.TenantFolder(folder, tenant)
	}
	return sounds.NewCategories(folder)
}

// inTx calls f with the present state, also on routes that are alone.
func (r *request) inTx(f func(*store.Tx) error) error {
	if r.tx != nil {
		return f(r.tx)
	}
	return r.api.config.Store.View(f)
}

// soundTenants are those whose sounds the request may see: its own tenant, then those below it.
func (r *request) soundTenants(tx *store.Tx) []string {
	tenants := []string{r.tenant}
	for t := range tx.Tenants().All() {
		if t.UUID != r.tenant && tx.Below(t.UUID, r.tenant) {
			tenants = append(tenants, t.UUID)
		}
	}
	return tenants
}

// findSound gives the category that the path names, of the first tenant that has it, and that tenant's categories.
func (r *request) findSound() (found ownSound, of sounds.Categories, err error) {
	name := r.text("category")
	err = r.inTx(func(tx *store.Tx) error {
		for _, tenant := range r.soundTenants(tx) {
			of = r.soundsOf(tx, tenant)
			category, err := of.Get(name)
			if err == nil {
				found = ownSound{tenant, category}
				return nil
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		return notFound("Sound", "name", name)
	})
	return found, of, err
}

func listSounds(r *request) (answer, error) {
	search := r.query().Get("search") // in this list upper and lower case differ
	r.query().Del("search")
	all := []ownSound{{Category: sounds.System()}}
	for _, tenant := range r.soundTenants(r.tx) {
		if !r.lists(tenant) {
			continue
		}
		categories, err := r.soundsOf(r.tx, tenant).List()
		if err != nil {
			return answer{}, err
		}
		for _, c := range categories {
			all = append(all, ownSound{tenant, c})
		}
	}
	return list(r, pointers(all), listing[ownSound]{
		columns: []column[ownSound]{{name: "name", value: func(s *ownSound) any { return s.Name }, order: true}},
		order:   "name", visible: func(s *ownSound) bool { return strings.Contains(s.Name, search) },
		show: func(s *ownSound) any { return r.soundBody(*s) },
	})
}

// pointers goes through a slice in place.
func pointers[T any](all []T) func(func(*T) bool) {
	return func(yield func(*T) bool) {
		for i := range all {
			if !yield(&all[i]) {
				return
			}
		}
	}
}

func listSoundLanguages(r *request) (answer, error) {
	languages, err := r.soundsOf(r.tx, r.tenant).Languages()
	if err != nil {
		return answer{}, err
	}
	for _, f := range sounds.System().Files {
		languages = append(languages, f.Language)
	}
	slices.Sort(languages)
	languages = slices.Compact(languages)
	tag := column[string]{name: "tag", value: func(s *string) any { return *s }, order: true, search: true, match: true}
	return list(r, pointers(languages), listing[string]{
		columns: []column[string]{tag}, order: "tag", show: func(s *string) any { return map[string]string{"tag": *s} },
	})
}

func showSound(r *request) (answer, error) {
	if r.text("category") == sounds.SystemCategory {
		return shown(r.soundBody(ownSound{Category: sounds.System()})), nil
	}
	found, _, err := r.findSound()
	if err != nil {
		return answer{}, err
	}
	return shown(r.soundBody(found)), nil
}

// soundBody is a category as GET shows it.
func (r *request) soundBody(s ownSound) any {
	type format struct {
		Format   any    `json:"format"`
		Language any    `json:"language"`
		Text     any    `json:"text"`
		Path     string `json:"path"` // what Playback takes
		Tenant   any    `json:"tenant_uuid"`
	}
	type file struct {
		Name    string   `json:"name"`
		Tenant  any      `json:"tenant_uuid"`
		Formats []format `json:"formats"`
	}
	tenant := orNull(s.tenant)
	files := []file{}
	for _, f := range s.Files {
		if n := len(files); n == 0 || files[n-1].Name != f.Name {
			files = append(files, file{Name: f.Name, Tenant: tenant})
		}
		at := f.Name
		if s.tenant != "" {
			at = path.Join(soundPaths, s.tenant, s.Name, f.Language, f.Name)
		}
		last := &files[len(files)-1]
		last.Formats = append(last.Formats, format{orNull(formatOf(f.Extension)), orNull(f.Language), orNull(f.Text), at, tenant})
	}
	return struct {
		Name   string `json:"name"`
		Tenant any    `json:"tenant_uuid"`
		Files  []file `json:"files"`
		Links  []link `json:"links"`
	}{s.Name, tenant, files, r.links("sounds", "/sounds/"+s.Name)}
}

// formatOf is the format of files with an extension, as the API calls it. extensionOf is the other way round.
func formatOf(extension string) string {
	if extension == "wav" {
		return "slin"
	}
	return extension
}

func extensionOf(format string) string {
	if format == "slin" {
		return "wav"
	}
	return format
}

// categoryRule is what names of categories are like.
var categoryRule = rule{check: func(v any) string {
	if name, _ := v.(string); !sounds.ValidCategory(name) {
		return "String does not match expected pattern."
	}
	return ""
}}

func makeSound(r *request) (answer, error) {
	var err error
	if r.body, err = readBody(r.writer, r.http); err != nil {
		return answer{}, err
	}
	var name string
	if err := r.read(func(o *object) { o.text("name", &name, required, length(1, sounds.MaxCategoryName), categoryRule) }); err != nil {
		return answer{}, err
	}
	err = r.inTx(func(tx *store.Tx) error { return r.soundsOf(tx, r.tenant).Create(name) })
	made := created("/sounds/%s", name)
	made.body = r.soundBody(ownSound{r.tenant, sounds.Category{Name: name}})
	return made, soundError(err, "Sound", "name", name)
}

// keptCategories are those that telephones and applications of the original rely on.
var keptCategories = []string{"acd", "features", "playback", "recordings"}

func removeSound(r *request) (answer, error) {
	name := r.text("category")
	if name == sounds.SystemCategory || slices.Contains(keptCategories, name) {
		return answer{}, notPermitted(name)
	}
	found, of, err := r.findSound()
	if err == nil {
		err = of.Delete(found.Name)
	}
	return done(), soundError(err, "Sound", "name", name)
}

// notPermitted refuses to change the program's own sounds.
func notPermitted(category string) error {
	return resourceError("Operation not permitted", "name", category)
}

// soundFile is the file that a request means: its path and query.
func (r *request) soundFile() sounds.File {
	q := r.query()
	return sounds.File{Name: r.text("filename"), Language: q.Get("language"), Extension: extensionOf(q.Get("format"))}
}

func downloadSound(r *request) (answer, error) {
	f, opened, err := r.openSound()
	if err != nil {
		return answer{}, soundError(err, "Sound file", "name", r.text("filename"))
	}
	info, err := opened.Stat()
	if err != nil {
		return answer{}, errors.Join(err, opened.Close())
	}
	header := http.Header{
		"Content-Type":        {"application/octet-stream"},
		"Content-Disposition": {mime.FormatMediaType("attachment", map[string]string{"filename": f.Base()})},
		"Content-Length":      {strconv.FormatInt(info.Size(), 10)},
	}
	return answer{status: http.StatusOK, file: opened, header: header}, nil
}

// openSound opens the file that a request means.
func (r *request) openSound() (sounds.File, fs.File, error) {
	f := r.soundFile()
	if r.text("category") == sounds.SystemCategory {
		return sounds.OpenSystem(f.Name, f.Language, f.Extension)
	}
	found, of, err := r.findSound()
	if err != nil {
		return f, nil, err
	}
	return of.Open(found.Name, f.Name, f.Language, f.Extension)
}

const (
	maxUpload  = 40 << 20        // bytes
	uploadTime = 5 * time.Minute // in which all of it must have come
)

func uploadSound(r *request) (answer, error) {
	if r.text("category") == sounds.SystemCategory {
		return answer{}, notPermitted(sounds.SystemCategory)
	}
	if r.http.ContentLength > maxUpload {
		return answer{}, tooLarge(maxUpload)
	}
	found, of, err := r.findSound()
	if err != nil {
		return answer{}, err
	}
	leave, err := r.api.uploads.enter(r.http.Context())
	if err != nil {
		return answer{}, err
	}
	defer leave()
	out := http.NewResponseController(r.writer)
	_ = out.SetReadDeadline(time.Now().Add(uploadTime)) // a recorder of tests has none
	err = of.Put(found.Name, r.soundFile(), http.MaxBytesReader(r.writer, r.http.Body, maxUpload))
	if err == nil {
		_ = out.SetReadDeadline(time.Time{}) // else net/http would wait for the rest without end
	}
	return done(), soundError(err, "Sound", "name", found.Name)
}

func removeSoundFile(r *request) (answer, error) {
	if r.text("category") == sounds.SystemCategory {
		return answer{}, notPermitted(sounds.SystemCategory)
	}
	found, of, err := r.findSound()
	if err == nil {
		f := r.soundFile()
		err = of.DeleteFile(found.Name, f.Name, f.Language, f.Extension)
	}
	return done(), soundError(err, "Sound file", "name", r.text("filename"))
}

// soundError makes an answer of what package sounds says of something.
func soundError(err error, what string, about ...any) error {
	if refused, ok := errors.AsType[*sounds.RefusedError](err); ok {
		return inputError("%v", refused)
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return tooLarge(maxUpload)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return notFound(what, about...)
	case errors.Is(err, fs.ErrExist):
		return resourceError(what+" already exists", about...)
	case isFull(err):
		return nothingChanged(err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &failure{http.StatusRequestTimeout, []string{fmt.Sprintf("Input Error - the sound did not come within %v", uploadTime)}}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return inputError("the sound ended before its end")
	}
	return err
}
