// Package examples holds the dialplans that the first start of a server writes, and those of Wazo's page on IVR.
package examples

import "embed"

// Files are the directories minimal, schedule and submenu, with the page's texts byte for byte, and demo, which makes a
// dialplan of them.
//
//go:embed minimal schedule submenu demo
var Files embed.FS
