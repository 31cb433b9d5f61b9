// Package pipeline runs the sources of one site, and takes what they report
// down to the journal:
//
//	source ─▶ arbiter ─▶ eventmap ─▶ outbox
//
// A source hands over a batch. The pipeline judges each record, maps those that
// are to be sent, and stores the events, the arbiter's memory and the source's
// position in one step. Only then does the source go on: whatever is not in the
// outbox is still held by its source.
//
// Several pipelines, one for each site, share one outbox. The site's scope
// keeps their positions and memories apart.
//
// A source that fails is started again, for ever, with a growing pause. It
// never stops the others. The same holds for the targets, which are workers
// beside the pipelines (see Send and KeepRunning).
package pipeline
