package wrap

import "strings"

// longest is how many characters of an idea a name keeps.
const longest = 32

// Name names a mechanism for its idea and its source: lower-case words joined by hyphens, and the first six digits of the
// hash. It is also a folder and the end of an import path.
func Name(idea, hash string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(idea) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' && b.Len() > 0:
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= longest {
			break
		}
	}
	word := strings.Trim(b.String(), "-")
	if word == "" {
		word = "mechanism"
	}
	return word + "-" + hash[:min(6, len(hash))]
}

// Idea is what Name made a name of, as far as the name tells: Name(Idea(name, hash), hash) is name again.
func Idea(name, hash string) string { return strings.TrimSuffix(name, "-"+hash[:min(6, len(hash))]) }
