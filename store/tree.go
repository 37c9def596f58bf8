package store

import (
	"iter"
	"slices"
)

// tree is an ordered map whose states can be kept: copying the struct copies the map. It is a B+ tree. Who changes it names itself
// by an owner; nodes that another owner made are copied before they are changed, so that what others hold stays as it
// is. Nodes are split when they are full, and removed when they are empty; they are not merged in between.
type tree[K, V any] struct {
	compare func(a, b K) int
	root    *node[K, V] // nil: empty
	size    int
}

// owner is who may change the nodes that it made: one transaction.
type owner struct{ _ byte }

// node is a leaf (values, one for each key) or an inner node (children, each with its lowest key or one below it).
type node[K, V any] struct {
	owner    *owner
	keys     []K
	values   []V
	children []*node[K, V]
}

const maxNode = 64 // keys of a node

// find gives the place of a key, or where it belongs.
func (t *tree[K, V]) find(n *node[K, V], key K) (int, bool) {
	return slices.BinarySearchFunc(n.keys, key, t.compare)
}

// child gives the child under which a key belongs.
func (t *tree[K, V]) child(n *node[K, V], key K) int {
	i, found := t.find(n, key)
	if !found && i > 0 {
		i--
	}
	return i
}

func (t *tree[K, V]) get(key K) (v V, ok bool) {
	n := t.root
	for n != nil && n.children != nil {
		n = n.children[t.child(n, key)]
	}
	if n == nil {
		return v, false
	}
	i, ok := t.find(n, key)
	if ok {
		v = n.values[i]
	}
	return v, ok
}

// put keeps a value, in the place of the one that the key had.
func (t *tree[K, V]) put(o *owner, key K, v V) {
	if t.root == nil {
		t.root = &node[K, V]{owner: o}
	}
	root, right := t.putIn(t.root, o, key, v)
	if right != nil {
		root = &node[K, V]{owner: o, keys: []K{root.keys[0], right.keys[0]}, children: []*node[K, V]{root, right}}
	}
	t.root = root
}

// putIn puts into a node. It gives the node to take in its place, and one that belongs at its right where it was full.
func (t *tree[K, V]) putIn(n *node[K, V], o *owner, key K, v V) (_, right *node[K, V]) {
	n = n.owned(o)
	if n.children == nil {
		i, found := t.find(n, key)
		if found {
			n.values[i] = v
			return n, nil
		}
		t.size++
		n.keys, n.values = slices.Insert(n.keys, i, key), slices.Insert(n.values, i, v)
		return n, n.split(i)
	}
	i := t.child(n, key)
	child, beside := t.putIn(n.children[i], o, key, v)
	n.children[i] = child
	if t.compare(key, n.keys[i]) < 0 {
		n.keys[i] = key
	}
	if beside == nil {
		return n, nil
	}
	n.keys, n.children = slices.Insert(n.keys, i+1, beside.keys[0]), slices.Insert(n.children, i+1, beside)
	return n, n.split(i + 1)
}

// split cuts a node that has become too large and gives its right part. One that grew at its end, as by ids that rise, is
// left full.
func (n *node[K, V]) split(grewAt int) *node[K, V] {
	if len(n.keys) <= maxNode {
		return nil
	}
	cut := len(n.keys) / 2
	if grewAt == len(n.keys)-1 {
		cut = grewAt
	}
	right := &node[K, V]{owner: n.owner, keys: slices.Clone(n.keys[cut:])}
	if n.children == nil {
		right.values = slices.Clone(n.values[cut:])
		clear(n.values[cut:])
		n.values = n.values[:cut]
	} else {
		right.children = slices.Clone(n.children[cut:])
		clear(n.children[cut:])
		n.children = n.children[:cut]
	}
	clear(n.keys[cut:])
	n.keys = n.keys[:cut]
	return right
}

// delete removes a key, if it is there.
func (t *tree[K, V]) delete(o *owner, key K) {
	if _, ok := t.get(key); !ok {
		return
	}
	t.size--
	t.root = t.deleteIn(t.root, o, key)
	for t.root != nil && len(t.root.children) == 1 {
		t.root = t.root.children[0]
	}
}

// deleteIn deletes a key that is there; it gives the node to take in the place of n, nil when nothing is left.
func (t *tree[K, V]) deleteIn(n *node[K, V], o *owner, key K) *node[K, V] {
	n = n.owned(o)
	if n.children == nil {
		i, _ := t.find(n, key)
		n.keys, n.values = slices.Delete(n.keys, i, i+1), slices.Delete(n.values, i, i+1)
	} else {
		i := t.child(n, key)
		if child := t.deleteIn(n.children[i], o, key); child != nil {
			n.children[i] = child
		} else {
			n.keys, n.children = slices.Delete(n.keys, i, i+1), slices.Delete(n.children, i, i+1)
		}
	}
	if len(n.keys) == 0 {
		return nil
	}
	return n
}

// owned gives the node itself to its owner, and a copy to any other.
func (n *node[K, V]) owned(o *owner) *node[K, V] {
	if n.owner == o {
		return n
	}
	return &node[K, V]{owner: o, keys: slices.Clone(n.keys), values: slices.Clone(n.values), children: slices.Clone(n.children)}
}

// all gives all keys with their values, in order. The tree may be changed meanwhile: what is given is its state of before.
func (t tree[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		if t.root != nil {
			t.root.each(yield)
		}
	}
}

func (n *node[K, V]) each(yield func(K, V) bool) bool {
	for _, child := range n.children {
		if !child.each(yield) {
			return false
		}
	}
	for i, v := range n.values {
		if !yield(n.keys[i], v) {
			return false
		}
	}
	return true
}

// from gives the keys that are not before one, in order.
func (t tree[K, V]) from(key K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		if t.root != nil {
			t.eachFrom(t.root, key, yield)
		}
	}
}

func (t *tree[K, V]) eachFrom(n *node[K, V], key K, yield func(K, V) bool) bool {
	if n.children == nil {
		i, _ := t.find(n, key)
		for ; i < len(n.keys); i++ {
			if !yield(n.keys[i], n.values[i]) {
				return false
			}
		}
		return true
	}
	first := t.child(n, key)
	if !t.eachFrom(n.children[first], key, yield) {
		return false
	}
	for _, child := range n.children[first+1:] {
		if !child.each(yield) {
			return false
		}
	}
	return true
}
