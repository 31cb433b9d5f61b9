package outbox

import "testing"

func TestKeysOfSitesDoNotMix(t *testing.T) {
	scopes := []Scope{"", "paris", "paris2", "/etc/nagios4/nagios.cfg"}
	keys := []string{"", "log", "paris", "web\x00http", "paris2/log"}
	for _, owner := range scopes {
		for _, key := range keys {
			stored := owner.Key(key)
			if got := ScopeOf(stored); got != owner {
				t.Errorf("key %q of %q is of scope %q", key, owner, got)
			}
			for _, other := range scopes {
				got, ours := other.Cut(stored)
				if ours != (other == owner) || ours && got != key {
					t.Errorf("key %q of %q read by %q: %q, %v", key, owner, other, got, ours)
				}
			}
		}
	}
}
