package token

// A Counter counts the words of a text: all that a byte-pair encoder learns from. It is for one goroutine; several may each
// have their own, to be merged at the end. Its memory grows with the number of distinct words.
type Counter struct {
	set    *wordSet
	counts []int64
}

// NewCounter returns a Counter of nothing.
func NewCounter() *Counter { return &Counter{set: newWordSet()} }

// longestCounted is the length in bytes of the longest word that is learnt from. Longer ones are base64, rules of dashes and the
// like; one of some megabytes would be gone through at nearly every merge.
const longestCounted = 1024

// Add counts the words of one document.
func (c *Counter) Add(text []byte) {
	for len(text) > 0 {
		n := firstWord(text)
		if n <= longestCounted {
			c.add(text[:n], hashWord(text[:n]), 1)
		}
		text = text[n:]
	}
}

func (c *Counter) add(word []byte, hash uint32, count int64) {
	i, ok := c.set.insert(word, hash)
	if !ok {
		c.counts = append(c.counts, 0)
	}
	c.counts[i] += count
}

// Merge adds what another Counter counted. Counts are sums, so the order of merging changes nothing that is learnt.
func (c *Counter) Merge(other *Counter) {
	for i, count := range other.counts {
		c.add(other.set.word(i), other.set.words[i].hash, count)
	}
}

// Words is the number of distinct words counted.
func (c *Counter) Words() int { return c.set.len() }
