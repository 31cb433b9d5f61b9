package outbox

import "testing"

func TestKeysOfSitesDoNotMix(t *testing.T) {
	scopes := []Scope{"", "paris", "paris2", "/etc/nagios4/nagios.cfg"}
	keys := []string{"", "log", "paris", "web\x00http", "paris2/log"}
	for _, owner := range scopes {
		for _, key := range keys {
			stored := owner.Key(key)
			for _, other := range scopes {
				got, ours := other.Cut(stored)
				if ours != (other == owner) || ours && got != key {
					t.Errorf("key %q of %q read by %q: %q, %v", key, owner, other, got, ours)
				}
			}
		}
	}
}
