package follow

// End returns the position behind the last whole line of a file, without reading
// what is in front of it: for a reader that is to go on there later.
func End(o Options) (Position, error) {
	o = o.withDefaults()
	o.Begin = FromEnd
	s := &stream{Options: o}
	defer s.close()
	if err := s.open(nil); err != nil {
		return Position{}, err
	}
	p := Position{ModTime: s.since}
	if s.current != nil {
		p.Mark = s.current.mark()
	}
	return p, nil
}
