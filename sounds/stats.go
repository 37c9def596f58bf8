package sounds

// Stats is what a Cache holds.
type Stats struct {
	Files int   // known
	Bytes int64 // of decoded audio that is kept
}

// Stats counts.
func (c *Cache) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Stats{Files: len(c.files), Bytes: c.bytes}
}
