// Package confd serves the configuration as REST, in the dialect of wazo-confd, so that clients and scripts written for it work
// with another address.
//
//	request ──► API: route ──► token, tenant ──► body ──► one transaction of the store: route.handle ──► answer
//
// [New] makes the handler. A resource is a file of its own with its routes; routes.go is their table. What all resources do the same
// way is here once: the fields of a body and their faults (fields.go), lists (listing.go), links, revisions, errors (errors.go).
//
// A handler of a route runs inside the store's transaction, so it must not wait: what it needs of the body was read before. What it
// changed is on disk before the answer is sent; when it fails, nothing was changed.
//
// Errors are lists of sentences, as clients join them: a fault of a body names its field in Python's notation, as the original does.
package confd
