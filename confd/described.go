package confd

import (
	"bytes"
	_ "embed"
	"maps"
	"slices"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v4"
)

// described is a resource in a part of the OpenAPI document, by the path of its list:
//
//	resources:
//	  /1.1/incalls: {schema: incall, one: an incall, all: incalls, columns: [exten, user_id]}
//
// It stands for the paths of its list and of one object, and for three schemas of the one that it names, which says all fields that an
// object has when it is shown, which of them are only shown (readOnly), and which a new one needs (required).
type described struct {
	Path    string   `yaml:"-"`
	Schema  string   `yaml:"schema"`
	One     string   `yaml:"one"` // in sentences
	All     string   `yaml:"all"`
	Part    string   `yaml:"part"`    // of one object's path; empty: id
	Columns []string `yaml:"columns"` // that a list can be compared with
	Views   []string `yaml:"views"`   // schemas of what a list may show instead, by the query's view
}

// Above are the numbers in the path of the list, by name: of what its objects belong to.
func (d described) Above() (names []string) {
	for part := range strings.SplitSeq(d.Path, "/") {
		if name, ok := variable(part); ok {
			names = append(names, name)
		}
	}
	return names
}

//go:embed openapi/resource.tmpl
var resourceText string

var resourcePaths = template.Must(template.New("resource").Parse(resourceText))

// describe puts the paths and schemas of the resources of a part into it.
func describe(part map[string]any) error {
	var in struct {
		Resources map[string]described      `yaml:"resources"`
		Schemas   map[string]map[string]any `yaml:"schemas"`
	}
	text, err := yaml.Marshal(part)
	if err == nil {
		err = yaml.Unmarshal(text, &in)
	}
	if err != nil {
		return err
	}
	for path, d := range in.Resources {
		d.Path = path
		if d.Part == "" {
			d.Part = "id"
		}
		var text bytes.Buffer
		if err := resourcePaths.Execute(&text, d); err != nil {
			return err
		}
		if err := yaml.Unmarshal(text.Bytes(), child(part, "paths")); err != nil {
			return err
		}
		schemas := child(part, "schemas")
		whole := in.Schemas[d.Schema]
		schemas[d.Schema], schemas[d.Schema+"_new"] = whenShown(whole), whenSent(whole)
		change := whenSent(whole)
		delete(change, "required")
		schemas[d.Schema+"_change"] = change
	}
	return nil
}

// child gives an object within another one, which is made where there is none.
func child(of map[string]any, name string) map[string]any {
	in, ok := of[name].(map[string]any)
	if !ok {
		in = map[string]any{}
		of[name] = in
	}
	return in
}

// whenShown is a schema as answers have it, without what is only sent (writeOnly): each field is there, and no other.
func whenShown(schema map[string]any) map[string]any {
	shown := without(schema, "writeOnly")
	shown["additionalProperties"] = false
	shown["required"] = slices.Sorted(maps.Keys(child(shown, "properties")))
	return shown
}

// whenSent is a schema without what is only shown.
func whenSent(schema map[string]any) map[string]any { return without(schema, "readOnly") }

// without is a schema without the properties that have a mark.
func without(schema map[string]any, mark string) map[string]any {
	left := maps.Clone(schema)
	left["type"] = "object"
	properties := map[string]any{}
	for name, p := range child(schema, "properties") {
		if p, _ := p.(map[string]any); p[mark] != true {
			properties[name] = p
		}
	}
	left["properties"] = properties
	return left
}
