package dialplan

// ConfigSection is a section of configuration files that are written like a dialplan but are none, as pjsip.conf.
type ConfigSection struct {
	Name  string
	Pos   Pos            // of the name
	Lines []ConfigOption // those of its templates first
}

// ConfigOption is a line of a section: Key = Value.
type ConfigOption struct {
	Key, Value string
	Pos        Pos // of the key; of a template's line, in the template
}

// Sections reads configuration files into sections in their order, without the templates, as Load does before it makes a plan.
// Whatever can be read is given, also beside problems of the structure.
func Sections(opt LoadOptions, paths ...string) ([]ConfigSection, []Problem) {
	l := load(opt, paths)
	var sections []ConfigSection
	for _, s := range l.order {
		if s.template {
			continue
		}
		read := ConfigSection{Name: s.name, Pos: s.pos}
		for _, line := range s.lines {
			read.Lines = append(read.Lines, ConfigOption{line.Key, line.Value, line.pos(line.keyAt)})
		}
		sections = append(sections, read)
	}
	return sections, l.problems
}
