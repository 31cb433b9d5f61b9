package eventmap

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
)

// maxRoutingKey is the size in bytes of an AMQP short string. The broker closes
// the connection for a longer routing key.
const maxRoutingKey = 255

// appendRoutingKey appends connector.connector_name.event_type.source_type.component[.resource].
// Canopsis 2 uses it as the identity of the event, so a key that is cut ends in a
// hash of the whole. Canopsis 3 and newer don't read it.
func (d *draft) appendRoutingKey(buf []byte, typ eventType) []byte {
	begin := len(buf)
	for _, word := range [...]string{d.m.options.Connector, d.m.options.ConnectorName, typ.String(), d.sourceType()} {
		buf = append(buf, word...)
		buf = append(buf, '.')
	}
	buf = append(buf, d.component...)
	if !d.entity.IsHost() {
		buf = append(buf, '.')
		buf = append(buf, d.resource...)
	}
	if len(buf)-begin <= maxRoutingKey {
		return buf
	}
	d.repairs |= RoutingKeyCut
	return cutWithHash(buf, begin, maxRoutingKey)
}

// cutWithHash shortens the name in buf[begin:] to limit bytes: its start, cut at a
// character, "~" and eight hexadecimal digits. So names that differ only behind the
// limit stay different.
func cutWithHash(buf []byte, begin, limit int) []byte {
	hash := fnv.New32a()
	hash.Write(buf[begin:])
	const suffix = len("~01234567")
	end := begin + runeStart(string(buf[begin:]), limit-suffix)
	buf = append(buf[:end], '~')
	return hex.AppendEncode(buf, hash.Sum(nil))
}

// appendMessageID appends 32 hexadecimal digits, the same whenever the same record
// of the site is read again from the same place.
func (d *draft) appendMessageID(buf []byte) []byte {
	var space [512]byte
	id := space[:0]
	o := &d.m.options
	for _, part := range [...]string{o.Connector, o.ConnectorName, d.entity.Host, d.entity.Service, d.rec.Ref} {
		id = binary.AppendUvarint(id, uint64(len(part)))
		id = append(id, part...)
	}
	kind := byte(d.rec.Kind)
	if d.typ == downtimeChange { // the same record may become a comment too
		kind |= 0x80
	}
	id = append(id, kind)
	id = binary.BigEndian.AppendUint64(id, uint64(d.rec.Time.Unix()))
	id = binary.BigEndian.AppendUint32(id, uint32(d.rec.Time.Nanosecond()))
	id = append(id, o.Scope...) // last, because ids of the empty scope must stay what they are
	sum := sha256.Sum256(id)
	return hex.AppendEncode(buf, sum[:16])
}
