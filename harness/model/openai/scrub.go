package openai

import (
	"regexp"
	"strings"
)

// likeKey matches what looks like a key, whole or with its middle starred out as servers echo it.
var likeKey = regexp.MustCompile(`\b(sk|pk|key|gsk|xai)-[A-Za-z0-9_*.\-]{6,}`)

// scrub removes the key from a text that leaves this package.
func (k Secret) scrub(text string) string {
	return likeKey.ReplaceAllString(k.scrubExact(text), "[key]")
}

// maxShown bounds how much of a server's words an error repeats, in bytes.
const maxShown = 300

// brief makes a server's words one short line without a key. Of a page in HTML it keeps the title.
func (k Secret) brief(text string) string {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "<") {
		text = "a page in HTML: " + title(text)
	}
	text = k.scrub(strings.Join(strings.Fields(text), " "))
	if len(text) > maxShown {
		text = strings.ToValidUTF8(text[:maxShown], "") + "…"
	}
	return text
}

var titleTag = regexp.MustCompile(`(?is)<(title|h1)[^>]*>(.*?)</`)

func title(page string) string {
	if m := titleTag.FindStringSubmatch(page); m != nil {
		return m[2]
	}
	return "without a title"
}

// scrubExact removes the key itself and nothing that merely looks like one: a reply may hold a program.
func (k Secret) scrubExact(text string) string {
	if key := string(k); len(key) >= 4 {
		return strings.ReplaceAll(text, key, "[key]")
	}
	return text
}
