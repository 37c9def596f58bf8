package store

import "slices"

// Blanks are the names of an object's texts that are empty by somebody's word: where a text may be missing that is something else to who
// reads it again. To calls it is the same.
type Blanks []string

// Mark gives the blanks after a text was said to be blank, or not. Those of before stay as they are.
func (b Blanks) Mark(name string, blank bool) Blanks {
	if slices.Contains(b, name) == blank {
		return b
	}
	if blank {
		return append(slices.Clip(b), name)
	}
	return without(b, name)
}

// Text gives a text as its readers see it: nil where it is missing.
func (b Blanks) Text(name, text string) any {
	if text == "" && !slices.Contains(b, name) {
		return nil
	}
	return text
}
