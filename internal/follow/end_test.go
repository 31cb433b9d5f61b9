package follow

import "testing"

// A reader that begins at a noted end reads what came after it, through a rotation,
// and the whole of a line that was half written then.
func TestEndIsWhereALaterReaderBegins(t *testing.T) {
	d := newDir(t, Direct)
	d.append("", "one\ntwo\nthr")
	end, err := End(d.options)
	d.check(err)
	d.append("", "ee\nfour\n")
	d.rename("", ".1")
	d.append("", "five\n")
	r := d.follow(d.roundTrip(end))
	r.want("three", "four", "five")
	r.stop()
}

// A file that is not there yet is read from its beginning.
func TestEndOfNoFile(t *testing.T) {
	d := newDir(t, Direct)
	end, err := End(d.options)
	d.check(err)
	d.append("", "one\n")
	r := d.follow(d.roundTrip(end))
	r.want("one")
	r.stop()
}
