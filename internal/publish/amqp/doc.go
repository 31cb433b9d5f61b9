// Package amqp publishes to RabbitMQ (AMQP 0-9-1) so that no message is lost
// and the order stays.
//
// It guarantees: a message is released only when RabbitMQ has confirmed it and
// has not returned it as unroutable. Whatever happens (broker stopped, killed,
// frozen, out of memory or disk, queue full, exchange or binding missing, login
// refused, connection cut or black-holed), the messages from the oldest
// unconfirmed one on are sent again, in order, for as long as it takes.
//
// It does not guarantee that a message comes once: a fault makes at most
// Options.Window duplicates, which carry the same message_id. A message that
// can never be sent (routing key over 255 bytes, body over the limit) is
// rejected with the reason, and the rest goes on.
//
// It needs from its caller a publish.Queue whose messages stay there until
// they are released, and one Run at a time.
//
// How: one connection with one channel in confirm mode. Three goroutines
// overlap: one reads the queue ahead, one publishes within the window, one
// takes the confirmations in order and releases. RabbitMQ's answers are the
// only thing that opens the window again.
package amqp
