// Package examples holds dialplans that show how menus are written, and what the first start's demo is made of.
//
// minimal, schedule and submenu are plans of their own: the texts of Wazo's page on phone menus, unchanged, with the
// destinations that they lead to. demo makes numbers of them.
package examples

import "embed"

// Files are the dialplans: minimal/dp-ivr-example.conf and so on.
//
//go:embed demo minimal schedule submenu
var Files embed.FS
