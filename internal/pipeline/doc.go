// Package pipeline runs sources and publishers together, and is the only
// place that knows all the rooms of the house:
//
//	source ─▶ arbiter ─▶ eventmap ─▶ journal ─▶ publisher
//
// A source hands over a batch; the pipeline lets the arbiter drop what is no
// news, maps the rest, and stores the events, what the arbiter remembers and
// the source's position in one step. Only then does the source go on: whatever
// is not in the journal is still held by its source.
//
// Sources and publishers that fail are started again, for ever, with a growing
// pause; they never stop each other.
package pipeline
