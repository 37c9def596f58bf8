package confd

import (
	"embed"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"
)

// openAPI are the parts of the document: api.yml is its frame, each other file the paths and schemas of a resource.
//
//go:embed openapi/*.yml
var openAPI embed.FS

// document is the OpenAPI document of all routes.
var document = sync.OnceValues(func() (map[string]any, error) {
	doc, err := readPart("openapi/api.yml")
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(openAPI, "openapi/*.yml")
	if err != nil {
		return nil, err
	}
	components := doc["components"].(map[string]any)
	for _, file := range files {
		if file == "openapi/api.yml" {
			continue
		}
		part, err := readPart(file)
		if err == nil {
			err = describe(part)
		}
		if err != nil {
			return nil, err
		}
		for name, into := range map[string]map[string]any{
			"paths": doc["paths"].(map[string]any), "schemas": components["schemas"].(map[string]any),
		} {
			more, _ := part[name].(map[string]any)
			for key := range more {
				if _, twice := into[key]; twice {
					return nil, fmt.Errorf("%s: %s %s is described elsewhere, too", file, name, key)
				}
			}
			maps.Copy(into, more)
		}
	}
	return doc, nil
})

func readPart(file string) (part map[string]any, err error) {
	text, err := openAPI.ReadFile(file)
	if err == nil {
		err = yaml.Unmarshal(text, &part)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return part, nil
}

// documentRoutes show the document: as YAML, as JSON, and as a page for people.
func documentRoutes() []route {
	return []route{
		{method: "GET", path: "/api.yml", handle: showYAML, open: true}, // in smallRoutes, too, where the contract has it
		{method: "GET", path: "/api.json", handle: showDocument, open: true},
		{method: "GET", path: "/docs", handle: showPage, open: true},
	}
}

func showDocument(*request) (answer, error) {
	doc, err := document()
	return shown(doc), err
}

func showYAML(*request) (answer, error) {
	doc, err := document()
	if err != nil {
		return answer{}, err
	}
	text, err := yaml.Marshal(doc)
	return textAnswer("application/yaml", string(text)), err
}

//go:embed docs.html
var docsPage string

func showPage(*request) (answer, error) { return textAnswer("text/html; charset=utf-8", docsPage), nil }

// textAnswer answers GET with what is no JSON.
func textAnswer(contentType, text string) answer {
	return answer{
		status: http.StatusOK, file: io.NopCloser(strings.NewReader(text)), header: http.Header{"Content-Type": {contentType}},
	}
}
