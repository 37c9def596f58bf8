package confd

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"slices"

	"dialtone/ivr/dialplan"
	"dialtone/ivr/folder"
	"dialtone/store"
)

// dialplanFileRoutes are the files of the dialplan, below /api. They are everybody's, so only the master tenant sees them. What
// changes them is no transaction of the store.
func dialplanFileRoutes() []route {
	const one = "/dialplan/files/{name}"
	return []route{
		{method: "GET", path: "/dialplan/files", handle: listDialplanFiles},
		{method: "GET", path: one, handle: showDialplanFile},
		{method: "PUT", path: one, handle: writeDialplanFile, alone: true},
		{method: "DELETE", path: one, handle: removeDialplanFile, alone: true},
		{method: "POST", path: one + "/check", handle: checkDialplanFile, alone: true},
	}
}

// dialplanFiles is the folder, for those who may see it.
func (r *request) dialplanFiles() (f *folder.Folder, err error) {
	err = r.inTx(func(tx *store.Tx) error {
		if r.api.config.Dialplan == nil || r.tenant != tx.MasterTenant().UUID {
			return notFound("Dialplan file", "name", r.text("name"))
		}
		return nil
	})
	return r.api.config.Dialplan, err
}

func listDialplanFiles(r *request) (answer, error) {
	f, err := r.dialplanFiles()
	if err != nil {
		return answer{}, err
	}
	files, err := f.List()
	if err != nil {
		return answer{}, err
	}
	return list(r, pointers(files), listing[folder.File]{
		columns: []column[folder.File]{everything("name", func(f *folder.File) any { return f.Name })},
		order:   "name", show: func(f *folder.File) any { return f },
	})
}

func showDialplanFile(r *request) (answer, error) {
	f, err := r.dialplanFiles()
	if err != nil {
		return answer{}, err
	}
	text, err := f.Read(r.text("name"))
	return plainText(string(text)), fileError(err, r.text("name"))
}

// dialplanProblem is a problem as it is told.
type dialplanProblem struct {
	dialplan.Pos
	Severity string `json:"severity"` // error or warning
	Text     string `json:"text"`
	Suggest  any    `json:"suggest"` // a string, or nil
}

// told are the problems of a dialplan.
func told(problems []dialplan.Problem) answer {
	all := []dialplanProblem{}
	for _, p := range problems {
		all = append(all, dialplanProblem{p.Pos, p.Severity.String(), p.Text, orNull(p.Suggest)})
	}
	return shown(map[string]any{"total": len(all), "items": all})
}

// writeDialplanFile keeps a file and has the dialplan read again. It answers with the dialplan's problems; with those for which nothing
// could be made of it, it is refused.
func writeDialplanFile(r *request) (answer, error) {
	return r.changeDialplan(func(f *folder.Folder, text []byte) ([]dialplan.Problem, error) { return f.Write(r.text("name"), text) })
}

// checkDialplanFile says what writing would.
func checkDialplanFile(r *request) (answer, error) {
	return r.changeDialplan(func(f *folder.Folder, text []byte) ([]dialplan.Problem, error) { return f.Check(r.text("name"), text) })
}

func removeDialplanFile(r *request) (answer, error) {
	return r.changeDialplan(func(f *folder.Folder, _ []byte) ([]dialplan.Problem, error) { return f.Delete(r.text("name")) })
}

// changeDialplan reads the body and changes a file.
func (r *request) changeDialplan(change func(f *folder.Folder, text []byte) ([]dialplan.Problem, error)) (answer, error) {
	f, err := r.dialplanFiles()
	if err != nil {
		return answer{}, err
	}
	text, err := io.ReadAll(http.MaxBytesReader(r.writer, r.http.Body, folder.MaxFile))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return answer{}, tooLarge(folder.MaxFile)
	}
	if err != nil {
		return answer{}, inputError("the file did not come whole: %v", err)
	}
	problems, err := change(f, append([]byte{}, text...))
	if refused, ok := errors.AsType[*folder.RefusedError](err); ok {
		texts := []string{"Input Error - " + capital(refused.Text)}
		for _, p := range slices.DeleteFunc(problems, func(p dialplan.Problem) bool { return !p.Structure }) {
			texts = append(texts, "Input Error - "+p.String())
		}
		return answer{}, &failure{http.StatusBadRequest, texts}
	}
	return told(problems), fileError(err, r.text("name"))
}

// fileError makes an answer of what the disk says of a file.
func fileError(err error, name string) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return notFound("Dialplan file", "name", name)
	case isFull(err):
		return nothingChanged(err)
	}
	return err
}
