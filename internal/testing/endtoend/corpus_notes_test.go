package endtoend

import (
	"bytes"
	"encoding/json"
	"strings"
)

// note is an acknowledgement or a comment.
type note struct {
	kind   string
	entity entity
	author string
	text   string
}

// notes are those that were ordered, and not refused.
func (c recording) notes() (ordered []note) {
	for l := range bytes.Lines(c.read("truth.ndjson.gz")) {
		var o struct {
			Kind, Host, Service, Author, Comment string
			Raw                                  []byte `json:"comment_b64"`
		}
		if err := json.Unmarshal(l, &o); err != nil {
			c.t.Fatal(err)
		}
		if len(o.Raw) > 0 {
			o.Comment = string(o.Raw)
		}
		kind, ok := map[string]string{"ack": "ack", "comment_add": "comment"}[o.Kind]
		if !ok || strings.HasPrefix(o.Comment, "ack of a service that is OK") { // Nagios refuses it
			continue
		}
		if author, rest, cut := strings.Cut(o.Author, ";"); cut { // moves the fields of the command
			o.Author, o.Comment = author, rest+";"+o.Comment
		}
		ordered = append(ordered, note{kind, entity{o.Host, o.Service}, o.Author, plain(o.Comment)})
	}
	return ordered
}

// compareNotes compares with what was ordered: each once.
func (c recording) compareNotes(got []event) {
	complain := complaints{t: c.t, about: "corpus"}
	defer complain.end()
	left := map[note]int{}
	ordered, found := c.notes(), map[string]int{}
	for _, n := range ordered {
		left[n]++
	}
	for _, e := range got {
		n := note{e.kind(), e.entity(), e.text("author"), e.text("output")}
		if n.kind != "ack" && n.kind != "comment" || strings.HasPrefix(n.text, "downtime ") ||
			strings.HasPrefix(n.text, "flapping ") {
			continue
		}
		if left[n]--; left[n] < 0 {
			complain.add("nobody ordered", "%+v", n)
		}
		found[n.kind]++
	}
	for n, times := range left {
		if times > 0 {
			complain.add("no event", "%+v", n)
		}
	}
	c.t.Logf("of %d orders %v were found", len(ordered), found)
}
