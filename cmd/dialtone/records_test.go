package main

import "testing"

// What a stranger calls himself is not run by who opens the records in a spreadsheet.
func TestCSVText(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "1000": "1000", "Müller, Jo": "Müller, Jo", "+4930123456": "+4930123456", "+": "+", "+1+cmd|' /C calc'!A0": "'+1+cmd|' /C calc'!A0",
		"=HYPERLINK(\"x\")": "'=HYPERLINK(\"x\")", "-2+3": "'-2+3", "@SUM(1)": "'@SUM(1)", "\t=1": "'\t=1", "a=1": "a=1",
	} {
		if got := csvText(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
